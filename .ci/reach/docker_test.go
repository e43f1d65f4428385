package reach

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// pause is the source of the only program in the containers.
const pause = `package main

import (
	"os"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "false" {
		os.Exit(1)
	}
	if len(os.Args) > 1 && os.Args[1] == "true" {
		return
	}
	time.Sleep(time.Hour)
}
`

// podman starts podman's API on a socket, with containers in states that differ.
func podman(t *testing.T) (socket string) {
	t.Helper()
	asRoot(t)
	path := realtest.Program(t, "podman", "podman")
	dir, err := os.MkdirTemp(scratch, "") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	image := filepath.Join(dir, "image")
	socket = filepath.Join(dir, "docker.sock")
	if err := os.Mkdir(image, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pause.go"), []byte(pause), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(image, "pause"), filepath.Join(dir, "pause.go"))
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	common := []string{
		"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "libpod"),
		"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none",
	}
	if runc, err := exec.LookPath("runc"); err == nil {
		common = append(common, "--runtime", runc)
	}
	do := func(args ...string) ([]byte, error) {
		cmd := exec.Command(path, append(common[:len(common):len(common)], args...)...)
		cmd.WaitDelay = time.Second // conmon, which outlives podman, may hold its output open
		out, err := cmd.CombinedOutput()
		if errors.Is(err, exec.ErrWaitDelay) { // podman itself succeeded
			err = nil
		}
		return out, err
	}
	t.Cleanup(func() { // podman removes the cgroups, TestMain the rest
		if out, err := do("rm", "--all", "--force", "--time", "0"); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	command(t, "tar", "-C", image, "-cf", image+".tar", ".")
	for _, args := range [][]string{
		{"import", image + ".tar", "vega-reach:1"},
		{"run", "-d", "--name", "web", "vega-reach:1", "/pause"},
		{"run", "-d", "--name", "well", "--health-cmd", `["/pause","true"]`, "--health-interval=disable", "vega-reach:1", "/pause"},
		{"run", "-d", "--name", "ill", "--health-cmd", `["/pause","false"]`, "--health-interval=disable", "--health-retries=1", "vega-reach:1", "/pause"},
		{"run", "-d", "--name", "ended", "vega-reach:1", "/pause", "false"},
		{"create", "--name", "created", "vega-reach:1", "/pause"},
		{"run", "-d", "--name", "paused", "vega-reach:1", "/pause"},
		{"pause", "paused"},
		{"healthcheck", "run", "well"},
		{"healthcheck", "run", "ill"}, // fails
	} {
		if args[0] == "run" || args[0] == "create" {
			args = append([]string{args[0], "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=100:100"}, args[1:]...)
		}
		if out, err := do(args...); err != nil && args[0] != "healthcheck" {
			realtest.Missing(t, fmt.Sprintf("podman runs no container here: %v: %v: %s", args, err, out))
		}
	}
	service := exec.CommandContext(t.Context(), path, append(common[:len(common):len(common)], "system", "service", "--time=0", "unix://"+socket)...)
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Process.Kill(); _ = service.Wait() })
	realtest.Until(t, "podman's API answers", func() bool { _, err := os.Stat(socket); return err == nil })
	return socket
}

// TestDocker asks podman, which serves Docker's API, for containers.
func TestDocker(t *testing.T) {
	t.Parallel()
	socket := podman(t)
	config := func(more string) string { return fmt.Sprintf("    socket = %q\n%s", socket, more) }
	link := filepath.Join(filepath.Dir(socket), "link.sock")
	if err := os.Symlink(socket, link); err != nil {
		t.Fatal(err)
	}
	const proxied = `location / { proxy_pass http://unix:%s; }`
	ca := realtest.NewCA(t)
	required := "ssl_client_certificate " + ca.File + "; ssl_verify_client on; " + fmt.Sprintf(proxied, socket)
	secure := realtest.Nginx(t, ca.Valid("127.0.0.1"), required)
	strict := secureProxy(t, ca, socket)
	away := realtest.Nginx(t, ca.Valid("127.0.0.1"), fmt.Sprintf(proxied, "/run/vega-reach-nothing.sock"))
	filtered := realtest.Nginx(t, ca.Valid("127.0.0.1"), "location / { return 403; }")
	over := func(addr string) string {
		return fmt.Sprintf("    url = \"https://%s\"\n    containers = [\"web\"]", addr)
	}
	own, foreign := ca.Client("vega"), realtest.NewCA(t).Client("vega")
	check(t, "docker", place{}, []row{
		{does: "TLS (nginx), with a client certificate", config: over(secure), blocks: transport(ca, own), status: "healthy", message: "web as expected"},
		{does: "TLS (crypto/tls), with a client certificate", config: over(strict), blocks: transport(ca, own), status: "healthy", message: "web as expected"},
		{does: "TLS (nginx), the client certificate is missing", config: over(secure), blocks: transport(ca, nil), status: "unhealthy", cause: "target", message: "it asks for a client certificate: set tls { client_cert, client_key }"},
		{does: "TLS (crypto/tls), the client certificate is missing", config: over(strict), blocks: transport(ca, nil), status: "unhealthy", cause: "target", message: "certificate"},
		{does: "TLS (nginx), another authority's client certificate", config: over(secure), blocks: transport(ca, foreign), status: "unhealthy", cause: "target", message: "may not trust that of tls { client_cert }"},
		{does: "TLS (crypto/tls), another authority's client certificate", config: over(strict), blocks: transport(ca, foreign), status: "unhealthy", cause: "target", message: "certificate"},
		{does: "TLS, another authority's server certificate", config: over(secure), blocks: transport(realtest.NewCA(t), own), status: "unhealthy", cause: "target", message: "authority"},
		{does: "TLS, nginx in front of no socket", config: over(away), blocks: transport(ca, nil), status: "unhealthy", cause: "target", message: "502"},
		{does: "TLS, nginx does not allow it", config: over(filtered), blocks: transport(ca, nil), status: "unhealthy", cause: "target", message: "403"},
	})
	check(t, "docker", place{}, []row{
		{does: "a container runs", config: config(`    containers = ["web"]`), status: "healthy", message: "web"},
		{does: "two run, one with a health check", config: config(`    containers = ["web", "well"]`), status: "healthy", message: ""},
		{does: "the health check fails", config: config(`    containers = ["web", "ill"]`), status: "unhealthy", cause: "target", message: "ill"},
		{does: "ended with 1", config: config(`    containers = ["ended"]`), status: "unhealthy", cause: "target", message: "ended"},
		{does: "created, never started", config: config(`    containers = ["created"]`), status: "unhealthy", cause: "target", message: "created"},
		{does: "paused", config: config(`    containers = ["paused"]`), status: "unhealthy", cause: "target", message: "paused"},
		{does: "no such container", config: config(`    containers = ["nothing"]`), status: "unhealthy", cause: "target", message: "nothing"},
		{does: "no socket", config: "    socket = \"/run/vega-reach-nothing.sock\"\n    containers = [\"web\"]", status: "unhealthy", cause: "target", message: "/run/vega-reach-nothing.sock"},
		{does: "the path is a link", config: fmt.Sprintf("    socket = %q\n    containers = [\"web\"]", link), status: "unknown", cause: "denied", message: "link"},
	})
	if err := os.Chmod(socket, 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, "docker", place{user: "65534"}, []row{
		{does: "vega's user may not use the socket", config: config(`    containers = ["web"]`), status: "unknown", cause: "host", message: "may not"},
	})
}

// secureProxy serves a socket over TLS, as Docker does with --tlsverify: the handshake
// fails without a certificate of the authority.
func secureProxy(t *testing.T, ca *realtest.CA, socket string) (addr string) {
	t.Helper()
	to := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "docker"}) },
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}},
	}
	s := httptest.NewUnstartedServer(to)
	s.TLS, s.Config.ErrorLog = mutual(ca), log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// mutual requires a client certificate of the authority.
func mutual(ca *realtest.CA) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{ca.Valid("127.0.0.1").TLS}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool,
	}
}

// transport is a tls block that trusts an authority, with a client certificate or nil.
func transport(ca *realtest.CA, client *realtest.Leaf) string {
	more := ""
	if client != nil {
		more = fmt.Sprintf("    client_cert = %q\n    client_key  = %q\n", client.CertFile, client.KeyFile)
	}
	return fmt.Sprintf("  tls {\n    ca_file = %q\n%s  }", ca.File, more)
}

package daemon_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
)

// The servers of Debian ask for client certificates in ways of their own:
// nginx answers with a status, Redis and Mosquitto with an alert, in TLS 1.3
// after the handshake.
func TestRealServersAskForClientCertificates(t *testing.T) {
	ca := realtest.NewCA(t)
	leaf := ca.Valid("127.0.0.1", "localhost")
	client := ca.Client("vega-client")
	with := fmt.Sprintf("client_cert = %q\n    client_key = %q", client.CertFile, client.KeyFile)
	const asks = "it asks for a client certificate"
	verify := "ssl_client_certificate " + ca.File + "; ssl_verify_client on; location / { return 200 fine; }"
	web := realtest.Nginx(t, leaf, verify)
	unnamed := realtest.Nginx(t, leaf, "ssl_reject_handshake on; location / { return 200 fine; }")
	preamble := fmt.Sprintf("network {\n  ca_file = %q\n}\n", ca.File)
	rows := []row{
		{name: "nginx", probe: "http", config: fmt.Sprintf("url = \"https://%s/\"", web), status: unhealthy, cause: target, says: asks},
		{name: "nginx-with", probe: "http", config: and(fmt.Sprintf("url = \"https://%s/\"", web), with), status: healthy},
		{name: "nginx-unnamed", probe: "http", config: fmt.Sprintf("url = \"https://%s/\"", unnamed), status: unhealthy, cause: target, says: "it needs a server name (SNI), which an address is not"},
		{name: "nginx-unnamed-tls", probe: "tls", config: fmt.Sprintf("address = %q", unnamed), status: unhealthy, cause: target, says: "it needs a server name (SNI), which an address is not"},
		{name: "nginx-unknown-name", probe: "tls", config: fmt.Sprintf("address = %q", strings.Replace(unnamed, "127.0.0.1", "localhost", 1)), status: unhealthy, cause: target, says: `it does not know the name "localhost"`},
	}
	for _, v := range []string{"TLSv1.2", "TLSv1.3"} {
		redis := realtest.RedisTLS(t, leaf, ca.File, "tls-auth-clients yes\ntls-protocols "+v)
		optional := realtest.RedisTLS(t, leaf, ca.File, "tls-auth-clients optional\ntls-protocols "+v)
		broker := mosquitto(t, leaf, ca, "require_certificate true\ntls_version "+strings.ToLower(v)+"\n")
		for _, c := range []struct{ name, probe, config string }{
			{"redis", "redis", fmt.Sprintf("address = %q\ntls = true", redis)},
			{"redis-tls", "tls", fmt.Sprintf("address = %q", redis)},
			{"mqtt", "mqtt.broker", fmt.Sprintf("address = %q\ntls = true", broker)},
			{"mqtt-tls", "tls", fmt.Sprintf("address = %q", broker)},
		} {
			rows = append(rows,
				row{name: c.name + v[len("TLSv1."):], probe: c.probe, config: c.config, status: unhealthy, cause: target, says: asks},
				row{name: c.name + v[len("TLSv1."):] + "-with", probe: c.probe, config: and(c.config, with), status: healthy})
		}
		rows = append(rows,
			row{name: "optional" + v[len("TLSv1."):], probe: "redis", config: fmt.Sprintf("address = %q\ntls = true", optional), status: healthy},
			row{name: "optional-tls" + v[len("TLSv1."):], probe: "tls", config: fmt.Sprintf("address = %q", optional), status: healthy})
	}
	wantRows(t, preamble, rows)
}

// and adds a tls block after the content of a config block.
func and(config, tls string) string { return config + "\n}\ntls {\n" + tls }

func mosquitto(t *testing.T, leaf *realtest.Leaf, ca *realtest.CA, more string) string {
	t.Helper()
	files := map[string]string{}
	for name, path := range map[string]string{"cert.pem": leaf.CertFile, "key.pem": leaf.KeyFile, "ca.pem": ca.File} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(b)
	}
	return realtest.Mosquitto(t, "allow_anonymous true\ncafile %s/ca.pem\ncertfile %s/cert.pem\nkeyfile %s/key.pem\n"+more, files)
}

// Certificates and handshakes of devices and old software, from OpenSSL's server.
func TestServersOfOpenSSL(t *testing.T) {
	openssl := realtest.Program(t, "openssl", "openssl")
	dir := t.TempDir()
	certificate := func(name, san string, more ...string) {
		args := append([]string{"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name, "-addext", "subjectAltName=" + san}, more...)
		cmd := exec.CommandContext(t.Context(), openssl, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	certificate("plain", "IP:127.0.0.1")
	certificate("negative", "IP:127.0.0.1", "-set_serial", "-5")
	certificate("malformed", "DNS:b\xfccher.vega.test,IP:127.0.0.1")
	trusting := func(name string) string { return fmt.Sprintf("ca_file = %q", filepath.Join(dir, name+".pem")) }
	again := sServer(t, openssl, dir, []string{"R\n", "settled\n"}, "-msg", "-cert", "plain.pem", "-key", "plain.key", "-tls1_2")
	negative := sServer(t, openssl, dir, nil, "-cert", "negative.pem", "-key", "negative.key")
	malformed := sServer(t, openssl, dir, nil, "-cert", "malformed.pem", "-key", "malformed.key")
	wantRows(t, "", []row{
		{name: "asks-again", probe: "tcp", config: and(fmt.Sprintf("address = %q\ntls = true\nexpect = \"settled\"", again), trusting("plain")), status: healthy},
		{name: "negative-serial", probe: "tls", config: and(fmt.Sprintf("address = %q", negative), trusting("negative")), status: healthy},
		{name: "malformed", probe: "tls", config: fmt.Sprintf("address = %q", malformed), status: unhealthy, cause: target, says: "what it sends in the handshake is not valid (tls: failed to parse certificate from server: x509: SAN dNSName is malformed); replace its certificate"},
	})
}

// sServer starts OpenSSL's server, and returns its address. After each
// handshake that -msg reports, it gets the next line: R asks the client to
// negotiate again, with a certificate if it has one, and others are sent to it.
func sServer(t *testing.T, openssl, dir string, input []string, args ...string) string {
	t.Helper()
	port := realtest.FreePort(t)
	cmd := exec.CommandContext(t.Context(), openssl, append([]string{"s_server", "-accept", "127.0.0.1:" + port}, args...)...)
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	ready := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "ACCEPT" {
				ready <- true
			}
			if strings.HasPrefix(lines.Text(), ">>>") && strings.HasSuffix(lines.Text(), "Finished") && len(input) > 0 {
				_, _ = io.WriteString(in, input[0])
				input = input[1:]
			}
		}
		close(ready)
	}()
	if !<-ready {
		t.Fatal("openssl s_server does not start")
	}
	return "127.0.0.1:" + port
}

// A server that speaks something else on the port says so, whichever side
// expects TLS.
func TestProtocolsMixedUpWithTLS(t *testing.T) {
	ca := realtest.NewCA(t)
	leaf := ca.Valid("127.0.0.1")
	plain := realtest.Nginx(t, nil, "location / { return 200 fine; }")
	secure := realtest.Nginx(t, leaf, "location / { return 200 fine; }")
	mail := fixtures.SMTP(t, nil, "220 mail.vega.test ESMTP")
	closing := fixtures.Listen(t, func(net.Conn) {})
	raw := fixtures.Listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = c.Write([]byte{21, 3, 1, 0, 2, 2, 10}) // the alert unexpected_message
	})
	wantRows(t, fmt.Sprintf("network {\n  ca_file = %q\n}\n", ca.File), []row{
		{name: "https-to-http", probe: "http", config: fmt.Sprintf("url = \"https://%s/\"", plain), status: unhealthy, cause: target, says: "it speaks plain HTTP on this port; write http://"},
		{name: "tls-to-http", probe: "tls", config: fmt.Sprintf("address = %q", plain), status: unhealthy, cause: target, says: "it speaks plain HTTP on this port"},
		{name: "http-to-https", probe: "http", config: fmt.Sprintf("url = \"http://%s/\"", secure), status: unhealthy, cause: target, says: "answered 400, expected 200–299; it speaks HTTPS: write https:// in url"},
		{name: "http-to-tls", probe: "http", config: fmt.Sprintf("url = \"http://%s/\"", raw), status: unhealthy, cause: target, says: "write https://"},
		{name: "tls-to-smtp", probe: "tls", config: fmt.Sprintf("address = %q", mail), status: unhealthy, cause: target, says: `it answers in plain text ("220 m"...)`},
		{name: "tls-to-nothing", probe: "tls", config: fmt.Sprintf("address = %q", closing), status: unhealthy, cause: target, says: "it closes the connection in the handshake; check that this port speaks TLS"},
	})
}

// wantRows runs rows and compares the results.
func wantRows(t *testing.T, preamble string, rows []row) {
	t.Helper()
	for i, got := range runRows(t, preamble, rows) {
		r := rows[i]
		t.Logf("%-32s %-10s %s", r.name, got.Status, got.Message)
		if got.Status != r.status || got.Cause != r.cause || !strings.Contains(got.Message, r.says) {
			t.Errorf("%s: %s/%s %q, want %s/%s %q", r.name, got.Status, got.Cause, got.Message, r.status, r.cause, r.says)
		}
	}
}

package shipped

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// apiKey is the key of each vega that a test starts.
const apiKey = "0123456789abcdef0123456789abcdef"

// daemon is a running vega.
type daemon struct {
	t       *testing.T
	dir     string
	address string
}

// temporary is the directory of the program.
var temporary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "vega-shipped-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		temporary = dir
		return m.Run()
	}())
}

// serve starts vega with a configuration, and stops it with the test.
// files are other files by name, in its directory.
func serve(t *testing.T, config string, files map[string]string) *daemon {
	t.Helper()
	port := realtest.FreePort(t)
	d := &daemon{t: t, dir: t.TempDir(), address: net.JoinHostPort("127.0.0.1", port)}
	for name, text := range files {
		save(t, filepath.Join(d.dir, name), text)
	}
	d.configure(config)
	log, err := os.Create(filepath.Join(d.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), realtest.Vega(t, temporary), "serve")
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // ProcessState has the result
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(realtest.Patience):
			_ = cmd.Process.Kill()
			t.Error("vega did not stop")
		}
	})
	realtest.Until(t, "vega is ready", func() bool {
		select {
		case <-ended:
			t.Fatalf("vega ended: %s: %s", cmd.ProcessState, read(t, log.Name()))
		default:
		}
		status, _ := d.get("/readyz")
		return status == http.StatusOK
	})
	return d
}

// save writes a file.
func save(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// configure writes the configuration.
func (d *daemon) configure(config string) {
	d.t.Helper()
	_, port, _ := net.SplitHostPort(d.address) // of serve
	config = "server {\n  port = " + port + "\n  api_key = \"" + apiKey + "\"\n}\n" + config
	path := filepath.Join(d.dir, "vega.hcl")
	if err := os.WriteFile(path+".new", []byte(config), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		d.t.Fatal(err)
	}
}

// get asks vega. The status is 0 if there is no answer.
func (d *daemon) get(path string) (status int, body string) {
	d.t.Helper()
	return get(d.t, "http://"+d.address+path)
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, ""
	}
	return answer.StatusCode, string(b)
}

// targets are the servers that vega checks, and those that it notifies.
type targets struct {
	plain, secure *httptest.Server
	ca            string // PEM
	flap          atomic.Bool
}

// startTargets starts a server with pages that are slow, fail, flap or redirect to another
// host, and accepts the messages of a webhook. Another one has TLS, and a certificate that
// expires soon.
func startTargets(t *testing.T) *targets {
	w := &targets{}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Millisecond) })
	mux.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.example/", http.StatusFound)
	})
	mux.HandleFunc("/flap", func(a http.ResponseWriter, _ *http.Request) {
		if w.flap.Load() {
			a.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	w.plain = httptest.NewServer(mux)
	t.Cleanup(w.plain.Close)
	w.secure = httptest.NewUnstartedServer(mux)
	ca := realtest.NewCA(t)
	leaf := ca.For(5*24*time.Hour, "localhost")
	w.secure.TLS = &tls.Config{Certificates: []tls.Certificate{leaf.TLS}}
	w.secure.StartTLS()
	t.Cleanup(w.secure.Close)
	w.ca = read(t, ca.File)
	return w
}

// named returns the URL of the secure server with a name that must be looked up.
func (w *targets) named(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(w.secure.URL, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	return "https://localhost:" + port + "/"
}

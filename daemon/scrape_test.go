package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
)

// openModules opens a daemon with a configuration.
func openModules(t *testing.T, hcl string) *daemon.Daemon {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vega.hcl")
	if err := os.WriteFile(path, []byte(hcl), 0o600); err != nil {
		t.Fatal(err)
	}
	return openRows(t, path)
}

// tripwire is a server that must not be reached.
func tripwire(t *testing.T) (port string, hits *atomic.Int32) {
	hits = &atomic.Int32{}
	s := site(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	return s[strings.LastIndexByte(s, ':')+1:], hits
}

// kind returns what an answer of vega means.
func kind(err error) string {
	_, undecided := errors.AsType[*daemon.UndecidedError](err)
	_, unknown := errors.AsType[*daemon.UnknownModuleError](err)
	switch {
	case err == nil:
		return "run"
	case errors.Is(err, config.ErrTarget):
		return "invalid"
	case errors.Is(err, config.ErrNotAllowed):
		return "forbidden"
	case undecided:
		return "undecided"
	case unknown:
		return "module"
	default:
		return err.Error()
	}
}

// No target leads elsewhere than the patterns of its module allow: not by its spelling,
// not by the answer of a DNS server, and not by a redirect.
func TestProbeReachesOnlyItsTargets(t *testing.T) {
	port, hits := tripwire(t)
	resolver := fixtures.DNS(t,
		"loop.example.com. 60 IN A 127.0.0.1", "meta.example.com. 60 IN A 169.254.169.254", "mapped.example.com. 60 IN AAAA ::ffff:127.0.0.1",
		"evil-example.com. 60 IN A 127.0.0.1", "a.example.com.evil.test. 60 IN A 127.0.0.1", "evil.test. 60 IN A 127.0.0.1")
	away := site(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.TrimPrefix(r.URL.RequestURI(), "/"), http.StatusFound)
	}))
	d := openModules(t, fmt.Sprintf(`network { resolver = %q }
scrape_module "http_2xx" {
  probe   = core.http
  targets = ["http://*.example.com:%[2]s", %[3]q]
}
scrape_module "tcp" {
  probe   = core.tcp
  targets = ["0.0.0.0/0:%[2]s", "[::/0]:%[2]s", "*.example.com:%[2]s"]
}
scrape_module "dns" {
  probe   = core.dns
  from    = "server"
  targets = ["192.0.2.1"]
  config { name = "example.com" }
}
`, resolver, port, away))
	long := strings.Repeat("a", 1<<20)
	for _, c := range []struct{ module, target, want string }{
		{"http_2xx", "http://evil-example.com:" + port, "forbidden"},
		{"http_2xx", "http://a.example.com.evil.test:" + port, "forbidden"},
		{"http_2xx", "http://example.com:" + port, "forbidden"},
		{"http_2xx", "http://.example.com:" + port, "invalid"},
		{"http_2xx", "http://127.0.0.1:" + port, "forbidden"},
		{"http_2xx", "http://localhost:" + port, "forbidden"},
		{"http_2xx", "http://2130706433:" + port, "invalid"},
		{"http_2xx", "http://0x7f.1:" + port, "invalid"},
		{"http_2xx", "http://127.1:" + port, "invalid"},
		{"http_2xx", "http://[::1]:" + port, "forbidden"},
		{"http_2xx", "http://[::ffff:127.0.0.1]:" + port, "forbidden"},
		{"http_2xx", "http://[fe80::1%25eth0]:" + port, "invalid"},
		{"http_2xx", "http://a.example.com@127.0.0.1:" + port, "invalid"},
		{"http_2xx", "http://user:pass@a.example.com:" + port, "invalid"},
		{"http_2xx", "http://127.0.0.1:" + port + "#.example.com", "forbidden"},
		{"http_2xx", "http://127.0.0.1:" + port + "?.example.com", "forbidden"},
		{"http_2xx", "http://127.0.0.1:" + port + "\\.example.com", "invalid"},
		{"http_2xx", "http://evil.test:" + port + "/.example.com", "forbidden"},
		{"http_2xx", "http://a.example.com:" + port + "\r\nHost: evil.test", "invalid"},
		{"http_2xx", "http://a.example.com:" + port + "/\x00", "invalid"},
		{"http_2xx", "http://a。example。com.evil.test:" + port, "forbidden"},
		{"http_2xx", "http://１２７.0.0.1:" + port, "invalid"},
		{"http_2xx", "http://a.example.com\u202e:" + port, "invalid"},
		{"http_2xx", "http://a.example.com:1", "forbidden"},
		{"http_2xx", "http://a.example.com:0" + port, "invalid"},
		{"http_2xx", "http://a.example.com:99999", "invalid"},
		{"http_2xx", "http://a.example.com..:" + port, "invalid"},
		{"http_2xx", "https://a.example.com:" + port, "forbidden"},
		{"http_2xx", "ftp://a.example.com:" + port, "invalid"},
		{"http_2xx", "file:///etc/passwd", "invalid"},
		{"http_2xx", "gopher://a.example.com:" + port + "/_x", "invalid"},
		{"http_2xx", "//127.0.0.1:" + port, "invalid"},
		{"http_2xx", "http://*.example.com:" + port, "invalid"},
		{"http_2xx", long, "invalid"},
		{"http_2xx", "http://" + long + ".example.com:" + port, "invalid"},
		{"http_2xx", "http://a.example.com:" + port + "/\xff", "invalid"},
		{"http_2xx", "http://loop.example.com:" + port, "undecided"},
		{"http_2xx", "http://LOOP.example.com.:" + port + "/", "undecided"},
		{"http_2xx", "http://mapped.example.com:" + port, "undecided"},
		{"http_2xx", "http://meta.example.com:" + port, "undecided"},
		{"http_2xx", away + "/http://127.0.0.1:" + port + "/", "undecided"},
		{"http_2xx", away + "/http://localhost:" + port + "/", "undecided"},
		{"http_2xx", away + "/http://evil-example.com:" + port + "/", "undecided"},
		{"http_2xx", away + "/http://loop.example.com:" + port + "/", "undecided"},
		{"http_2xx", away + "/http://169.254.169.254/latest/meta-data/", "undecided"},
		{"tcp", "127.0.0.1:" + port, "undecided"},
		{"tcp", "[::1]:" + port, "undecided"},
		{"tcp", "169.254.169.254:" + port, "undecided"},
		{"tcp", "[::ffff:169.254.169.254]:" + port, "undecided"},
		{"tcp", "[fd00:ec2::254]:" + port, "undecided"},
		{"tcp", "0.0.0.0:" + port, "undecided"},
		{"tcp", "224.0.0.1:" + port, "undecided"},
		{"tcp", "loop.example.com:" + port, "undecided"},
		{"tcp", "localhost:" + port, "forbidden"},
		{"tcp", "tcp://127.0.0.1:" + port, "invalid"},
		{"tcp", port, "invalid"},
		{"dns", resolver, "forbidden"},
		{"dns", "@192.0.2.1", "invalid"},
		{"nobody", "http://a.example.com:" + port, "module"},
	} {
		text, err := d.Probe(t.Context(), daemon.ScrapeQuery{Module: c.module, Target: c.target})
		if got := kind(err); got != c.want || err != nil && len(err.Error()) > 1000 {
			t.Errorf("%s %.100q: %.300s, want %s: %.300v %s", c.module, c.target, got, c.want, err, text)
		}
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("%d requests arrived where none may", n)
	}
}

// A redirect to another target of the module is followed, as by blackbox_exporter.
func TestProbeFollowsRedirectsWithinItsTargets(t *testing.T) {
	far := site(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "there") }))
	near := site(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, far+"/x", http.StatusMovedPermanently)
	}))
	d := openModules(t, fmt.Sprintf(`scrape_module "http_2xx" {
  probe   = core.http
  targets = [%q, %q]
}
`, near, far))
	text, err := d.Probe(t.Context(), daemon.ScrapeQuery{Module: "http_2xx", Target: near})
	if err != nil || !strings.Contains(string(text), "\nprobe_success 1\n") || !strings.Contains(string(text), "\nprobe_http_redirects 1\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

// A redirect elsewhere is refused, and the answer says where it could be allowed: a module has
// no grant block.
func TestProbeSaysHowToAllowARedirect(t *testing.T) {
	near := site(t, http.RedirectHandler("http://127.0.0.1:9/", http.StatusFound))
	d := openModules(t, fmt.Sprintf(`scrape_module "http_2xx" {
  probe   = core.http
  targets = [%q]
}
`, near))
	_, err := d.Probe(t.Context(), daemon.ScrapeQuery{Module: "http_2xx", Target: near})
	if err == nil || !strings.Contains(err.Error(), "add it to targets of the scrape_module") || strings.Contains(err.Error(), "grant {") {
		t.Error(err)
	}
}

// Nothing of a scrape is stored, and the caller that goes away ends it.
func TestProbeLeavesNothing(t *testing.T) {
	came, left := make(chan struct{}, 10), make(chan struct{}, 10)
	silent := fixtures.Listen(t, func(c net.Conn) {
		came <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
		left <- struct{}{}
	})
	d := openModules(t, fmt.Sprintf(`scrape_module "tcp" {
  probe   = core.tcp
  targets = [%q]
  timeout = "5m"
  config { expect = "hello" }
}
`, silent))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := d.Probe(ctx, daemon.ScrapeQuery{Module: "tcp", Target: silent})
		ended <- err
	}()
	<-came
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-left
	text, err := []byte(nil), error(&daemon.UndecidedError{})
	for end := time.Now().Add(realtest.Patience); err != nil && time.Now().Before(end); { // a starved vega can't tell
		if text, err = d.Probe(t.Context(), daemon.ScrapeQuery{Module: "tcp", Target: silent, Timeout: time.Second}); err != nil && !errors.As(err, new(*daemon.UndecidedError)) {
			break
		}
	}
	if err != nil || !strings.Contains(string(text), "probe_success 0") || !strings.Contains(string(text), "probe_timeout_seconds 1\n") {
		t.Errorf("%v %s", err, text)
	}
	if o, err := d.Overview(engine.Selection{}); err != nil || len(o.Integrations) != 0 {
		t.Errorf("%+v %v", o, err)
	}
}

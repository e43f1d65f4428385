package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/daemon/verify"
)

// TestBehindNginx serves vega under a path of nginx with TLS, which passes the path on
// or strips it, and runs every check of vega verify, and the other commands that ask
// a daemon, through it.
func TestBehindNginx(t *testing.T) {
	ca := realtest.NewCA(t)
	dir, vega := freshVega(t, "")
	text, err := os.ReadFile(filepath.Join(dir, "vega.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(text, []byte("server {\n"), []byte("server {\n  external_url = \"https://ops.example.com/vega/\"\n"), 1)
	write(t, dir, "vega.hcl", string(changed))
	if status, body, err := vega.send("POST", "/admin/config/reload"); status != http.StatusOK {
		t.Fatalf("%d %s %v", status, body, err)
	}
	for name, directives := range map[string]string{
		"passed on": "location /vega/ { proxy_pass " + vega.url + "; proxy_set_header Host ops.example.com; }",
		"stripped":  "location /vega/ { proxy_pass " + vega.url + "/; proxy_set_header Host $host; }",
		"default":   "location /vega/ { proxy_pass " + vega.url + "; }",
		"guide":     guideLocation(t, vega.url),
	} {
		t.Run(name, func(t *testing.T) {
			server := "https://" + realtest.Nginx(t, ca.Valid("127.0.0.1"), directives) + "/vega/"
			t.Setenv("SSL_CERT_FILE", ca.File)
			t.Setenv("VEGA_API_KEY", vega.key)
			r, code := verified(t, dir, server)
			for _, c := range r.Checks {
				if c.Outcome != verify.Pass {
					t.Errorf("%s: %s %s; %s", c.Name, c.Outcome, c.Reason, c.Fix)
				}
			}
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			for verb, want := range map[string]string{"plan": "Nothing would change", "diag": "as seen by the daemon at https://"} { // diag may exit 1, for a busy host
				if out, err := command(t, dir, verb, "--server", server).CombinedOutput(); !strings.Contains(string(out), want) {
					t.Errorf("%v: %v %.1000s", verb, err, out)
				}
			}
			for _, verb := range []string{"plan", "verify"} {
				if out, err := command(t, dir, verb, "--server", strings.TrimSuffix(server, "vega/")).CombinedOutput(); err == nil || !strings.Contains(string(out), "is not a vega daemon: it answered 404") {
					t.Errorf("%s without the path: %v %s", verb, err, out)
				}
			}
		})
	}
}

// guideLocation returns the nginx configuration of GUIDE.md for the daemon at url.
func guideLocation(t *testing.T, url string) string {
	t.Helper()
	guide, err := os.ReadFile("../GUIDE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(guide), "```nginx\n")
	text, _, ok := strings.Cut(text, "```")
	if location := strings.Replace(text, "http://127.0.0.1:8000", url, 1); ok && location != text {
		return location
	}
	t.Fatal("GUIDE.md has no nginx configuration for http://127.0.0.1:8000")
	return ""
}

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"vega/daemon/realtest"
	"vega/daemon/verify"
)

// TestBehindNginx serves vega under a path of nginx with TLS, which passes the path on
// or strips it, and runs every check of vega verify, and the other commands that ask
// a daemon, through it.
func TestBehindNginx(t *testing.T) {
	ca := realtest.NewCA(t)
	t.Setenv("SSL_CERT_FILE", ca.File)
	var all sync.WaitGroup // they mostly wait, so that they don't count as parallel tests
	for name, directives := range map[string]func(t *testing.T, url string) string{
		"passed on": func(_ *testing.T, url string) string {
			return "location /vega/ { proxy_pass " + url + "; proxy_set_header Host ops.example.com; }"
		},
		"stripped": func(_ *testing.T, url string) string {
			return "location /vega/ { proxy_pass " + url + "/; proxy_set_header Host $host; }"
		},
		"default": func(_ *testing.T, url string) string { return "location /vega/ { proxy_pass " + url + "; }" },
		"package": packagedLocation,
	} {
		all.Go(func() {
			t.Run(name, func(t *testing.T) {
				dir, vega := proxiedVega(t)
				server := "https://" + realtest.Nginx(t, ca.Valid("127.0.0.1"), directives(t, vega.url)) + "/vega/"
				if name == "package" {
					passesEverything(t, ca, server, vega.key)
				}
				askEverything(t, dir, server, vega.key)
			})
		})
	}
	all.Wait()
}

// askEverything runs the commands that ask a daemon, in its directory.
func askEverything(t *testing.T, dir, server, key string) {
	t.Helper()
	ask := func(server, verb string, flags ...string) *exec.Cmd {
		cmd := command(t, dir, append([]string{verb, "--server", server}, flags...)...)
		cmd.Env = append(os.Environ(), "VEGA_API_KEY="+key)
		return cmd
	}
	r, code := reported(t, ask(server, "verify", "--format", "json"))
	for _, c := range r.Checks {
		if c.Outcome != verify.Pass {
			t.Errorf("%s: %s %s; %s", c.Name, c.Outcome, c.Reason, c.Fix)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for verb, want := range map[string]string{"plan": "Nothing would change", "diag": "as seen by the daemon at https://"} { // diag may exit 1, for a busy host
		if out, err := ask(server, verb).CombinedOutput(); !strings.Contains(string(out), want) {
			t.Errorf("%v: %v %.1000s", verb, err, out)
		}
	}
	for _, verb := range []string{"plan", "verify"} {
		if out, err := ask(strings.TrimSuffix(server, "vega/"), verb).CombinedOutput(); err == nil || !strings.Contains(string(out), "is not a vega daemon: it answered 404") {
			t.Errorf("%s without the path: %v %s", verb, err, out)
		}
	}
}

// proxiedVega starts a daemon that clients reach at https://ops.example.com/vega, through a
// proxy on this machine.
func proxiedVega(t *testing.T) (dir string, vega *process) {
	t.Helper()
	dir, vega = freshVega(t, "")
	text, err := os.ReadFile(filepath.Join(dir, "vega.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(text, []byte("server {\n"), []byte("server {\n  external_url = \"https://ops.example.com/vega/\"\n  trusted_proxies = [\"127.0.0.1\"]\n"), 1)
	write(t, dir, "vega.hcl", string(changed))
	if status, body, err := vega.send("POST", "/admin/config/reload"); status != http.StatusOK {
		t.Fatalf("%d %s %v", status, body, err)
	}
	return dir, vega
}

// packagedLocation returns the nginx configuration of the packages for the daemon at url.
func packagedLocation(t *testing.T, url string) string {
	t.Helper()
	example, err := os.ReadFile("../packaging/proxies/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(example), "location /vega/ {")
	text, _, ended := strings.Cut(text, "  }\n")
	if location := strings.Replace(text, "http://127.0.0.1:8000", url, 1); ok && ended && location != text {
		return "location /vega/ {" + location + "}"
	}
	t.Fatal("the example has no location for http://127.0.0.1:8000")
	return ""
}

// passesEverything sends what a proxy with nginx's defaults does not pass on as it is: an
// escaped slash, and a body of more than 1 MiB.
func passesEverything(t *testing.T, ca *realtest.CA, server, key string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool}}}
	long := strings.Repeat("x", 2<<20)
	for _, q := range []struct{ method, path, body, want string }{
		{http.MethodPut, "v1/memories/a%2Fb", `{"value":"x"}`, `"key":"a/b"`},
		{http.MethodPost, "v1/conversations", `{"session_id":"s","source":"chat","model":"m","prompt":"` + long + `","response":"y"}`, `"id":`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), q.method, server+q.path, strings.NewReader(q.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", key)
		r.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if resp.Body.Close(); err != nil || resp.StatusCode/100 != 2 || !strings.Contains(string(body), q.want) {
			t.Errorf("%s %s: %d %.300s %v", q.method, q.path, resp.StatusCode, body, err)
		}
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

// TestDashboardBehindNginx logs in through nginx with TLS, at a path of its own, and uses
// what browsers use: links, files, the cookie and the stream of events.
func TestDashboardBehindNginx(t *testing.T) {
	ca := realtest.NewCA(t)
	_, vega := proxiedVega(t)
	for name, directives := range map[string]string{
		"guide":    guideLocation(t, vega.url),
		"default":  "location /vega/ { proxy_pass " + vega.url + "; }",
		"stripped": "location /vega/ { proxy_pass " + vega.url + "/; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; }",
	} {
		t.Run(name, func(t *testing.T) {
			b := browse(t, ca, realtest.Nginx(t, ca.Valid("ops.example.com"), directives))
			if got := b.get("/vega/plugins?state=open"); got.status != http.StatusSeeOther || got.header.Get("Location") != "/vega/login?next=%2Fplugins%3Fstate%3Dopen" {
				t.Fatalf("%d %v", got.status, got.header)
			}
			got := b.post("/vega/login", url.Values{"key": {vega.key}, "next": {"/"}})
			if cookie := got.header.Get("Set-Cookie"); got.status != http.StatusSeeOther || got.header.Get("Location") != "/vega/" || !strings.HasPrefix(cookie, "__Secure-vega") || !strings.Contains(cookie, "; Path=/vega;") || !strings.Contains(cookie, "; Secure") {
				t.Fatalf("%d %v", got.status, got.header)
			}
			page := b.text("/vega/")
			for _, link := range regexp.MustCompile(`(?:href|src|action)="([^"#]+)"`).FindAllStringSubmatch(page, -1) {
				if !strings.HasPrefix(link[1], "/vega/") {
					t.Errorf("the link %s leads out of the path", link[1])
				}
				if strings.HasPrefix(link[1], "/vega/static/") {
					b.text(link[1])
				}
			}
			b.streams("/vega/events")
			if got := b.get("/vega/admin/plugins"); got.status != http.StatusUnauthorized {
				t.Errorf("the API with a cookie: %d", got.status)
			}
			b.header.Set("Origin", "https://other.example.com")
			b.header.Set("Sec-Fetch-Site", "same-site")
			if got := b.post("/vega/logout", nil); got.status != http.StatusForbidden {
				t.Errorf("a form of another site: %d", got.status)
			}
		})
	}
}

// TestDashboardBehindAuthHeader has nginx say who sends a request, whatever the client says.
func TestDashboardBehindAuthHeader(t *testing.T) {
	ca := realtest.NewCA(t)
	dir, vega := proxiedVega(t)
	text, err := os.ReadFile(filepath.Join(dir, "vega.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vega.hcl", strings.Replace(string(text), "server {\n", "server {\n  auth_header = \"X-Forwarded-User\"\n  auth_scopes = [\"read\"]\n", 1))
	if status, body, err := vega.send("POST", "/admin/config/reload"); status != http.StatusOK {
		t.Fatalf("%d %s %v", status, body, err)
	}
	named := strings.Replace(guideLocation(t, vega.url), "proxy_set_header Host", "proxy_set_header X-Forwarded-User $arg_as;\n  proxy_set_header Host", 1)
	b := browse(t, ca, realtest.Nginx(t, ca.Valid("ops.example.com"), named))
	b.header.Set("X-Forwarded-User", "root")
	if got := b.get("/vega/"); got.status != http.StatusSeeOther {
		t.Errorf("the client's own header: %d", got.status)
	}
	if page := b.text("/vega/?as=ada"); !strings.Contains(page, "ada") {
		t.Errorf("%.2000s", page)
	}
	if got := b.get("/vega/conversations?as=ada"); got.status != http.StatusForbidden {
		t.Errorf("a page that needs another scope: %d", got.status)
	}
	if got := b.get("/vega/admin/plugins?as=ada"); got.status != http.StatusUnauthorized {
		t.Errorf("the API: %d", got.status)
	}
	vega.until("the log names who asked, and what was refused", func() bool { // an answer may arrive before its line is written
		log := vega.written()
		return strings.Contains(log, `"path":"/conversations","status":403`) && strings.Contains(log, `"key":"ada"`)
	})
}

// browserOf is a browser at https://ops.example.com.
type browserOf struct {
	t *testing.T
	http.Client
	header http.Header
}

// browse returns a browser for which ops.example.com is at addr.
func browse(t *testing.T, ca *realtest.CA, addr string) *browserOf {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(ca.File)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	b := &browserOf{t: t, header: http.Header{"Accept": {"text/html"}, "Origin": {"https://ops.example.com"}, "Sec-Fetch-Site": {"same-origin"}}}
	b.Jar = jar
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.Transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}
	t.Cleanup(b.CloseIdleConnections)
	return b
}

// answered is what a browser got.
type answered struct {
	status int
	header http.Header
	body   string
}

func (b *browserOf) request(method, path string, form url.Values) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, "https://ops.example.com"+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = b.header.Clone()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r.Header.Del("Origin")
	}
	return r
}

func (b *browserOf) send(method, path string, form url.Values) answered {
	b.t.Helper()
	res, err := b.Do(b.request(method, path, form))
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Errorf("%s: %v", path, err)
	}
	return answered{res.StatusCode, res.Header, string(body)}
}

func (b *browserOf) get(path string) answered {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

func (b *browserOf) post(path string, form url.Values) answered {
	b.t.Helper()
	return b.send(http.MethodPost, path, form)
}

// text returns the body of an answer that must be 200.
func (b *browserOf) text(path string) string {
	b.t.Helper()
	got := b.get(path)
	if got.status != http.StatusOK {
		b.t.Errorf("%s: %d", path, got.status)
	}
	return got.body
}

// streams checks that the beginning of a stream arrives while the stream is open.
func (b *browserOf) streams(path string) {
	b.t.Helper()
	res, err := b.Do(b.request(http.MethodGet, path, nil))
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := res.Body.Read(make([]byte, 1)); err != nil || res.StatusCode != http.StatusOK {
		b.t.Errorf("%s: %s %v", path, res.Status, err)
	}
}

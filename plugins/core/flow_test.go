//go:build !wasip1

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/transport"
	"vega/policies/check"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

const sessionToken = `tok"en-0123456789/é+{id}`

// shop is a server with a login by form token, cookie and JSON token. strange replaces
// the answer to one path.
func shop(t *testing.T, strange map[string]http.HandlerFunc) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "cookie-0123456789", Path: "/"})
		_, _ = w.Write([]byte(`<input name="csrf" value="form-abcdefghij">`))
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, q *http.Request) {
		if c, err := q.Cookie("sid"); err != nil || c.Value != "cookie-0123456789" || q.FormValue("csrf") != "form-abcdefghij" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("X-Cart", "a/../b?c")
		_, _ = w.Write([]byte(`{"data":{"token":"tok\"en-0123456789/é+{id}","none":null}}`))
	})
	mux.HandleFunc("/cart/{id}", func(w http.ResponseWriter, q *http.Request) {
		if q.PathValue("id") != "a/../b?c" || q.Header.Get("Authorization") != "Bearer "+sessionToken {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(`{"items":[1],"echo":"tok\"en-0123456789/é+{id}"}`))
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if f := strange[q.URL.Path]; f != nil {
			f(w, q)
			return
		}
		mux.ServeHTTP(w, q)
	}))
	t.Cleanup(server.Close)
	return server
}

func flowSteps(url string) []any {
	return []any{
		map[string]any{"name": "form", "url": url + "/form", "method": "GET", "follow_redirects": true, "take": map[string]any{"csrf": `regex: value="([^"]+)"`}},
		map[string]any{
			"name": "login", "url": url + "/login", "method": "POST", "follow_redirects": true,
			"headers": map[string]any{"Content-Type": "application/x-www-form-urlencoded"}, "body": "csrf={csrf}",
			"take": map[string]any{"token": "json: data.token", "cart": "header: X-Cart"},
		},
		map[string]any{
			"name": "cart", "url": url + "/cart/{cart}", "method": "GET", "follow_redirects": true,
			"headers": map[string]any{"Authorization": "Bearer {token}"}, "expect_json": map[string]any{"len(items)": ">= 1"},
		},
	}
}

// Values go from answers into later requests, escaped for their place, and cookies are
// kept.
func TestFlow(t *testing.T) {
	server := shop(t, nil)
	got := sdktest.Run(t, flowProbe, sdktest.Config{Options: map[string]any{"steps": flowSteps(server.URL)}})
	if got.Status != abi.Healthy || !strings.HasPrefix(got.Message, "3 steps in ") {
		t.Errorf("%v %s", got.Status, got.Message)
	}
	for _, name := range []string{"step.form", "step.login", "step.cart", "response_time"} {
		if got.Metrics[name] <= 0 {
			t.Errorf("%s is %v", name, got.Metrics[name])
		}
	}
}

// The first failing step is named with what is wrong, and no taken value is shown.
func TestFlowFails(t *testing.T) {
	says := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
		}
	}
	for name, c := range map[string]struct {
		path    string
		answer  http.HandlerFunc
		change  func(steps []any)
		want    string
		unknown bool
	}{
		"status":        {path: "/login", answer: says(500, ""), want: "step 2 of 3 (login): http://127.0.0.1:PORT answered 500, expected 200–299"},
		"refused":       {path: "/form", answer: says(401, ""), want: "step 1 of 3 (form): http://127.0.0.1:PORT answered 401, expected 200–299; correct the credentials in auth or headers"},
		"login refused": {path: "/login", answer: says(401, ""), want: "correct the credentials in auth or headers, or in body, or what an earlier step takes"},
		"no token":      {path: "/login", answer: says(200, `{"data":{}}`), want: "step 2 of 3 (login): http://127.0.0.1:PORT answered 200, but it sent no header X-Cart, which the step cart needs as cart"},
		"null":          {change: func(s []any) { s[1].(map[string]any)["take"] = map[string]any{"token": "json: data.none"} }, want: "but its JSON has null at data.none, which the step cart needs as token"},
		"no JSON": {path: "/login", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Cart", "x")
			_, _ = w.Write([]byte("<html>"))
		}, want: "did not answer with usable JSON"},
		"no match": {path: "/form", answer: says(200, "<html>"), want: `step 1 of 3 (form): http://127.0.0.1:PORT answered 200, but its body does not match`},
		"dots": {path: "/login", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Cart", "..")
			_, _ = w.Write([]byte(`{"data":{"token":"0123456789"}}`))
		}, want: `step 3 of 3 (cart): what the step login took as cart is "..", which would lead to another path`},
		"line break": {path: "/login", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Cart", "x")
			_, _ = w.Write([]byte(`{"data":{"token":"0123456789\r\nX-Evil: 1"}}`))
		}, want: "contains a line break"},
		"large": {path: "/login", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Cart", "x")
			_, _ = w.Write([]byte(`{"data":{"token":"` + strings.Repeat("x", 1<<19) + `"}}`))
		}, want: "more than the 16 KiB that a step takes"},
		"quoted":  {change: func(s []any) { s[2].(map[string]any)["expect_json"] = map[string]any{"echo": "other"} }, want: `step 3 of 3 (cart): the JSON of http://127.0.0.1:PORT has "(taken)" at echo, expected`},
		"unknown": {change: func(s []any) { s[2].(map[string]any)["url"] = s[2].(map[string]any)["url"].(string) + "{tokn}" }, want: `no earlier step takes "tokn"`, unknown: true},
		"cookie":  {change: func(s []any) { s[0].(map[string]any)["take"] = map[string]any{"csrf": "cookie: xsrf"} }, want: "it set no cookie xsrf, which the step login needs as csrf"},
	} {
		t.Run(name, func(t *testing.T) {
			server := shop(t, map[string]http.HandlerFunc{c.path: c.answer})
			steps := flowSteps(server.URL)
			if c.change != nil {
				c.change(steps)
			}
			got := sdktest.Run(t, flowProbe, sdktest.Config{Options: map[string]any{"steps": steps}})
			want := strings.ReplaceAll(c.want, "127.0.0.1:PORT", strings.TrimPrefix(server.URL, "http://"))
			if (got.Status == abi.Unknown) != c.unknown || got.Status == abi.Healthy || !strings.Contains(got.Message, want) {
				t.Errorf("%v %s, want %s", got.Status, got.Message, want)
			}
			for _, secret := range []string{"en-01234", "form-abc"} {
				if strings.Contains(got.Message, secret) {
					t.Errorf("%s is shown: %s", secret, got.Message)
				}
			}
		})
	}
}

// seenBy is a server that keeps what it is asked. Its answers redirect from /to/… there.
type seenBy struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // "METHOD path?query Authorization=… Cookie=…"
	taken string   // in the JSON of other answers
}

func newSeenBy(t *testing.T, taken string) *seenBy {
	s := &seenBy{taken: taken}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, fmt.Sprintf("%s %s Authorization=%s Cookie=%s", q.Method, q.RequestURI, q.Header.Get("Authorization"), q.Header.Get("Cookie")))
		switch path, to, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/"); path {
		case "to":
			http.Redirect(w, q, to, http.StatusFound)
		case "fails":
			http.Error(w, s.taken, http.StatusInternalServerError)
		default:
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "cookie-0123456789", Path: "/"})
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"token":"`+inJSON(s.taken)+`"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// last returns the last request and how many there were.
func (s *seenBy) last() (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 {
		return "", 0
	}
	return s.asked[len(s.asked)-1], len(s.asked)
}

// twoSteps takes a token, and sends it as a login to another path.
func twoSteps(server, then string) options {
	return options{"steps": []any{
		map[string]any{"name": "login", "url": server + "/login", "take": map[string]any{"token": "json: token"}},
		map[string]any{"name": "cart", "url": then, "headers": map[string]any{"Authorization": "Bearer {token}"}},
	}}
}

// In the bundled module, a redirect in the middle of a flow keeps login and cookies at
// home, is granted or refused by itself, and is reported for its step.
func TestFlowRedirects(t *testing.T) {
	run := sandboxed(t)
	const token = "token-0123456789"
	home, other := newSeenBy(t, token), newSeenBy(t, token)
	other.URL = strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	flow := plugins.Input{Probe: "flow"}

	got := run(flow, twoSteps(home.URL, home.URL+"/to//cart"))
	if last, _ := home.last(); got.Status != check.Healthy || last != "GET /cart Authorization=Bearer "+token+" Cookie=sid=cookie-0123456789" {
		t.Errorf("to the same host: %s %s, asked %s", got.Status, got.Message, last)
	}

	got = run(flow, twoSteps(home.URL, home.URL+"/to/"+other.URL+"/cart"))
	if _, n := other.last(); n != 0 || got.Status != check.Unknown || got.Cause != check.Denied || len(got.Denied) != 1 ||
		!strings.HasPrefix(got.Message, "step 2 of 2 (cart): ") || !strings.Contains(got.Message, other.URL+" (redirected from "+home.URL+")") {
		t.Errorf("to a host that is not granted: %s/%s %s, denied %q, asked %d times", got.Status, got.Cause, got.Message, got.Denied, n)
	}

	got = run(flow, twoSteps(home.URL, home.URL+"/to/"+other.URL+"/cart"), "GET "+other.URL)
	if last, _ := other.last(); got.Status != check.Healthy || last != "GET /cart Authorization= Cookie=" {
		t.Errorf("to a granted host: %s %s, asked %s", got.Status, got.Message, last)
	}

	got = run(flow, twoSteps(home.URL, home.URL+"/to/"+other.URL+"/fails"), "GET "+other.URL)
	if want := "step 2 of 2 (cart): " + home.URL + " (redirected to " + other.URL + ") answered 500"; got.Status != check.Unhealthy || !strings.HasPrefix(got.Message, want) {
		t.Errorf("to one that fails: %s %s, want %s", got.Status, got.Message, want)
	}
}

// The host's login takes the place of that of a step, and none is shown.
func TestFlowWithAuth(t *testing.T) {
	run := sandboxed(t)
	const token, operators = "token-0123456789", "a-token-of-the-operator"
	home := newSeenBy(t, token)
	in := plugins.Input{Probe: "flow", Transport: &transport.Options{Auth: transport.Auth{Token: manifest.Text{{Text: operators, Secret: true}}}}}
	got := run(in, twoSteps(home.URL, home.URL+"/fails"))
	if last, _ := home.last(); got.Status != check.Unhealthy || last != "GET /fails Authorization=Bearer "+operators+" Cookie=sid=cookie-0123456789" {
		t.Errorf("%s %s, asked %s", got.Status, got.Message, last)
	}
	if all := fmt.Sprintf("%+v", got); strings.Contains(all, operators) || strings.Contains(all, token) {
		t.Errorf("shown: %s", all)
	}
}

// Whatever a server answers, a taken value stays the part of the URL, header or body that
// it stands for, chooses no host, and appears in nothing that is reported.
func TestFlowTakesHostileValues(t *testing.T) {
	run := sandboxed(t)
	evil := newSeenBy(t, "")
	for _, value := range []string{
		evil.URL + "/", "//" + strings.TrimPrefix(evil.URL, "http://") + "/x", "@" + strings.TrimPrefix(evil.URL, "http://") + "#", ":80@127.0.0.1:1/",
		"../../../admin?x=1&y=2#z", `\\evil.example\share`, "%2e%2e%2fadmin%00", "${env(\"TOKEN\")} {token} {{token}}", `"},{"admin":true,"x":"`,
		"0123456789\tüñí€ 𝄞", "a-session-as-a-host-name", strings.Repeat("0123456789abcdef", 1<<10),
	} {
		home := newSeenBy(t, value)
		for _, last := range []string{"/end", "/fails", "/to//x/{token}", "/to/http://{token}.example/"} {
			got := run(plugins.Input{Probe: "flow"}, options{"steps": []any{
				map[string]any{"name": "login", "url": home.URL + "/login", "take": map[string]any{"token": "json: token"}},
				map[string]any{"name": "path", "url": home.URL + "/at/{token}/end?q={token}", "body": `{"a":"{token}"}`, "method": "POST"},
				map[string]any{"name": "last", "url": home.URL + last + "?{token}", "expect_json": map[string]any{"token": "other"}, "follow_redirects": false},
			}})
			home.mu.Lock()
			if n := len(home.asked); n != 3 {
				t.Errorf("%.40q: %d requests; %s %.200s", value, n, got.Status, got.Message)
			} else {
				line, _, _ := strings.Cut(strings.TrimPrefix(home.asked[1], "POST "), " ")
				u, err := url.ParseRequestURI(line)
				if err != nil || strings.Count(line, "/") != 3 || u.Path != "/at/"+value+"/end" || u.Query().Get("q") != value || len(u.Query()) != 1 {
					t.Errorf("%.40q: asked %.200q", value, home.asked[1])
				}
			}
			home.asked = nil
			home.mu.Unlock()
			all := fmt.Sprintf("%+v", got)
			if got.Status != check.Unhealthy || !strings.HasPrefix(got.Message, "step 3 of 3 (last): ") {
				t.Errorf("%.40q: %s/%s %.200s", value, got.Status, got.Cause, got.Message)
			}
			for i := 0; i+8 <= len(value); i++ {
				if part := value[i : i+8]; strings.Contains(all, part) {
					t.Errorf("%.40q: %q is shown in %.400s", value, part, all)
					break
				}
			}
		}
	}
	if last, n := evil.last(); n != 0 {
		t.Errorf("%d requests went to the host in a value: %s", n, last)
	}
}

//go:build !wasip1

package main

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vega/plugins/core/fixtures"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

// site is a web site with a page for each kind of expectation.
func site() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "all is well") })
	mux.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "maintenance", 503) })
	mux.HandleFunc("/json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[{"state":"up","n":3.0,"a.b":true}]}`)
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) { time.Sleep(80 * time.Millisecond) })
	mux.Handle("/moved", http.RedirectHandler("/ok", 302))
	mux.HandleFunc("/echo", func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		_, _ = io.WriteString(w, q.Method+" "+q.Header.Get("X-Team")+" "+string(body))
	})
	return mux
}

func tlsServer(t *testing.T, h http.Handler, config *tls.Config) string {
	s := httptest.NewUnstartedServer(h)
	s.TLS = config
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func server(t *testing.T, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestHTTP(t *testing.T) {
	plain := server(t, site())
	authority := fixtures.NewAuthority(t)
	trusting := func() sdktest.Config { return sdktest.Config{Roots: authority.Pool} }
	good := tlsServer(t, site(), authority.Config(t, 2000*time.Hour, "127.0.0.1"))
	expired := tlsServer(t, site(), authority.Config(t, -time.Hour, "127.0.0.1"))
	soonTo := func(url string) string {
		return tlsServer(t, http.RedirectHandler(url+"/ok", 302), authority.Config(t, 240*time.Hour, "127.0.0.1"))
	}
	runRows(t, "http", []row{
		{name: "up", options: options{"url": plain + "/ok"}, says: "answered 200 in", details: []string{"status"}, metrics: []string{"response_time"}},
		{
			name: "https", options: options{"url": good + "/ok", "min_cert_days": 14}, config: trusting(), says: "answered 200",
			details: []string{"certificate_expires", "certificate_issuer", "tls_version"}, metrics: []string{"certificate_days"},
		},
		{name: "everything expected", options: options{
			"url": plain + "/json", "expect_status": []int{200, 201}, "expect_body": "state", "expect_regex": `"n":\s*\d`,
			"expect_json": options{"data.0.state": "up", "data.#": 1, "data.0.n": 3, `data.0.a\.b`: true}, "max_latency": time.Hour,
		}, says: "answered 200"},
		{name: "method, headers and body", options: options{
			"url": plain + "/echo", "method": "POST", "headers": options{"X-Team": "core"}, "body": "ping", "expect_body": "POST core ping",
		}, says: "answered 200"},
		{name: "wrong status", options: options{"url": plain + "/down"}, status: abi.Unhealthy, says: "answered 503, expected 200–299"},
		{name: "expected failure", options: options{"url": plain + "/down", "expect_status": []int{503}}, says: "answered 503"},
		{name: "empty body", options: options{"url": plain + "/slow", "expect_body": "green"}, status: abi.Unhealthy, says: `does not contain "green"; it is empty`},
		{name: "body", options: options{"url": plain + "/ok", "expect_body": "green"}, status: abi.Unhealthy, says: `does not contain "green"; it begins with "all is well"`},
		{name: "regex", options: options{"url": plain + "/ok", "expect_regex": "^green"}, status: abi.Unhealthy, says: "does not match"},
		{name: "bad regex", options: options{"url": plain + "/ok", "expect_regex": "("}, status: abi.Unknown, says: "is not a valid regular expression"},
		{name: "json differs", options: options{"url": plain + "/json", "expect_json": options{"data.0.state": "down"}}, status: abi.Unhealthy, says: `has "up" at data.0.state, expected "down"`},
		{name: "json lacks", options: options{"url": plain + "/json", "expect_json": options{"data.7": "x"}}, status: abi.Unhealthy, says: "has nothing at data.7"},
		{name: "no json", options: options{"url": plain + "/ok", "expect_json": options{"a": "x"}}, status: abi.Unhealthy, says: "did not answer with usable JSON"},
		{name: "redirect followed", options: options{"url": plain + "/moved"}, says: "answered 200"},
		{name: "redirect not followed", options: options{"url": plain + "/moved", "follow_redirects": false}, status: abi.Unhealthy, says: "it redirects", details: []string{"location"}},
		{name: "slow", options: options{"url": plain + "/slow", "max_latency": 40 * time.Millisecond}, status: abi.Degraded, says: "longer than max_latency = 40ms"},
		{name: "certificate ends soon", options: options{"url": good + "/ok", "min_cert_days": 100}, config: trusting(), status: abi.Degraded, says: "expires in 83 days, fewer than 100"},
		{name: "certificate of a redirect ends soon", options: options{"url": soonTo(good) + "/", "min_cert_days": 14}, config: trusting(), status: abi.Degraded, says: ", which redirects, expires in 9 days, fewer than 14; renew it"}, // uptime-kuma#3437
		{name: "redirect from TLS to none", options: options{"url": soonTo(plain) + "/", "min_cert_days": 14}, config: trusting(), status: abi.Degraded, says: ", which redirects, expires in 9 days"},
		{name: "redirect to TLS", options: options{"url": server(t, http.RedirectHandler(good+"/ok", 302)), "min_cert_days": 14}, config: trusting(), says: "answered 200"},
		{name: "no certificate", options: options{"url": plain + "/ok", "min_cert_days": 14}, status: abi.Degraded, says: "works without TLS, so it has no certificate"}, // phpservermon#1054
		{name: "certificate expired", options: options{"url": expired + "/ok"}, config: trusting(), status: abi.Unhealthy, says: "TLS with https://127.0.0.1"},
		{name: "untrusted certificate", options: options{"url": good + "/ok"}, status: abi.Unhealthy, says: "TLS with https://127.0.0.1"},
		{name: "refused", options: options{"url": "http://" + fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
		{name: "no such name", options: options{"url": "http://shop.invalid/"}, status: abi.Unhealthy, says: "does not resolve"},
		{name: "silent", options: options{"url": "http://" + fixtures.Hang(t)}, config: soon(), status: abi.Unhealthy, says: "did not answer in time"},
		{name: "cut off", options: options{"url": "http://" + fixtures.Listen(t, hangUp)}, status: abi.Unhealthy, says: "closed the connection"},
		{name: "denied", options: options{"url": plain}, config: deny(), status: abi.Unknown, says: "grant {"},
	})
}

func TestWebFetch(t *testing.T) {
	authority := fixtures.NewAuthority(t)
	good := tlsServer(t, site(), authority.Config(t, 2000*time.Hour, "127.0.0.1"))
	config := sdktest.Config{Roots: authority.Pool}
	phases := []string{"dns", "connect", "tls", "first_byte", "response_time"}
	runRows(t, "web_fetch", []row{
		{name: "up", options: options{"url": good + "/ok"}, config: config, says: "answered 200", metrics: phases},
		{name: "down", options: options{"url": good + "/down"}, config: config, status: abi.Unhealthy, says: "answered 503", metrics: phases},
		{name: "refused", options: options{"url": "http://" + fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
	})
}

// A verdict after a redirect names where that led, too, without the query, which
// may be a login.
func TestVerdictAfterRedirect(t *testing.T) {
	end := server(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("X-Kind", "login")
		if strings.HasPrefix(q.URL.Path, "/gone") {
			w.WriteHeader(404)
		}
		_, _ = io.WriteString(w, `{"state":"down"}`)
	}))
	to := func(path string) string {
		return server(t, http.RedirectHandler(end+path+"?token=geheim-1234", 302))
	}
	gone, page := to("/gone;id=geheim-5678"), to("/page")
	at := func(first, path string) string { return first + " (redirected to " + end + path + ")" }
	runRows(t, "http", []row{
		{name: "status", options: options{"url": gone}, status: abi.Unhealthy, says: at(gone, "/gone") + " answered 404, expected 200–299; correct the path"},
		{name: "header", options: options{"url": page, "expect_headers": options{"X-Kind": "home"}}, status: abi.Unhealthy, says: "the header X-Kind of " + at(page, "/page") + ` has "login"`},
		{name: "text", options: options{"url": page, "expect_body": "home"}, status: abi.Unhealthy, says: "the response of " + at(page, "/page") + " does not contain"},
		{name: "JSON", options: options{"url": page, "expect_json": options{"state": "up"}}, status: abi.Unhealthy, says: "the JSON of " + at(page, "/page") + ` has "down" at state`},
		{name: "healthy", options: options{"url": page}, says: at(page, "/page") + " answered 200 in"},
		{name: "not followed", options: options{"url": server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/new")
			w.WriteHeader(300)
		}))}, status: abi.Unhealthy, says: "answered 300, expected 200–299; vega follows only 301, 302, 303, 307 and 308"},
	})
	runRows(t, "llm", []row{{name: "model server", options: options{"base_url": server(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/login" {
			w.WriteHeader(404)
			return
		}
		http.Redirect(w, q, "/login", 302)
	}))}, status: abi.Unhealthy, says: "/login) answered 404 where 200 was expected"}})
}

// max_latency judges the whole response, not only its headers.
func TestLatencyOfTheBody(t *testing.T) {
	url := server(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, _ = io.WriteString(w, "all is ")
		_ = http.NewResponseController(w).Flush()
		time.Sleep(1200 * time.Millisecond)
		_, _ = io.WriteString(w, "well")
	}))
	runRows(t, "http", []row{
		{name: "slow body", options: options{"url": url, "max_latency": time.Second}, status: abi.Degraded, says: "longer than max_latency = 1s", metrics: []string{"response_time"}},
		{name: "with a text", options: options{"url": url, "expect_body": "all", "max_latency": time.Second}, status: abi.Degraded, says: "longer than max_latency = 1s"},
		{name: "in time", options: options{"url": url, "max_latency": time.Hour}, says: "answered 200 in 1."},
	})
}

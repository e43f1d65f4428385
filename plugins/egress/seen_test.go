package egress

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/policies/check"
	"vega/sdk/abi"
)

// What was seen of an HTTP request does not depend on what the guest reads of it, except
// for the body.
func TestSeenOfHTTP(t *testing.T) {
	ca := newAuthority(t)
	modified := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	page := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/to":
			http.Redirect(w, r, "/page", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		default:
			w.Header().Set("Last-Modified", modified.Format(http.TimeFormat))
			_, _ = io.WriteString(w, "hello")
		}
	}
	plain, secured, second := server(t, page), ca.server(t, false, page), ca.server(t, true, page)
	expired := ca.server(t, false, page)
	expired.TLS.Certificates = []tls.Certificate{ca.leaf(t, time.Now().Add(-time.Hour))}
	closed := httptest.NewServer(nil)
	closed.Close()

	for _, c := range []struct {
		name, url string
		redirects int
		want      check.HTTPExchange
		tls       bool
	}{
		{"plain", plain.URL + "/page", 10, check.HTTPExchange{Status: 200, Version: 1.1, ContentLength: 5, Bytes: 5, LastModified: modified}, false},
		{"secured", secured.URL + "/page", 10, check.HTTPExchange{Status: 200, Version: 1.1, Secure: true, ContentLength: 5, Bytes: 5, LastModified: modified}, true},
		{"HTTP/2", second.URL + "/page", 10, check.HTTPExchange{Status: 200, Version: 2, Secure: true, ContentLength: 5, Bytes: 5, LastModified: modified}, true},
		{"redirected", plain.URL + "/to", 10, check.HTTPExchange{Status: 200, Version: 1.1, Redirects: 1, ContentLength: 5, Bytes: 5, LastModified: modified}, false},
		{"not followed", plain.URL + "/to", 0, check.HTTPExchange{Status: 302, Version: 1.1, Redirects: 1, ContentLength: 28, Bytes: 28}, false},
		{"in a circle", plain.URL + "/loop", 3, check.HTTPExchange{Status: 302, Version: 1.1, Redirects: 4, ContentLength: 28}, false},
		{"not granted", plain.URL + "/away", 10, check.HTTPExchange{Status: 302, Version: 1.1, Redirects: 1, ContentLength: 40}, false},
		{"expired", expired.URL + "/page", 10, check.HTTPExchange{}, true},
		{"refused", closed.URL + "/page", 10, check.HTTPExchange{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+strings.TrimSuffix(c.url, c.url[strings.LastIndex(c.url, "/"):])), network: ca.network()})
			resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: c.url, Redirects: c.redirects})
			if err == nil {
				_, _ = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			x := r.Seen.Exchange()
			got := *x.HTTP
			if got.Status != 0 && (got.Connect <= 0 || got.FirstByte <= 0 || got.Secure != (got.TLS > 0)) {
				t.Errorf("phases %+v", got)
			}
			got.Resolve, got.Connect, got.TLS, got.FirstByte, got.Transfer = 0, 0, 0, 0, 0
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v (%v)", got, c.want, err)
			}
			if (x.TLS != nil) != c.tls || x.Address != netip.MustParseAddr("127.0.0.1") {
				t.Errorf("TLS %+v, address %v", x.TLS, x.Address)
			}
		})
	}
}

// The phases count the connections of all hops, and only those of the last request.
func TestSeenOfTwoRequests(t *testing.T) {
	var bodies int
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		bodies++
		_, _ = io.WriteString(w, strings.Repeat("x", 100*bodies))
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	ctx := within(t, 5*time.Second)
	first, err := r.HTTP(ctx, &Request{Method: "GET", URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	before := r.Seen.Exchange().Connect
	second, err := r.HTTP(ctx, &Request{Method: "GET", URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	read(t, second)
	read(t, first) // too late to count
	x := r.Seen.Exchange()
	if x.HTTP.Bytes != 200 || x.HTTP.Connect != x.Connect-before || x.Connect <= before {
		t.Errorf("%+v, connect %v after %v", x.HTTP, x.Connect, before)
	}
}

func TestSeenOfConnections(t *testing.T) {
	ca := newAuthority(t)
	s := ca.server(t, false, nil)
	address := strings.TrimPrefix(s.URL, "https://")
	for name, scheme := range map[string]int32{"tls": abi.NetTLS, "tcp": abi.NetTCP} {
		t.Run(name, func(t *testing.T) {
			n := ca.network()
			if name == "tls" {
				n = New("") // the certificate is not trusted
			}
			r := start(t, setup{rules: rules(t, manifest.Net, name+"://"+address), network: n})
			r.Seen.Redact = func(s string) string { return strings.ReplaceAll(s, "Leaf", "(secret)") }
			c, err := r.Dial(within(t, 5*time.Second), scheme, address)
			if err == nil && scheme == abi.NetTCP {
				err = c.StartTLS(within(t, 5*time.Second), "")
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			x := r.Seen.Exchange()
			if x.HTTP != nil || x.Connect <= 0 || x.TLS == nil || x.TLS.Version != "TLS 1.3" || !strings.HasPrefix(x.TLS.Cipher, "TLS_") {
				t.Fatalf("%+v %+v", x, x.TLS)
			}
			cert := x.TLS.Certificate
			if cert.Subject != "CN=Test (secret)" || cert.Issuer != "CN=Test Authority" || cert.Names != "localhost" || cert.Serial != "02" || len(cert.Fingerprint) != 64 {
				t.Errorf("%+v", cert)
			}
			if verified := scheme == abi.NetTCP; verified == x.TLS.ChainExpiry.IsZero() || time.Until(x.TLS.EarliestExpiry) < 0 {
				t.Errorf("%+v", x.TLS)
			}
		})
	}
}

// A run that asks for nothing has nothing to show, and a name that does not resolve
// still took its time.
func TestSeenOfNames(t *testing.T) {
	s := serveDNS(t, "a.test. 60 IN SOA ns.a.test. host.a.test. 2026030401 2 3 4 5")
	r := start(t, setup{rules: rules(t, manifest.DNS, "a.test", "@"+s.addr), network: New(s.addr)})
	if x := r.Seen.Exchange(); x != nil {
		t.Errorf("%+v", x)
	}
	if _, err := r.Resolve(within(t, 5*time.Second), "SOA", "a.test", s.addr); err != nil {
		t.Fatal(err)
	}
	q := r.Seen.Exchange().Query
	if q == nil || !q.Replied || q.Answers != 1 || q.Serial == nil || *q.Serial != 2026030401 || q.Request <= 0 {
		t.Errorf("%+v", q)
	}
	r = start(t, setup{rules: rules(t, manifest.HTTP, "GET http://b.test"), network: New(s.addr)})
	if _, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://b.test/"}); err == nil {
		t.Fatal("it resolves")
	}
	if x := r.Seen.Exchange(); x.DNS <= 0 || x.HTTP.Resolve != x.DNS || x.Address.IsValid() || x.HTTP.Status != 0 {
		t.Errorf("%+v %+v", x, x.HTTP)
	}
}

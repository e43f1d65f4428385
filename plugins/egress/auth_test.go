package egress

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/transport"
	"vega/sdk/abi"
)

const (
	operatorToken = "an-operator's-bearer-token"
	clientSecret  = "the-client-secret-of-vega"
)

// fromConfig makes rules of targets in config.
func fromConfig(all []grant.Rule) []grant.Rule {
	for i := range all {
		all[i].Origin = grant.FromConfig
	}
	return all
}

// echo answers with the header Authorization that it got.
func echo(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "["+r.Header.Get("Authorization")+"]")
}

func text(t *testing.T, resp *Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// authorizationsOf runs a request and returns the headers that a target got.
func seen(t *testing.T, auth transport.Auth, path string, more ...Field) (got []string, body string) {
	t.Helper()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, "other: "+r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, "own: "+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/here":
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		default:
			echo(w, r)
		}
	}))
	t.Cleanup(own.Close)
	all := append(fromConfig(rules(t, manifest.HTTP, "GET "+own.URL)), rules(t, manifest.HTTP, "GET "+other.URL)...)
	r := start(t, setup{rules: all, bound: true})
	r.Transport = &transport.Options{Auth: auth}
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: own.URL + path, Redirects: 5, Header: more})
	return got, text(t, resp, err)
}

// Authentication by the host reaches the origin of the integration's own url
// options, also after a redirect to itself, and no other. What the target
// echoes is hidden from the guest.
func TestHostAuthenticates(t *testing.T) {
	secretText := func(s string) manifest.Text { return manifest.Text{{Text: s, Secret: true}} }
	bearer := transport.Auth{Token: secretText(operatorToken)}
	basic := transport.Auth{Username: manifest.Plain("vega"), Password: secretText("a password: 1")}
	for name, c := range map[string]struct {
		auth   transport.Auth
		path   string
		header []Field
		want   []string
	}{
		"bearer":           {bearer, "/", nil, []string{"own: Bearer " + operatorToken}},
		"basic":            {basic, "/", nil, []string{"own: Basic dmVnYTphIHBhc3N3b3JkOiAx"}},
		"redirect to self": {bearer, "/here", nil, []string{"own: Bearer " + operatorToken, "own: Bearer " + operatorToken}},
		"redirect away":    {bearer, "/elsewhere", nil, []string{"own: Bearer " + operatorToken, "other: "}},
		"guest's own":      {bearer, "/", []Field{{"Authorization", "Bearer of-the-guest"}}, []string{"own: Bearer " + operatorToken}},
		"none":             {transport.Auth{}, "/", nil, []string{"own: "}},
	} {
		got, body := seen(t, c.auth, c.path, c.header...)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for _, s := range []string{operatorToken, "dmVnYTphIHBhc3N3b3JkOiAx", "a password"} {
			if strings.Contains(body, s) {
				t.Errorf("%s: the guest sees %q", name, body)
			}
		}
	}
}

// Authentication needs TLS or consent, like every secret.
func TestHostAuthenticationIsNotSentInTheClear(t *testing.T) {
	r := start(t, setup{rules: fromConfig(rules(t, manifest.HTTP, "GET http://target.example")), bound: true})
	r.Transport = &transport.Options{Auth: transport.Auth{Token: manifest.Plain(operatorToken)}}
	_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://target.example/"})
	wantsDenial(t, r, err, "sending a secret in plain text to http://target.example:80", "plaintext = true")
	// A target on this machine is elsewhere if connect_to says so.
	r = start(t, setup{rules: fromConfig(rules(t, manifest.HTTP, "GET http://localhost")), bound: true})
	r.Transport = &transport.Options{Auth: transport.Auth{Token: manifest.Plain(operatorToken)}, ConnectTo: "192.0.2.1:80"}
	_, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://localhost/"})
	wantsDenial(t, r, err, "sending a secret in plain text to http://localhost:80")
	ca := newAuthority(t)
	s := ca.server(t, false, echo)
	r = start(t, setup{rules: fromConfig(rules(t, manifest.HTTP, "GET https://target.example:443")), bound: true, network: ca.network()})
	r.Transport = &transport.Options{Auth: transport.Auth{Token: manifest.Plain(operatorToken)}, TLS: transport.TLS{SkipVerify: true}, ConnectTo: s.Listener.Addr().String()}
	_, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "https://target.example/"})
	wantsDenial(t, r, err, "use ca_file or fingerprint instead", "plaintext = true")
}

// authServer is a token endpoint and a target that accepts its current token.
type authServer struct {
	issued, accepted atomic.Int64
	broken           atomic.Bool
	asked            atomic.Int64 // requests to the target
}

func (s *authServer) token(w http.ResponseWriter, r *http.Request) {
	if _, secret, _ := r.BasicAuth(); s.broken.Load() || secret != clientSecret {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"invalid_scope","error_description":"%s is not known"}`, secret)
		return
	}
	n := s.issued.Add(1)
	s.accepted.Store(n)
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprintf("an-access-token-%04d", n), "token_type": "bearer", "expires_in": 3600})
}

func (s *authServer) target(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	if r.Header.Get("Authorization") != fmt.Sprintf("Bearer an-access-token-%04d", s.accepted.Load()) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s", r.Method, body)
}

func TestAccessTokens(t *testing.T) {
	a := &authServer{}
	issuer, target := server(t, a.token), server(t, a.target)
	network := New("")
	now := time.Now()
	network.tokens.Now = func() time.Time { return now }
	do := func() (*Response, error) {
		r := start(t, setup{rules: fromConfig(rules(t, manifest.HTTP, "POST "+target.URL)), network: network, bound: true})
		r.Transport = &transport.Options{Auth: transport.Auth{Client: &transport.Client{TokenURL: issuer.URL, ID: manifest.Plain("vega"), Secret: manifest.Plain(clientSecret)}}}
		return r.HTTP(within(t, 5*time.Second), &Request{Method: "POST", URL: target.URL, Body: []byte("a body")})
	}
	for range 3 {
		resp, err := do()
		if got := text(t, resp, err); got != "POST a body" {
			t.Errorf("%q", got)
		}
	}
	if n := a.issued.Load(); n != 1 {
		t.Errorf("%d tokens for three runs", n)
	}
	// A token that was issued just now is not replaced.
	a.accepted.Store(-1)
	resp, err := do()
	if text(t, resp, err); resp.Status != http.StatusUnauthorized || a.issued.Load() != 1 {
		t.Errorf("%d, %d tokens", resp.Status, a.issued.Load())
	}
	// The target forgets the token: it is replaced, and the request repeated once.
	now = now.Add(time.Minute)
	resp, err = do()
	if got := text(t, resp, err); got != "POST a body" || a.issued.Load() != 2 || a.asked.Load() != 6 {
		t.Errorf("%q, %d tokens, %d requests", got, a.issued.Load(), a.asked.Load())
	}
	// The token endpoint fails: that is no evidence against the target.
	a.broken.Store(true)
	a.accepted.Store(-1)
	now = now.Add(time.Minute)
	_, err = do()
	wants(t, err, abi.ErrIO)
	own, ok := errors.AsType[*Error](err)
	if !ok || own.Own == nil || !strings.Contains(err.Error(), "no access token from "+issuer.URL+": it answers 400 invalid_scope") || strings.Contains(err.Error(), clientSecret) {
		t.Errorf("%v", err)
	}
	issuer.Close()
	_, err = do()
	if own, ok := errors.AsType[*Error](err); !ok || own.Own == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%v", err)
	}
}

// connect_to replaces the address of the target, and of nothing else.
func TestConnectTo(t *testing.T) {
	ca := newAuthority(t)
	chain := ca.leaf(t, time.Now().Add(time.Hour), "www.vega.test")
	var hosts []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host+" "+r.TLS.ServerName)
		http.Redirect(w, r, "https://elsewhere.vega.test/", http.StatusFound)
	}))
	s.TLS = serving(chain)
	s.StartTLS()
	t.Cleanup(s.Close)
	node := s.Listener.Addr().String()
	all := append(fromConfig(rules(t, manifest.HTTP, "GET https://www.vega.test")), rules(t, manifest.HTTP, "GET https://elsewhere.vega.test")...)
	all = append(all, fromConfig(rules(t, manifest.Net, "tls://www.vega.test:443"))...)
	network := ca.network()
	network.dialer.Server = "127.0.0.1:1" // nothing resolves
	r := start(t, setup{rules: all, network: network, bound: true})
	r.Transport = &transport.Options{ConnectTo: node}
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "https://www.vega.test/"})
	if err != nil || resp.Status != http.StatusFound || fmt.Sprint(hosts) != "[www.vega.test www.vega.test]" || resp.RemoteAddr != node {
		t.Fatalf("%v, %v, %q", resp, err, hosts)
	}
	resp.Body.Close()
	if _, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "https://www.vega.test/", Redirects: 1}); err == nil || !strings.Contains(err.Error(), "resolving elsewhere.vega.test") {
		t.Errorf("a redirect elsewhere: %v", err)
	}
	conn, err := r.Dial(within(t, 5*time.Second), abi.NetTLS, "www.vega.test:443")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if why, _ := conn.TLSInfo(abi.TLSVerified); why != "" || conn.RemoteAddr() != node {
		t.Errorf("%s at %s", why, conn.RemoteAddr())
	}
	s.Close()
	if _, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "https://www.vega.test/"}); err == nil || !strings.Contains(err.Error(), "connecting to www.vega.test:443 at "+node+" (connect_to): connection refused; start the service there, or correct connect_to") || Code(err) != abi.ErrTarget {
		t.Errorf("%v", err)
	}
	network.dialer.Server = resolver(t, always(dns.RcodeNameError))
	r.Transport = &transport.Options{ConnectTo: "node.vega.test:443"}
	if _, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "https://www.vega.test/"}); err == nil || !strings.Contains(err.Error(), "resolving node.vega.test: no such host; correct connect_to") {
		t.Errorf("%v", err)
	}
}

// Options that weaken verification, and the client certificate, are for the
// integration's own targets: a redirect leads elsewhere without them.
func TestRedirectGetsNoTLSOptions(t *testing.T) {
	ca, clients := newAuthority(t), newAuthority(t)
	var asked []string
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked = append(asked, fmt.Sprintf("other %d", len(r.TLS.PeerCertificates)))
	}))
	other.TLS = asking(ca.leaf(t, time.Now().Add(time.Hour)))
	other.StartTLS()
	t.Cleanup(other.Close)
	own := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, fmt.Sprintf("own %d", len(r.TLS.PeerCertificates)))
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	own.TLS = asking(clients.leaf(t, time.Now().Add(time.Hour))) // not verifiable
	own.StartTLS()
	t.Cleanup(own.Close)
	cert, key := pemOf(t, clients.leaf(t, time.Now().Add(time.Hour)))
	options := &transport.Options{TLS: transport.TLS{SkipVerify: true, Cert: transport.PEM{Text: cert}, Key: transport.PEM{Text: key}}}
	do := func(network *Network) error {
		r := start(t, setup{rules: append(fromConfig(rules(t, manifest.HTTP, "GET "+own.URL)), rules(t, manifest.HTTP, "GET "+other.URL)...), network: network, noSecret: true})
		r.Transport = options
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: own.URL, Redirects: 1})
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := do(ca.network()); err != nil || fmt.Sprint(asked) != "[own 1 other 0]" {
		t.Errorf("%v, %q", err, asked)
	}
	err := do(clients.network())
	wants(t, err, abi.ErrTarget)
	if err == nil || !strings.Contains(err.Error(), "it redirects to "+other.URL+", where the request fails: its certificate") {
		t.Error(err)
	}
}

// The token endpoint is verified like every server of the integration, and
// reached through the proxy.
func TestTokenEndpointOverTLS(t *testing.T) {
	ca := newAuthority(t)
	a := &authServer{}
	issuer, target := ca.server(t, true, a.token), server(t, a.target)
	do := func(network *Network, o transport.TLS) error {
		r := start(t, setup{rules: fromConfig(rules(t, manifest.HTTP, "GET "+target.URL)), network: network, bound: true})
		r.Transport = &transport.Options{TLS: o, Auth: transport.Auth{Client: &transport.Client{TokenURL: issuer.URL, ID: manifest.Plain("vega"), Secret: manifest.Plain(clientSecret)}}}
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: target.URL})
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := do(ca.network(), transport.TLS{}); err != nil {
		t.Error(err)
	}
	// skip_verify is for the target alone.
	if err := do(newAuthority(t).network(), transport.TLS{SkipVerify: true}); err == nil || !strings.Contains(err.Error(), "its certificate is signed by an unknown authority") {
		t.Errorf("%v", err)
	}
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host+" "+r.Header.Get("Proxy-Authorization"))
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	network := ca.network()
	var err error
	if network.Proxy, err = NewProxy(strings.Replace(proxy.URL, "http://", "http://u:p@", 1), nil); err != nil {
		t.Fatal(err)
	}
	issuer.URL = "https://login.vega.test/token"
	if err := do(network, transport.TLS{}); err == nil || fmt.Sprint(asked) != "[CONNECT login.vega.test:443 Basic dTpw]" {
		t.Errorf("%v, %q", err, asked)
	}
}

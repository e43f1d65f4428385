package transport

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vega/plugins/manifest"
)

// issue returns a self-signed certificate and its key.
func issue(t *testing.T, name string, from, to time.Time, usage ...x509.ExtKeyUsage) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to, ExtKeyUsage: usage}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func TestPairProblems(t *testing.T) {
	now := time.Now()
	cert, key := issue(t, "client", now.Add(-time.Hour), now.Add(time.Hour))
	_, other := issue(t, "other", now.Add(-time.Hour), now.Add(time.Hour))
	old, oldKey := issue(t, "old", now.Add(-time.Hour), now.Add(-time.Minute))
	soon, soonKey := issue(t, "soon", now.Add(time.Hour), now.Add(2*time.Hour))
	server, serverKey := issue(t, "server", now.Add(-time.Hour), now.Add(time.Hour), x509.ExtKeyUsageServerAuth)
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{1}})
	rfc1421 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte{1}})
	for name, c := range map[string]struct {
		cert, key []byte
		option    string
		says      string
		usable    bool
	}{
		"good":            {cert: cert, key: key, usable: true},
		"in one file":     {cert: append(append([]byte{}, cert...), key...), key: append(append([]byte{}, cert...), key...), usable: true},
		"other key":       {cert: cert, key: other, option: "client_key", says: "not the key"},
		"swapped":         {cert: key, key: cert, option: "client_cert", says: "a key instead of a certificate"},
		"two of one kind": {cert: cert, key: cert, option: "client_key", says: "a certificate instead of a key"},
		"DER":             {cert: []byte{0x30, 0x82}, key: key, option: "client_cert", says: "no PEM"},
		"empty":           {cert: cert, key: nil, option: "client_key", says: "no private key"},
		"passphrase":      {cert: cert, key: encrypted, option: "client_key", says: "passphrase"},
		"old passphrase":  {cert: cert, key: rfc1421, option: "client_key", says: "passphrase"},
		"expired":         {cert: old, key: oldKey, option: "client_cert", says: "expired on", usable: true},
		"for servers":     {cert: server, key: serverKey, option: "client_cert", says: "not for clients", usable: true},
		"not yet valid":   {cert: soon, key: soonKey, option: "client_cert", says: "not valid before", usable: true},
	} {
		pair, err := CheckPair(c.cert, c.key, now)
		p, bad := errors.AsType[*Problem](err)
		if bad != (c.says != "") || bad && (p.Option != c.option || !strings.Contains(p.What, c.says) || p.Fix == "") {
			t.Errorf("%s: %+v", name, err)
		}
		if usable, err := usable(pair, err); c.usable != (err == nil && usable != nil) {
			t.Errorf("%s: usable %v, %v", name, usable, err)
		}
	}
}

func TestFingerprints(t *testing.T) {
	cert, _ := issue(t, "pinned", time.Now(), time.Now().Add(time.Hour))
	all, err := CheckAuthorities(cert)
	if err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256(all[0].RawSubjectPublicKeyInfo)
	for _, sum := range [][]byte{sum(all[0].Raw), key[:]} {
		plain := hex.EncodeToString(sum)
		var colons []string
		for i := 0; i < len(plain); i += 2 {
			colons = append(colons, strings.ToUpper(plain[i:i+2]))
		}
		b64 := base64.StdEncoding.EncodeToString(sum)
		for _, form := range []string{plain, strings.ToUpper(plain), strings.Join(colons, ":"), "SHA256:" + plain, "sha256 Fingerprint=" + plain, "sha256/" + b64, "sha256//" + b64, " " + plain + "\n"} {
			got, err := ParseFingerprint(form)
			if strings.HasPrefix(form, "sha256 Fing") {
				if err == nil {
					t.Errorf("%q is accepted", form)
				}
				continue
			}
			if err != nil || !Pinned(got, all[0]) {
				t.Errorf("%q: %q, %v", form, got, err)
			}
		}
	}
	for _, form := range []string{"", "12:34", strings.Repeat("g", 64), "sha1/" + strings.Repeat("0", 40), strings.Repeat("0", 66), "sha256/abc"} {
		if got, err := ParseFingerprint(form); err == nil {
			t.Errorf("%q is accepted as %q", form, got)
		}
	}
	if Pinned(strings.Repeat("0", 64), all[0]) {
		t.Error("another fingerprint matches")
	}
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

// A client certificate is read again when it changes. While its key does not
// match yet, the former pair is used, but not forever.
func TestFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		next := path + ".new"
		if err := errors.Join(os.WriteFile(next, text, 0o600), os.Rename(next, path)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first, firstKey := issue(t, "first", now, now.Add(time.Hour))
	second, secondKey := issue(t, "second", now, now.Add(time.Hour))
	options := TLS{Cert: PEM{Path: write("cert.pem", first)}, Key: PEM{Path: write("key.pem", firstKey)}}
	files := &Files{Now: func() time.Time { return now }}
	wants := func(name string) {
		t.Helper()
		pair, err := files.Client(options)
		if err != nil || pair == nil || pair.Leaf.Subject.CommonName != name {
			t.Fatalf("%v, %v, want %s", pair, err, name)
		}
	}
	wants("first")
	write("cert.pem", second)
	wants("first")
	now = now.Add(grace - time.Second)
	wants("first")
	now = now.Add(2 * time.Second)
	if _, err := files.Client(options); err == nil || !strings.Contains(err.Error(), "not the key") {
		t.Fatalf("a pair that does not match is used for longer than %v: %v", grace, err)
	}
	write("key.pem", secondKey)
	wants("second")
	if err := os.Remove(filepath.Join(dir, "key.pem")); err != nil {
		t.Fatal(err)
	}
	wants("second")
	now = now.Add(2 * grace)
	if _, err := files.Client(options); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a removed key is used: %v", err)
	}
	if none, err := files.Client(TLS{}); none != nil || err != nil {
		t.Errorf("%v, %v without options", none, err)
	}
}

func TestPoolIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.pem")
	first, _ := issue(t, "first", time.Now(), time.Now().Add(time.Hour))
	second, _ := issue(t, "second", time.Now(), time.Now().Add(time.Hour))
	files := &Files{}
	for _, text := range [][]byte{first, second, append(first, second...)} {
		next := path + ".new"
		if err := errors.Join(os.WriteFile(next, text, 0o600), os.Rename(next, path)); err != nil {
			t.Fatal(err)
		}
		pool, err := files.Pool(x509.NewCertPool(), path)
		want, _ := CheckAuthorities(text)
		all := x509.NewCertPool()
		for _, c := range want {
			all.AddCert(c)
		}
		if err != nil || !pool.Equal(all) {
			t.Errorf("%v", err)
		}
	}
}

// issuer is a token endpoint.
type issuer struct {
	*httptest.Server
	asked  atomic.Int64
	answer func(n int64, w http.ResponseWriter, r *http.Request)
}

func newIssuer(t *testing.T, answer func(n int64, w http.ResponseWriter, r *http.Request)) *issuer {
	i := &issuer{answer: answer}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.answer(i.asked.Add(1), w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) client() *Client {
	return &Client{TokenURL: i.URL + "/token", ID: manifest.Plain("vega:1"), Secret: manifest.Plain("s/cret value"), Scopes: []string{"a", "b"}}
}

func grants(w http.ResponseWriter, token string, seconds any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": seconds})
}

func TestTokensAreSharedUntilTheyEnd(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	i := newIssuer(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		id, secret, ok := r.BasicAuth()
		if !ok || id != "vega%3A1" || secret != "s%2Fcret+value" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "a b" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		grants(w, "token-"+string('0'+rune(n)), 300)
	})
	tokens := &Tokens{Now: clock}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got, _, err := tokens.Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip); got != "token-1" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if n := i.asked.Load(); n != 1 {
		t.Errorf("%d requests for one token", n)
	}
	mu.Lock()
	now = now.Add(5*time.Minute - maxEarly)
	mu.Unlock()
	if got, fresh, err := tokens.Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip); got != "token-2" || !fresh || err != nil {
		t.Errorf("near its end: %q, %v, %v", got, fresh, err)
	}
	tokens.Forget(i.client(), "token-1") // not the current one
	if got, _, _ := tokens.Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip); got != "token-2" {
		t.Errorf("another token was forgotten: %q", got)
	}
	if tokens.Forget(i.client(), "token-2") {
		t.Error("a new token is forgotten")
	}
	mu.Lock()
	now = now.Add(minAge)
	mu.Unlock()
	tokens.Forget(i.client(), "token-2")
	if got, _, _ := tokens.Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip); got != "token-3" {
		t.Errorf("a forgotten token is used: %q", got)
	}
	other := i.client()
	other.Secret = manifest.Plain("rotated")
	if _, _, err := tokens.Get(t.Context(), other, http.DefaultTransport.RoundTrip); err == nil {
		t.Error("another secret gets the same token")
	}
}

// A server that accepts credentials only in the body is asked that way from
// then on.
func TestCredentialsInTheBody(t *testing.T) {
	i := newIssuer(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_secret") != "s/cret value" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
			return
		}
		grants(w, "token", "60")
	})
	now := time.Now()
	tokens := &Tokens{Now: func() time.Time { return now }}
	for _, want := range []int64{2, 3} {
		got, _, err := tokens.Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip)
		if got != "token" || err != nil || i.asked.Load() != want {
			t.Errorf("%q, %v after %d requests", got, err, i.asked.Load())
		}
		now = now.Add(time.Hour)
	}
}

// Tokens for different audiences are different ones.
func TestAudience(t *testing.T) {
	i := newIssuer(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		grants(w, "for-"+r.FormValue("audience"), 60)
	})
	tokens := &Tokens{}
	for _, audience := range []string{"", "https://orders.example.com", "https://mail.example.com"} {
		c := i.client()
		c.Audience = audience
		if got, _, err := tokens.Get(t.Context(), c, http.DefaultTransport.RoundTrip); got != "for-"+audience || err != nil {
			t.Errorf("%q: %q, %v", audience, got, err)
		}
	}
}

// A token is one whatever the status of success, also after a byte order mark.
func TestTokenAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"created": {201, `{"access_token":"t"}`},
		"apigee":  {200, `{"access_token":"t","token_type":"BearerToken","expires_in":"3599"}`},
		"no end":  {200, `{"access_token":"t","token_type":"Bearer","expires_in":"","error":null}`},
		"mark":    {200, "\xef\xbb\xbf" + `{"access_token":"t"}`},
	} {
		i := newIssuer(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		if got, _, err := (&Tokens{}).Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip); got != "t" || err != nil {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestTokenFailures(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		says   string
	}{
		"secret":      {401, `{"error":"invalid_client","error_description":"no\nsuch client"}`, "it answers 401 invalid_client (no such client); correct client_id and client_secret"},
		"an object":   {403, `{"error":{"code":403,"message":"no"},"error_description":null}`, "it answers 403; look into its log"},
		"scope":       {400, `{"error":"invalid_scope"}`, "correct scopes"},
		"redirect":    {302, ``, "a redirect; write the address"},
		"down":        {503, `<html>`, "it answers 503; look into its log"},
		"page":        {200, `<html>`, "not JSON; correct token_url"},
		"empty":       {200, `{}`, "no access_token"},
		"nothing":     {200, "", "its answer is empty; correct token_url"},
		"error, 200":  {200, `{"error":"invalid_client","error_description":"who?"}`, "it answers 200 invalid_client (who?); correct client_id and client_secret"},
		"other JSON":  {200, `[{"access_token":"t"}]`, "its answer is JSON, but not that of a token endpoint"},
		"other type":  {200, `{"access_token":"x","token_type":"mac"}`, "only bearer"},
		"line break":  {200, `{"access_token":"x\r\nEvil: 1"}`, "a header can't have"},
		"too large":   {200, `{"access_token":"` + strings.Repeat("x", maxToken) + `"}`, "larger than 64 KiB"},
		"long reason": {400, `{"error":"` + strings.Repeat("x", 500) + `"}`, strings.Repeat("x", 120) + "…; look"},
	} {
		i := newIssuer(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		_, _, err := (&Tokens{}).Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip)
		if _, ok := errors.AsType[*TokenError](err); !ok || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "no access token from "+i.URL+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTokenEndpointEchoesTheSecret has an endpoint that quotes what it was sent, behind
// texts of every length, so that the cut is at each place of the secret.
func TestTokenEndpointEchoesTheSecret(t *testing.T) {
	var before atomic.Int64
	i := newIssuer(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		_, form, _ := r.BasicAuth()
		text := strings.Repeat("x", int(before.Load())) + " " + form + " " + r.Header.Get("Authorization") + " " + r.FormValue("client_secret")
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client", "error_description": text})
	})
	c := i.client()
	c.Secret = manifest.Plain("the secret/of  two blanks")
	for n := range int64(maxQuoted) {
		before.Store(n)
		_, _, err := (&Tokens{}).Get(t.Context(), c, http.DefaultTransport.RoundTrip)
		for _, part := range []string{"the s", "the+s", c.login()[:6]} {
			if err == nil || strings.Contains(err.Error(), part) {
				t.Fatalf("after %d bytes: %v", n, err)
			}
		}
	}
}

// A run that ends while it waits for a token does not keep the others from
// getting it.
func TestTokenOutlivesTheRunThatAsked(t *testing.T) {
	answer := make(chan struct{})
	i := newIssuer(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		<-answer
		grants(w, "late", nil)
	})
	tokens := &Tokens{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := tokens.Get(ctx, i.client(), http.DefaultTransport.RoundTrip); err == nil || !strings.Contains(err.Error(), "in time") {
		t.Errorf("%v", err)
	}
	close(answer)
	if got, _, err := tokens.Get(t.Context(), i.client(), http.DefaultTransport.RoundTrip); got != "late" || err != nil || i.asked.Load() != 1 {
		t.Errorf("%q, %v after %d requests", got, err, i.asked.Load())
	}
}

package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/schema"
)

// TestEveryRouteNeedsItsScope sends a request to every route with a key of every
// scope, and checks that only the route's own and admin get through.
func TestEveryRouteNeedsItsScope(t *testing.T) {
	var keys []Key
	for _, s := range schema.Scopes {
		keys = append(keys, Key{Name: s, Value: strings.Repeat("k", 32) + s, Scopes: []Scope{Scope(s)}})
	}
	keys = append(keys,
		Key{Name: "all", Value: strings.Repeat("a", 32)},
		Key{Name: "two", Value: strings.Repeat("t", 32), Scopes: []Scope{Read, Conversations}})
	a := New(&fake{}, discard)
	a.SetKeys(keys)
	for _, r := range a.routes() {
		if !r.public() && !slices.Contains(schema.Scopes, string(r.scope)) {
			t.Errorf("%s %s needs the scope %q, which no key can have", r.method, r.path, r.scope)
		}
		methods := []string{r.method}
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		for _, method := range methods {
			for _, k := range keys {
				// No route accepts the parameter, so what is allowed does nothing.
				got := send(t, a, method, r.path+"?vega=1", "X-API-Key", k.Value)
				allowed := r.public() || len(k.Scopes) == 0 || slices.Contains(k.Scopes, r.scope) || k.Name == "admin"
				if allowed == (got.Code == http.StatusForbidden) {
					t.Errorf("%s %s with the key %s: %d %s", method, r.path, k.Name, got.Code, got.Body)
				}
				if allowed || method == http.MethodHead {
					continue
				}
				var p document
				if err := json.Unmarshal(got.Body.Bytes(), &p); err != nil || !strings.Contains(p.Detail, `the key "`+k.Name+`" lacks the scope "`+string(r.scope)+`"`) || got.Header().Get("Content-Type") != "application/problem+json" {
					t.Errorf("%v: %s", err, got.Body)
				}
			}
		}
	}
}

// TestReadKeySeesNoConfiguration checks the fields of an integration that only an
// admin key shows.
func TestReadKeySeesNoConfiguration(t *testing.T) {
	a := New(&fake{}, discard)
	a.SetKeys([]Key{{Name: "admin", Value: key, Scopes: []Scope{Admin}}, {Name: "read", Value: key + "r", Scopes: []Scope{Read}}})
	for value, want := range map[string]bool{key: true, key + "r": false} {
		got := send(t, a, "GET", "/admin/integrations/a", "X-API-Key", value)
		if shown := strings.Contains(got.Body.String(), "defined_at") || strings.Contains(got.Body.String(), "grants"); got.Code != 200 || shown != want {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	}
}

func TestKeyInEitherHeader(t *testing.T) {
	a := New(&fake{}, discard)
	a.SetKeys([]Key{{Name: "one", Value: key}, {Name: "two", Value: key + "2"}})
	for _, tt := range []struct {
		name   string
		header []string
		status int
		detail string
	}{
		{"own header", []string{"X-API-Key", key}, 200, ""},
		{"bearer", []string{"Authorization", "Bearer " + key}, 200, ""},
		{"bearer in lower case", []string{"authorization", "bearer  " + key}, 200, ""},
		{"both, equal", []string{"X-API-Key", key, "Authorization", "Bearer " + key}, 200, ""},
		{"both, different", []string{"X-API-Key", key, "Authorization", "Bearer " + key + "2"}, 401, "has both, and they differ"},
		{"both, one empty", []string{"X-API-Key", key, "Authorization", "Bearer"}, 401, "has both, and they differ"},
		{"the proxy's own password", []string{"X-API-Key", key, "Authorization", "Basic Zm9vOmJhcg=="}, 200, ""},
		{"only another scheme", []string{"Authorization", "Basic Zm9vOmJhcg=="}, 401, "another Authorization scheme"},
		{"without a scheme", []string{"Authorization", key}, 401, "another Authorization scheme"},
		{"bearer, wrong", []string{"Authorization", "Bearer " + key + "3"}, 401, "send one valid API key"},
		{"bearer, empty", []string{"Authorization", "Bearer "}, 401, "send one valid API key"},
		{"twice", []string{"X-API-Key", key, "X-API-Key", key}, 401, "send one valid API key"},
		{"bearer twice", []string{"Authorization", "Bearer " + key, "Authorization", "Bearer " + key}, 401, "send one valid API key"},
		{"none", nil, 401, "send one valid API key in the header X-API-Key, or as Authorization: Bearer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := send(t, a, "GET", "/admin/plugins", tt.header...)
			if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.detail) {
				t.Errorf("%d %s", got.Code, got.Body)
			}
			if challenge := got.Header().Get("WWW-Authenticate"); (tt.status == 401) != strings.Contains(challenge, "Bearer") {
				t.Errorf("WWW-Authenticate: %s", challenge)
			}
			if strings.Contains(got.Body.String(), key) {
				t.Error("the answer contains the key")
			}
		})
	}
}

// TestKeyByDigest checks a key whose digest alone is known, as in keys.json:
// its scopes, its end, and that its digest is no key.
func TestKeyByDigest(t *testing.T) {
	sum := sha256.Sum256([]byte(key))
	a := New(&fake{}, discard)
	status := func(path, value string) int { return send(t, a, "GET", path, "X-API-Key", value).Code }
	for _, tt := range []struct {
		name          string
		key           Key
		plugins, plan int
	}{
		{"read", Key{Name: "ci", Digest: sum, Scopes: []Scope{Read}}, 200, 403},
		{"not expired", Key{Name: "ci", Digest: sum, Expires: time.Now().Add(time.Hour)}, 200, 200},
		{"expired", Key{Name: "ci", Digest: sum, Expires: time.Now()}, 401, 401},
		{"no digest", Key{Name: "ci"}, 401, 401},
	} {
		a.SetKeys([]Key{tt.key})
		if got := status("/admin/plugins", key); got != tt.plugins {
			t.Errorf("%s: plugins %d", tt.name, got)
		}
		if got := status("/admin/config/plan", key); got != tt.plan {
			t.Errorf("%s: plan %d", tt.name, got)
		}
		for _, no := range []string{"", hex.EncodeToString(sum[:]), string(sum[:]), key[1:]} {
			if got := status("/admin/plugins", no); got != 401 {
				t.Errorf("%s: %q: %d", tt.name, no, got)
			}
		}
	}
}

// TestRevokedKeyOnOpenConnection checks that the key of each request counts, and not
// that of the connection.
func TestRevokedKeyOnOpenConnection(t *testing.T) {
	a := New(&fake{}, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	server := httptest.NewServer(a)
	defer server.Close()
	reused := false
	get := func() int {
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/admin/plugins", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", key)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	if got := get(); got != 200 {
		t.Fatal(got)
	}
	a.SetKeys(nil)
	if got := get(); got != 401 || !reused {
		t.Errorf("%d, the same connection: %v", got, reused)
	}
}

// BenchmarkFindKey measures what authenticating a request costs with few keys and
// with many.
func BenchmarkFindKey(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			keys := []Key{{Name: "last", Value: key}}
			for i := range n - 1 {
				keys = append(keys, Key{Name: "k", Digest: sha256.Sum256(fmt.Append(nil, i))})
			}
			a := New(&fake{}, discard)
			a.SetKeys(keys)
			for b.Loop() {
				if a.find(key) == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}

package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var discard = slog.New(slog.DiscardHandler)

// send sends a request with headers, given as names and values, to the handler.
func send(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	for n := 0; n < len(header); n += 2 {
		if header[n] == "Host" {
			r.Host = header[n+1]
			continue
		}
		r.Header.Add(header[n], header[n+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestExternalPathIsOptional(t *testing.T) {
	a := New(&fake{}, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	if err := a.SetExternal("https://ops.example.com/vega/"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path     string
		status   int
		instance string
	}{
		{"/vega/healthz", 200, ""},
		{"/healthz", 200, ""},
		{"/vega/admin/integrations/a", 200, ""},
		{"/vega/admin/integrations/%61", 200, ""},
		{"/admin/integrations/b", 404, "/vega/admin/integrations/b"},
		{"/vega/admin/integrations/b%2Fc", 404, "/vega/admin/integrations/b%2Fc"},
		{"/vega", 404, "/vega/"},
		{"/vega/", 404, "/vega/"},
		{"/vegan/healthz", 404, "/vega/vegan/healthz"},
		{"/vega/vega/healthz", 404, "/vega/vega/healthz"},
	} {
		got := send(t, a, "GET", tt.path, "X-API-Key", key, "Host", "ops.example.com")
		var p document
		if got.Code >= 400 {
			if err := json.Unmarshal(got.Body.Bytes(), &p); err != nil {
				t.Error(err)
			}
		}
		if got.Code == 404 && strings.HasPrefix(p.Detail, "no route") && !strings.HasPrefix(p.Detail, "no route "+tt.instance+";") {
			t.Errorf("%s: %s", tt.path, p.Detail)
		}
		if got.Code != tt.status || p.Instance != tt.instance {
			t.Errorf("%s: %d %s", tt.path, got.Code, got.Body)
		}
	}
	if err := a.SetExternal(""); err != nil { // as a reload does
		t.Fatal(err)
	}
	if got := send(t, a, "GET", "/vega/healthz"); got.Code != 404 {
		t.Errorf("without the external URL: %d", got.Code)
	}
	if got := send(t, a, "GET", "/admin/plugins", "X-API-Key", key, "Host", "evil.example.net"); got.Code != 200 {
		t.Errorf("without the external URL: %d", got.Code)
	}
}

func TestHostIsChecked(t *testing.T) {
	a := New(&fake{}, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	if err := a.SetExternal("https://ops.example.com:8443/vega"); err != nil {
		t.Fatal(err)
	}
	for host, status := range map[string]int{
		"ops.example.com": 200, "OPS.example.com.": 200, "ops.example.com:8443": 200, "ops.example.com:80": 200,
		"127.0.0.1:8000": 200, "[::1]:8000": 200, "[::1]": 200, "192.0.2.1": 200, "localhost:8000": 200, "vega:8000": 200, "vega.localhost": 200,
		"evil.example.net": 421, "ops.example.com.evil.net": 421, "example.com": 421, "127.0.0.1.evil.net": 421,
	} {
		got := send(t, a, "GET", "/vega/admin/plugins", "X-API-Key", key, "Host", host)
		if got.Code != status || status == 421 && !strings.Contains(got.Body.String(), "proxy_set_header Host $host") {
			t.Errorf("%s: %d %s", host, got.Code, got.Body)
		}
		if got := send(t, a, "GET", "/healthz", "Host", host); got.Code != 200 {
			t.Errorf("%s: /healthz is %d, although every host may ask for it", host, got.Code)
		}
	}
}

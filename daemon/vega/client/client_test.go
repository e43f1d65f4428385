package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/config"
	"vega/plugins/manifest"
)

// TestGetErrors checks the error for each kind of answer that is not the daemon's.
func TestGetErrors(t *testing.T) {
	problem := func(status int) string {
		return fmt.Sprintf(`{"status":%d,"detail":"the file is invalid","correlation_id":"id"}`, status)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"another service":       {http.StatusOK, "<html>", "is not a vega daemon, or runs another version"},
		"error page":            {http.StatusBadGateway, "<html>", "is not a vega daemon: it answered 502 Bad Gateway"},
		"another status":        {http.StatusBadGateway, problem(http.StatusConflict), "is not a vega daemon"},
		"wrong key":             {http.StatusUnauthorized, problem(http.StatusUnauthorized), "does not accept this API key"},
		"older daemon":          {http.StatusNotFound, problem(http.StatusNotFound), "does not support this endpoint"},
		"refused by the daemon": {http.StatusConflict, problem(http.StatusConflict), "the file is invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-API-Key") != "a-key" {
					t.Errorf("key %q", r.Header.Get("X-API-Key"))
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			t.Cleanup(s.Close)
			t.Setenv("VEGA_API_KEY", "a-key")
			client, err := New(&config.Config{}, s.URL+"/")
			if err != nil {
				t.Fatal(err)
			}
			err = client.Get(t.Context(), "/admin/plugins", &struct{}{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, ok := errors.AsType[*ProblemError](err); ok != (name == "refused by the daemon") {
				t.Errorf("%T", err)
			}
		})
	}
}

// TestRedirectGetsNoKey has a proxy that redirects to another host, whose owner must
// not see the key.
func TestRedirectGetsNoKey(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host got a request with the key %q", r.Header.Get("X-API-Key"))
	}))
	t.Cleanup(other.Close)
	for location, want := range map[string]string{
		other.URL + "/vega/admin/config/plan":     "use --server " + other.URL + "/vega",
		other.URL + "/login?back=/admin&token=s3": "redirects to " + other.URL + "/login, so something in front of the daemon answers",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			s := httptest.NewServer(http.RedirectHandler(location, status))
			t.Cleanup(s.Close)
			t.Setenv("VEGA_API_KEY", "a-key")
			c, err := New(&config.Config{}, s.URL)
			if err != nil {
				t.Fatal(err)
			}
			if err = c.Get(t.Context(), "/admin/config/plan?x=1", &struct{}{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3") {
				t.Errorf("%d to %s: %v", status, location, err)
			}
		}
	}
}

// TestUnreachable checks that a closed port is an UnreachableError.
func TestUnreachable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	t.Setenv("VEGA_API_KEY", "a-key")
	c, err := New(&config.Config{}, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Get(t.Context(), "/readyz", &struct{}{})
	if _, ok := errors.AsType[*UnreachableError](err); !ok {
		t.Errorf("%T: %v", err, err)
	}
}

// TestLocalURL checks which address a client on the same machine uses.
func TestLocalURL(t *testing.T) {
	for host, want := range map[string]string{"127.0.0.1": "http://127.0.0.1:8000", "0.0.0.0": "http://127.0.0.1:8000", "::": "http://[::1]:8000", "vega.test": "http://vega.test:8000"} {
		cfg := &config.Config{}
		cfg.Server.Host, cfg.Server.Port = host, 8000
		if got := localURL(cfg); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

// TestNoKey checks that the error says where a missing key comes from: this
// daemon creates its own, one on another machine does not.
func TestNoKey(t *testing.T) {
	t.Setenv("VEGA_API_KEY", "")
	cfg := &config.Config{DataDir: t.TempDir()}
	cfg.Server.Host, cfg.Server.Port = "127.0.0.1", 8000
	here, elsewhere := filepath.Join(cfg.DataDir, "api_key"), "at http://ops.example.com; set VEGA_API_KEY to one that it accepts"
	for server, want := range map[string]string{"": here, "http://127.0.0.1:1": here, "http://localhost:1": here, "http://ops.example.com": elsewhere} {
		if _, err := New(cfg, server); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--server %q: got %v, want %s in it", server, err, want)
		}
	}
}

// TestServerURL checks which addresses --server accepts, and that no message shows a
// password.
func TestServerURL(t *testing.T) {
	t.Setenv("VEGA_API_KEY", "a-key")
	for server, want := range map[string]string{
		"http://127.0.0.1:8000":             "http://127.0.0.1:8000",
		"http://127.0.0.1:8000/":            "http://127.0.0.1:8000",
		"https://ops.example.com/vega":      "https://ops.example.com/vega",
		"https://ops.example.com/vega/":     "https://ops.example.com/vega",
		"https://ops.example.com/a/b//":     "https://ops.example.com/a/b",
		"ops.example.com":                   "use scheme, host and port",
		"127.0.0.1:8000":                    "add the scheme: http://127.0.0.1:8000, or",
		"[::1]:8000":                        "add the scheme: http://[::1]:8000, or",
		"ftp://ops.example.com":             "use scheme, host and port",
		"https:///vega":                     "use scheme, host and port",
		"https://ops.example.com/vega?x":    "use only scheme",
		"https://ops.example.com/#x":        "use only scheme",
		"https://me:secret@ops.example.com": "use only scheme",
		"me:secret@ops.example.com":         "use scheme, host and port",
	} {
		c, err := New(&config.Config{}, server)
		switch {
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: the message shows the password: %v", server, err)
		case err != nil && !strings.Contains(err.Error(), want), err == nil && c.URL != want:
			t.Errorf("%s: %+v, %v; want %s", server, c, err, want)
		}
	}
}

// TestKeyIsTheStrongest checks that a command does not use a key with scopes if
// there is one without.
func TestKeyIsTheStrongest(t *testing.T) {
	cfg := &config.Config{}
	cfg.Server.Keys = []config.Key{
		{Name: "reader", Value: manifest.Plain("r"), Scopes: []string{"read"}},
		{Name: "main", Value: manifest.Plain("m")},
		{Name: "admin", Value: manifest.Plain("a"), Scopes: []string{"write", "admin"}},
	}
	for n, want := range []string{"m", "a", "r"} {
		if got, err := findKey(cfg, ""); err != nil || got != want {
			t.Errorf("%d: %s, %v; want %s", n, got, err, want)
		}
		cfg.Server.Keys = append(cfg.Server.Keys[:1:1], cfg.Server.Keys[min(2, len(cfg.Server.Keys)):]...)
	}
}

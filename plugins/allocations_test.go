//go:build !race

package plugins_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestHTTPCheckAllocates limits the allocations of a check, with those of its server.
func TestHTTPCheckAllocates(t *testing.T) {
	const limit = 450 // 401 when it was set
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(server.Close)
	check := coreHTTP(t, server.URL)
	if got := testing.AllocsPerRun(50, func() {
		if err := check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}); got > limit {
		t.Errorf("%.0f allocations, want at most %d", got, limit)
	}
}

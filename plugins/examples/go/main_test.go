//go:build !wasip1

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

// TestQueue runs the probe as an ordinary function against a real server, for a
// debugger and for quick experiments. `vega plugin test` runs the finished
// plugin.
func TestQueue(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"waiting": 7}`)
	}))
	defer server.Close()
	for most, want := range map[int]abi.Status{100: abi.Healthy, 5: abi.Degraded} {
		got := sdktest.Run(t, queue, sdktest.Config{Options: map[string]any{"url": server.URL, "path": "waiting", "max": most}})
		if got.Status != want || got.Metrics["waiting"] != 7 {
			t.Errorf("max %d: %+v", most, got)
		}
	}
}

package api

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"vega/daemon"
)

func TestSystemAnswers(t *testing.T) {
	for _, path := range []string{"/admin/diagnostics/system", "/admin/diagnostics/health-summary"} {
		for _, tt := range []struct {
			key, query string
			err        error
			status     int
			more       string // part of the body
		}{
			{key, "", nil, 200, `"warnings":`},
			{"", "", nil, 401, "valid API key"},
			{key, "?x=1", nil, 400, "has no parameters"},
			{key, "", fmt.Errorf("read: %w", daemon.ErrClosing), 503, "shutting down"},
			{key, "", errors.New("unforeseen"), 500, "internal error"},
		} {
			url, _ := serve(t, &fake{system: tt.err}, ServerOptions{})
			r := request(t, "GET", url+path+tt.query, nil)
			r.Header.Set("X-API-Key", tt.key)
			if got := do(t, r); got.status != tt.status || !strings.Contains(got.body, tt.more) {
				t.Errorf("%s%s with %v: %d %s", path, tt.query, tt.err, got.status, got.body)
			}
		}
	}
}

package verify

import (
	"context"
	"net/http"
	"strings"
)

// byProxy reports whether a proxy refused a request before it reached the daemon,
// whose answers all have a correlation ID.
func (a answer) byProxy() bool {
	return a.status >= 400 && a.status < 500 && a.header.Get("X-Correlation-ID") == ""
}

// limits checks that bodies and headers that are too long are refused. Each request
// is invalid for another reason too, so none can change anything.
func limits(ctx context.Context, s *session) (string, error) {
	proxied := ""
	for _, q := range []struct {
		request
		status int
	}{
		{request{method: http.MethodPatch, path: "/v1/conversations/" + missingID, body: `{"` + name + `":"` + strings.Repeat("x", 8<<10) + `"}`}, http.StatusRequestEntityTooLarge},
		{request{method: http.MethodDelete, path: "/v1/conversations/" + missingID, body: strings.Repeat(" ", 2<<20)}, http.StatusRequestEntityTooLarge},
		{request{method: http.MethodGet, path: "/v1/conversations/" + missingID, header: [2]string{"X-Vega-Verify", strings.Repeat("x", 40<<10)}}, http.StatusRequestHeaderFieldsTooLarge},
	} {
		q.id, q.key = s.id, s.Client.Key
		a, err := s.Client.send(ctx, q.request)
		if err != nil {
			return "", err
		}
		if a.byProxy() {
			proxied = " (some of them by a proxy in front of the daemon)"
			continue
		}
		if err := a.is(q.status); err != nil {
			return "", err
		}
	}
	return "bodies and headers over the limit are refused" + proxied, nil
}

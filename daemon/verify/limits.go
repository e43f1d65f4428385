package verify

import (
	"context"
	"net/http"
	"strings"
)

// limits checks that bodies and headers that are too long are refused. Each request
// is invalid for another reason too, so none can change anything.
func limits(ctx context.Context, s *session) (string, error) {
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
		if err := a.is(q.status); err != nil {
			return "", err
		}
	}
	return "bodies and headers over the limit are refused", nil
}

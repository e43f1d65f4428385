package verify

import (
	"context"
	"net/http"
)

// alive checks that the daemon is alive and ready, without a key.
func alive(ctx context.Context, s *session) (string, error) {
	for _, q := range []struct{ path, status string }{{"/healthz", "ok"}, {"/readyz", "ready"}} {
		a, err := s.public(ctx, http.MethodGet, q.path)
		if err != nil {
			return "", err
		}
		var got struct{ Status, Config string }
		if err := a.is(http.StatusOK); err != nil {
			return "", err
		}
		if err := a.decode(&got); err != nil {
			return "", err
		}
		if got.Status != q.status {
			return "", &failure{expected: q.path + " to report " + q.status, seen: clip(got.Status)}
		}
		if got.Config == "rejected" {
			return "ready; the configuration on disk was rejected, so the daemon still runs the previous one", nil
		}
	}
	return "alive and ready", nil
}

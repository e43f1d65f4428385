package verify

import (
	"context"
	"net/http"
)

// alive: it lives and is ready, which anybody may ask.
func alive(ctx context.Context, s *session) (string, error) {
	for _, q := range []struct{ path, status string }{{"/healthz", "ok"}, {"/readyz", "ready"}} {
		a, err := s.public(ctx, http.MethodGet, q.path)
		if err != nil {
			return "", err
		}
		var said struct{ Status, Config string }
		if err := a.is(http.StatusOK); err != nil {
			return "", err
		}
		if err := a.decode(&said); err != nil {
			return "", err
		}
		if said.Status != q.status {
			return "", &failure{expected: q.path + " to say " + q.status, seen: clip(said.Status)}
		}
		if said.Config == "rejected" {
			return "ready; the configuration on the disk was rejected, and the one before is in force", nil
		}
	}
	return "alive and ready", nil
}

package verify

import (
	"context"
	"fmt"
	"net/http"
)

// problem is a problem document (RFC 9457).
type problem struct {
	Type          string `json:"type"`
	Title         string `json:"title"`
	Status        int    `json:"status"`
	Detail        string `json:"detail"`
	Instance      string `json:"instance"`
	CorrelationID string `json:"correlation_id"`
}

// problems checks that errors are complete problem documents.
func problems(ctx context.Context, s *session) (string, error) {
	for _, q := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/v1/" + s.tag, http.StatusNotFound},
		{http.MethodDelete, "/admin/plugins", http.StatusMethodNotAllowed},
		{http.MethodGet, "/admin/plugins?" + name + "=1", http.StatusBadRequest},
	} {
		a, err := s.Client.send(ctx, request{method: q.method, path: q.path, id: s.id, key: s.Client.Key})
		if err != nil {
			return "", err
		}
		if err := a.isProblem(q.status); err != nil {
			return "", err
		}
		if q.status == http.StatusMethodNotAllowed && a.header.Get("Allow") == "" {
			return "", &failure{expected: fmt.Sprintf("%s %s to list the allowed methods in Allow", q.method, q.path), seen: "no such header"}
		}
	}
	return "404, 405 and 400 are problem+json", nil
}

func (a answer) isProblem(status int) error {
	what := fmt.Sprintf("%s %s to answer %d with a complete application/problem+json", a.method, a.path, status)
	if a.status != status || a.kind() != "application/problem+json" {
		return &failure{expected: what, seen: fmt.Sprintf("%s, %s", a, a.kind())}
	}
	var p problem
	if err := a.decode(&p); err != nil {
		return err
	}
	if p.Type == "" || p.Title == "" || p.Detail == "" || p.Instance == "" || p.CorrelationID == "" || p.Status != status {
		return &failure{expected: what, seen: clip(string(a.body))}
	}
	return nil
}

package verify

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// reload checks that the daemon reads its configuration again. It runs only if
// a reload changes nothing.
func reload(ctx context.Context, s *session) (string, error) {
	if err := s.configInForce(ctx); err != nil {
		return "", err
	}
	a, err := s.change(ctx, http.MethodPost, "/admin/config/reload", nil)
	if err != nil {
		return "", err
	}
	if err := a.is(http.StatusOK); err != nil {
		return "", err
	}
	var r struct {
		Outcome string  `json:"outcome"`
		Took    float64 `json:"duration_ms"`
	}
	if err := a.decode(&r); err != nil {
		return "", err
	}
	if !slices.Contains([]string{"unchanged", "applied"}, r.Outcome) {
		return "", &failure{expected: "the outcome unchanged or applied", seen: clip(fmt.Sprintf("%q", r.Outcome))}
	}
	return fmt.Sprintf("%s, in %.1f ms", r.Outcome, r.Took), nil
}

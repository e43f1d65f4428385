package verify

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// fresh is how old a run may be to count: so that who verifies often does not
// burden what is checked.
const fresh = time.Minute

// health is what is read of /admin/integrations/health.
type health struct {
	Integrations []integration `json:"integrations"`
}

type integration struct {
	Name           string  `json:"name"`
	Status         string  `json:"status"`
	Cause          string  `json:"cause"`
	Message        string  `json:"message"`
	ResponseTimeMS float64 `json:"response_time_ms"`
	CheckedAt      *string `json:"checked_at"`
}

// integrations: vega can tell how each is. That one is not well is the word of
// its target, and no fault of vega.
func integrations(ctx context.Context, s *session) (string, error) {
	h, err := s.health(ctx)
	if err != nil {
		return "", err
	}
	by := map[string]int{}
	var lost []string
	for _, i := range h.Integrations {
		by[i.Status]++
		switch {
		case i.Status == "disabled":
		case !slices.Contains([]string{"healthy", "degraded", "unhealthy"}, i.Status) || slices.Contains([]string{"probe", "host", "denied"}, i.Cause):
			lost = append(lost, fmt.Sprintf("%s is %s (%s): %s", i.Name, i.Status, i.Cause, clip(i.Message)))
		}
	}
	if len(lost) > 0 {
		return "", &failure{expected: "a word of each target", seen: strings.Join(lost[:min(len(lost), 5)], ", ")}
	}
	if by["disabled"] == len(h.Integrations) {
		return "", skip("no integration is enabled")
	}
	return counted(by), nil
}

func counted(by map[string]int) string {
	var parts []string
	for _, status := range []string{"healthy", "degraded", "unhealthy", "disabled"} {
		if by[status] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", by[status], status))
		}
	}
	return strings.Join(parts, ", ")
}

func (s *session) health(ctx context.Context) (health, error) {
	var h health
	err := s.read(ctx, "/admin/integrations/health?"+url.Values{"max_age": {fresh.String()}}.Encode(), &h)
	return h, err
}

// quickest is the integration whose run is the cheapest to ask for; "" where
// none can be run.
func (h *health) quickest() string {
	var best *integration
	for n := range h.Integrations {
		i := &h.Integrations[n]
		if i.CheckedAt == nil || i.Status == "unknown" || i.Status == "disabled" {
			continue
		}
		if best == nil || i.ResponseTimeMS < best.ResponseTimeMS {
			best = i
		}
	}
	if best == nil {
		return ""
	}
	return best.Name
}

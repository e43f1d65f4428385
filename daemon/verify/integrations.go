package verify

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// fresh is the maximum age at which an earlier run counts, so frequent
// verifications do not burden the targets.
const fresh = time.Minute

// health is the part of /admin/integrations/health that is checked.
type health struct {
	Integrations []integration `json:"integrations"`
}

type integration struct {
	Name           string  `json:"name"`
	Probe          string  `json:"probe"`
	Status         string  `json:"status"`
	Cause          string  `json:"cause"`
	Message        string  `json:"message"`
	ResponseTimeMS float64 `json:"response_time_ms"`
	CheckedAt      *string `json:"checked_at"`
}

// heartbeat reports whether the integration is a heartbeat. vega runs nothing for
// it: it has the state of the last report of its job.
func (i *integration) heartbeat() bool { return i.Probe == "core.heartbeat" }

// integrations checks that vega knows the health of each integration. An
// unhealthy target is not a failure of vega.
func integrations(ctx context.Context, s *session) (string, error) {
	h, err := s.health(ctx)
	if err != nil {
		return "", err
	}
	by := map[string]int{}
	var unknown []string
	for n := range h.Integrations {
		i := &h.Integrations[n]
		if i.heartbeat() && i.Status == "unknown" {
			by[waiting]++
			continue
		}
		by[i.Status]++
		switch {
		case i.Status == "disabled":
		case !slices.Contains([]string{"healthy", "degraded", "unhealthy"}, i.Status) || slices.Contains([]string{"probe", "host", "denied"}, i.Cause):
			unknown = append(unknown, fmt.Sprintf("%s is %s (%s): %s", i.Name, i.Status, i.Cause, clip(i.Message)))
		}
	}
	if len(unknown) > 0 {
		return "", &failure{expected: "a result for each target", seen: strings.Join(unknown[:min(len(unknown), 5)], ", ")}
	}
	if by["disabled"] == len(h.Integrations) {
		return "", skip("no integration is enabled")
	}
	return statusCounts(by), nil
}

// waiting is a heartbeat whose job has not reported yet.
const waiting = "waiting for a report"

func statusCounts(by map[string]int) string {
	var parts []string
	for _, status := range []string{"healthy", "degraded", "unhealthy", waiting, "disabled"} {
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

// quickest returns the integration with the shortest run, "" if none can run.
func (h *health) quickest() string {
	var best *integration
	for n := range h.Integrations {
		i := &h.Integrations[n]
		if i.heartbeat() || i.CheckedAt == nil || i.Status == "unknown" || i.Status == "disabled" {
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

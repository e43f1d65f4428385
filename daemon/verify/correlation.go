package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// correlation: the ID of a request is in its answer, in an error, in the
// queries and in the run that it caused.
func correlation(ctx context.Context, s *session) (string, error) {
	if err := s.echoed(ctx); err != nil {
		return "", err
	}
	seen := []string{"the answer", "an error"}
	if !s.failed("profiler") {
		if err := s.inQueries(ctx); err != nil {
			return "", err
		}
		seen = append(seen, "a profiled query")
	}
	ran, err := s.inRuns(ctx)
	if err != nil {
		return "", err
	}
	if ran != "" {
		seen = append(seen, "a run of "+ran)
	}
	return "found in " + strings.Join(seen, ", "), nil
}

// echoed asks for what is there, for what is not, and with an ID that could
// forge a line of a log.
func (s *session) echoed(ctx context.Context) error {
	a, err := s.public(ctx, http.MethodGet, "/healthz")
	if err != nil {
		return err
	}
	if err := a.carries(a.header.Get("X-Correlation-ID"), "header"); err != nil {
		return err
	}
	if a, err = s.get(ctx, "/v1/"+s.tag); err != nil {
		return err
	}
	var p problem
	if err := a.decode(&p); err != nil {
		return err
	}
	if err := a.carries(p.CorrelationID, "problem"); err != nil {
		return err
	}
	long := strings.Repeat("x", 200)
	if a, err = s.getAs(ctx, "/healthz", long); err != nil {
		return err
	}
	if got := a.header.Get("X-Correlation-ID"); got == "" || got == long {
		return &failure{expected: "an ID of 200 characters to be replaced", seen: fmt.Sprintf("%q", clip(got))}
	}
	return nil
}

func (a answer) carries(id, where string) error {
	if id == a.id {
		return nil
	}
	return &failure{expected: fmt.Sprintf("the %s of %s to have the ID %s", where, a.path, a.id), seen: fmt.Sprintf("%q", clip(id))}
}

// inQueries looks among the recent ones, of which a busy daemon has others
// soon; so it tries again.
func (s *session) inQueries(ctx context.Context) error {
	var ids []string
	for n := range 3 {
		id := fmt.Sprintf("%s.query.%d", s.id, n)
		ids = append(ids, id)
		if _, err := s.getAs(ctx, "/v1/memories/"+s.tag, id); err != nil {
			return err
		}
		now, err := s.stats(ctx)
		if err != nil {
			return err
		}
		if of(now.Recent, id) != nil {
			return nil
		}
	}
	return &failure{expected: "a query with the ID " + strings.Join(ids, " or ") + " among recent_queries", seen: "none", fix: "restart the daemon; if that does not help, it is a fault of vega"}
}

// inRuns has an integration run, and looks for the ID in its history. A run
// that was under way already is somebody else's; then it tries again.
func (s *session) inRuns(ctx context.Context) (ran string, err error) {
	if s.failed("integrations") {
		return "", nil
	}
	h, err := s.health(ctx)
	if err != nil {
		return "", err
	}
	ran = h.quickest()
	if ran == "" {
		return "", nil
	}
	for n := range 5 {
		id := fmt.Sprintf("%s.run.%d", s.id, n)
		a, err := s.getAs(ctx, "/admin/integrations/health?name="+url.QueryEscape(ran), id)
		if err != nil {
			return "", err
		}
		if err := a.is(http.StatusOK); err != nil {
			return "", err
		}
		found, err := s.ranAs(ctx, ran, id)
		if err != nil || found {
			return ran, err
		}
	}
	return "", &failure{expected: fmt.Sprintf("a run of %s with an ID that begins with %s.run", ran, s.id), seen: "none in its history", fix: "see in the daemon's log whether runs are stored"}
}

func (s *session) ranAs(ctx context.Context, integration, id string) (bool, error) {
	var page struct {
		Runs []struct {
			CorrelationID string `json:"correlation_id"`
		} `json:"runs"`
	}
	if err := s.read(ctx, "/admin/integrations/"+url.PathEscape(integration)+"/runs?limit=20", &page); err != nil {
		return false, err
	}
	for _, r := range page.Runs {
		if r.CorrelationID == id {
			return true, nil
		}
	}
	return false, nil
}

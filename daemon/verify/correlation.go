package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// correlation checks that the ID of a request is in its answer, in a problem, and
// in the queries and the run that it causes.
func correlation(ctx context.Context, s *session) (string, error) {
	if err := s.checkEchoed(ctx); err != nil {
		return "", err
	}
	seen := []string{"the answer", "an error"}
	if !s.failed("profiler") {
		if err := s.checkQueries(ctx); err != nil {
			return "", err
		}
		seen = append(seen, "a profiled query")
	}
	ran, err := s.checkRuns(ctx)
	if err != nil {
		return "", err
	}
	if ran != "" {
		seen = append(seen, "a run of "+ran)
	}
	return "found in " + strings.Join(seen, ", "), nil
}

// checkEchoed checks the ID in a success and in a problem, and that an ID of
// excessive length is replaced.
func (s *session) checkEchoed(ctx context.Context) error {
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

// checkQueries searches the recent queries. It tries several times, since a busy
// daemon soon replaces them.
func (s *session) checkQueries(ctx context.Context) error {
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
		if findQuery(now.Recent, id) != nil {
			return nil
		}
	}
	return &failure{expected: "a query with the ID " + strings.Join(ids, " or ") + " among recent_queries", seen: "none", fix: "restart the daemon; if that does not help, report a bug"}
}

// checkRuns runs an integration and searches its history for the ID. It tries
// several times, since a request may join a run that another one has started.
func (s *session) checkRuns(ctx context.Context) (ran string, err error) {
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
		found, err := s.hasRun(ctx, ran, id)
		if err != nil || found {
			return ran, err
		}
	}
	return "", &failure{expected: fmt.Sprintf("a run of %s with an ID that begins with %s.run", ran, s.id), seen: "none in its history", fix: "see the daemon's log for whether runs are stored"}
}

func (s *session) hasRun(ctx context.Context, integration, id string) (bool, error) {
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

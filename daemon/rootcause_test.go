package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"vega/daemon/engine"
	"vega/store"
)

// rootCauses returns name<root,root of every report that has root causes.
func rootCauses(reports ...engine.Report) string {
	var all []string
	for _, r := range reports {
		if len(r.RootCause) > 0 {
			all = append(all, r.Name+"<"+strings.Join(r.RootCause, ","))
		}
	}
	return strings.Join(all, " ")
}

const leaning = "depends_on = [integration.%s]"

// TestRootCause checks that every kind of report has the root causes, and that they
// disappear once the dependency is healthy.
func TestRootCause(t *testing.T) {
	rest := bind("web", "plain.degraded", fmt.Sprintf(leaning, "slack")) + bind("fine", "plain.healthy", fmt.Sprintf(leaning, "llm")) +
		bind("off", "plain.unhealthy", "enabled = false\n"+fmt.Sprintf(leaning, "llm")) + bind("alone", "plain.unhealthy", "")
	slack := bind("slack", "plain.unhealthy", fmt.Sprintf(leaning, "llm"))
	h := build(t, bind("llm", "plain.unhealthy", "")+slack+rest)

	if got := rootCauses(h.ask(engine.Query{Names: []string{"web"}}).Integrations...); got != "" {
		t.Errorf("before anything else ran: %q", got)
	}
	if got := rootCauses(h.ask(engine.Query{}).Integrations...); got != "slack<llm web<llm" {
		t.Errorf("of all: %q", got)
	}
	if got := rootCauses(h.ask(engine.Query{Names: []string{"web"}}).Integrations...); got != "web<llm" {
		t.Errorf("of one, using the last runs of the others: %q", got)
	}
	one, err := h.Integration("web")
	if err != nil || !slices.Equal(one.RootCause, []string{"llm"}) || !slices.Equal(one.DependsOn, []string{"slack"}) {
		t.Errorf("%v of %v, %v", one.RootCause, one.DependsOn, err)
	}
	if b, err := json.Marshal(one); err != nil || !strings.Contains(string(b), `"root_cause":["llm"]`) || !strings.Contains(string(b), `"depends_on":["slack"]`) {
		t.Errorf("%s, %v", b, err)
	}
	alone, err := h.Integration("alone")
	if b, _ := json.Marshal(alone); err != nil || strings.Contains(string(b), "root_cause") || !strings.Contains(string(b), `"depends_on":[]`) {
		t.Errorf("%s, %v", b, err)
	}

	h.configure(bind("llm", "plain.unhealthy", "") + bind("slack", "plain.unhealthy", "") + rest)
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	one, err = h.Integration("web")
	if err != nil || one.CheckedAt == nil || !slices.Equal(one.RootCause, []string{"slack"}) {
		t.Errorf("after a reload in which only dependencies changed: %+v, %v", one.Report, err)
	}
	page, err := h.Runs(t.Context(), store.RunQuery{Integration: "web", Limit: 1})
	if err != nil || len(page.Runs) != 1 || page.Runs[0].RootCause != nil {
		t.Errorf("history: %+v, %v", page.Runs, err)
	}
}

// lines collects the log lines of runs.
type lines struct {
	slog.Handler
	mu  sync.Mutex
	all []string
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }

func (l *lines) Handle(_ context.Context, rec slog.Record) error {
	text := rec.Message
	rec.Attrs(func(a slog.Attr) bool {
		if a.Key == "integration" || a.Key == "root_cause" {
			text += " " + a.Value.String()
		}
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, text)
	return nil
}

// TestRootCauseIsLogged checks that the log line of a run includes its root cause.
func TestRootCauseIsLogged(t *testing.T) {
	log := &lines{}
	h := build(t, bind("llm", "plain.unhealthy", "")+bind("slack", "plain.unhealthy", fmt.Sprintf(leaning, "llm")))
	h.options = func(o *Options) { o.Log = slog.New(log) }
	h.restart()
	h.ask(engine.Query{Names: []string{"llm"}})
	h.ask(engine.Query{Names: []string{"slack"}})
	if err := h.Close(); err != nil { // which waits for the log
		t.Fatal(err)
	}
	if want := []string{"run llm", "run slack llm"}; !slices.Equal(log.all, want) {
		t.Errorf("%q, want %q", log.all, want)
	}
}

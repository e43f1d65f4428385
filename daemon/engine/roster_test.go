package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	"vega/plugins"
	"vega/policies/check"
)

// gated is a module whose runs wait until open is closed.
type gated struct {
	unmanaged
	began, open chan struct{}
}

func (g gated) Run(context.Context, plugins.Input) plugins.Result {
	g.began <- struct{}{}
	<-g.open
	return plugins.Result{Status: check.Healthy}
}

// TestRemovedIntegrationIsKeptWhileItRuns removes an integration during its run and
// binds it again, which must take over the run. Once the run has ended and the
// integration is removed again, the roster must drop it.
func TestRemovedIntegrationIsKeptWhileItRuns(t *testing.T) {
	g := gated{began: make(chan struct{}, 2), open: make(chan struct{})}
	b := newBinding("web", 0)
	e, _ := start(t)
	b.Module = g
	if d := e.Bind([]*Binding{b}); !slices.Equal(d.Added, []string{"web"}) {
		t.Errorf("%+v", d)
	}
	answered := make(chan Health, 1)
	go func() {
		h, _ := e.Health(t.Context(), Query{})
		answered <- h
	}()
	<-g.began
	for range 2 {
		if d := e.Bind(nil); len(d.Removed)+len(e.now.draining) == 0 {
			t.Errorf("%+v", d)
		}
	}
	if got := e.InFlight(); !slices.Equal(got, []string{"web"}) {
		t.Errorf("in flight: %q", got)
	}
	again := *b
	e.Bind([]*Binding{&again})
	if i := e.now.find("web"); !i.running() {
		t.Error("the run in flight was not taken over")
	}
	close(g.open)
	if h := <-answered; h.Summary.Healthy != 1 || len(g.began) != 0 {
		t.Errorf("%+v, %d more runs", h.Summary, len(g.began))
	}
	e.Wait()
	e.Bind(nil)
	if n := len(e.now.draining); n != 0 {
		t.Errorf("%d integrations are kept although none runs", n)
	}
}

func TestUnknownNameListsWhatExists(t *testing.T) {
	e, _ := start(t, newBinding("a", 0), newBinding("b", 0))
	_, err := e.Health(t.Context(), Query{Names: []string{"a", "c"}})
	if u, ok := errors.AsType[*UnknownError](err); !ok || u.Error() != `there is no integration "c"; the configured ones are: a, b` {
		t.Errorf("%v", err)
	}
}

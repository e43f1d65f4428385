package engine

import (
	"context"
	"errors"
	"fmt"
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

// TestUnknownNameFoldsInstances checks that instances don't crowd out the other
// names, and that a key alone gets the name of its instance as a suggestion.
func TestUnknownNameFoldsInstances(t *testing.T) {
	all := []*Binding{newBinding("api", 0), newBinding("fleet-db", 0)}
	for n := range 100 {
		all = append(all, newBinding(fmt.Sprintf("fleet.web%02d", n), 0))
	}
	e, _ := start(t, append(all, newBinding("one.a", 0), newBinding("zone", 0))...)
	for name, want := range map[string]string{
		"web03": `there is no integration "web03"; did you mean fleet.web03? The configured ones are: api, fleet-db, fleet (100 instances), one.a, zone`,
		"web":   `there is no integration "web"; the configured ones are: api, fleet-db, fleet (100 instances), one.a, zone`,
		"one.b": `there is no integration "one.b"; the configured ones are: api, fleet-db, fleet (100 instances), one.a, zone`,
	} {
		if _, err := e.Health(t.Context(), Query{Names: []string{name}}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNameOfInstances checks that the name of an integration with for_each stands
// for its instances, and for no other integration whose name begins alike.
func TestNameOfInstances(t *testing.T) {
	var all []*Binding
	for _, name := range []string{"host", "hosts-db", "hosts.a", "hosts.b.example.com", "hosts_x"} {
		all = append(all, newBinding(name, 0))
	}
	e, _ := start(t, all...)
	for name, want := range map[string][]string{
		"hosts": {"hosts.a", "hosts.b.example.com"}, "host": {"host"}, "hosts.a": {"hosts.a"},
	} {
		h, err := e.Health(t.Context(), Query{Names: []string{name, name}})
		var got []string
		for _, r := range h.Integrations {
			got = append(got, r.Name)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	for _, name := range []string{"hosts.b", "hosts.", "host."} {
		if _, err := e.Health(t.Context(), Query{Names: []string{name}}); err == nil {
			t.Errorf("%s exists", name)
		}
	}
}

package alerting

import (
	"fmt"
	"runtime/debug"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// journal is what the store was given last.
type journal struct {
	taken  *incident.Changes // until Stored is called
	logged int               // events at the front of the changes that were logged, but not stored
}

// Step implements store.Journal.
func (a *Alerting) Step(r *check.Run) {
	a.mu.Lock()
	pending, ancestors := a.step(r)
	touched := a.machine.Touched(a.lastRun)
	a.mu.Unlock()
	if touched { // perhaps without a change to store: an ancestor is healthy
		a.notify()
	}
	if len(pending)+len(ancestors) > 0 {
		a.options.Soon(pending, ancestors)
	}
}

// step judges a run and returns the integrations that should run soon. A bug in the rules
// must not stop the store.
func (a *Alerting) step(r *check.Run) (pending, ancestors []string) {
	defer a.recovered()
	a.lastRun = time.Now()
	a.machine.Run(r)
	return a.machine.Wanted()
}

// recovered logs a panic. Use it with defer.
func (a *Alerting) recovered() {
	if p := recover(); p != nil {
		a.options.Log.Error("internal error in alerting; please report it", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
}

// Pending implements store.Journal.
func (a *Alerting) Pending() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.machine.Pending()
}

// Changes implements store.Journal.
func (a *Alerting) Changes() *incident.Changes {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.machine.Take()
	a.journal.taken = c
	if c == nil {
		return nil
	}
	for _, e := range c.Events[min(a.journal.logged, len(c.Events)):] {
		line := []any{"incident", e.Incident, "event", e.Kind, "text", e.Text}
		if e.By != "" {
			line = append(line, "by", e.By)
		}
		a.options.Log.Info("incident", line...)
	}
	return c
}

// Stored implements store.Journal.
func (a *Alerting) Stored(ok bool) {
	a.mu.Lock()
	taken := a.journal.taken
	a.journal.taken, a.journal.logged = nil, 0
	if !ok && taken != nil {
		a.machine.Untake(taken)
		a.journal.logged = len(taken.Events)
	}
	a.mu.Unlock()
	a.notify()
}

// Restart implements store.Journal.
func (a *Alerting) Restart() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.machine.Reset()
}

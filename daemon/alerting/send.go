package alerting

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"vega/policies/incident"
)

// sendTimeout limits an attempt to send. The notifier has a shorter one of its own.
const sendTimeout = 30 * time.Second

// notifier is a notifier with the outcomes of its messages since the start.
type notifier struct {
	Notifier
	gone bool          // it is no longer configured, and only told the end of what it knows
	line chan struct{} // holds a token while a message is sent, so that they arrive in order

	sent, failed int64
	lastSent     time.Time
	lastError    string // of the last attempt; "" if all of it arrived
	failing      bool   // the last attempt did not arrive
	refreshed    time.Time
	refreshing   bool
}

// start sends a message in a goroutine of its own.
func (a *Alerting) start(m *incident.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.now[m.Notifier]
	if n == nil || a.stopping {
		a.machine.Done(time.Now(), m, incident.Outcome{Result: incident.Refused, Reason: "vega is shutting down"})
		return
	}
	send := n.Send
	a.sending.Go(func() { a.attempt(m, n, send) })
}

// attempt sends a message and records the outcome.
func (a *Alerting) attempt(m *incident.Message, n *notifier, send func(context.Context, *incident.Message) incident.Outcome) {
	n.line <- struct{}{}
	began := time.Now()
	o := a.sendSafely(m, send)
	<-n.line
	a.mu.Lock()
	a.machine.Done(time.Now(), m, o)
	n.record(o)
	a.mu.Unlock()
	if a.options.Sent != nil {
		a.options.Sent(m.Notifier, o.Result)
	}
	a.logOutcome(m, o, time.Since(began))
	a.notify()
}

func (n *notifier) record(o incident.Outcome) {
	n.lastError, n.failing = o.Reason, o.Result != incident.Arrived
	if n.failing {
		n.failed++
		return
	}
	n.sent++
	n.lastSent = time.Now()
}

// sendSafely turns a panic of a notifier into an outcome.
func (a *Alerting) sendSafely(m *incident.Message, send func(context.Context, *incident.Message) incident.Outcome) (o incident.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			a.options.Log.Error("internal error in a notifier; please report it", "notifier", m.Notifier, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			o = incident.Outcome{Result: incident.Unclear, Reason: "internal error; see the log"}
		}
	}()
	ctx, cancel := context.WithTimeout(a.life, sendTimeout)
	defer cancel()
	return send(ctx, m)
}

func (a *Alerting) logOutcome(m *incident.Message, o incident.Outcome, took time.Duration) {
	line := []any{"notifier", m.Notifier, "key", m.Key, "notices", len(m.Notices), "took_ms", took.Milliseconds()}
	switch {
	case o.Result == incident.Arrived && o.Reason != "":
		a.options.Log.Warn("message sent, with a problem", append(line, "reason", o.Reason)...)
	case o.Result == incident.Arrived:
		a.options.Log.Info("message sent", line...)
	case o.Result == incident.Final:
		a.options.Log.Error("message refused for good; vega does not try again", append(line, "reason", o.Reason)...)
	default:
		a.options.Log.Warn("message not sent; vega tries again", append(line, "result", string(o.Result), "reason", o.Reason)...)
	}
}

// Test sends an opening and its resolve, marked as a test. ok is false if there is no such
// notifier.
func (a *Alerting) Test(ctx context.Context, name string) (r TestReport, ok bool) {
	a.mu.Lock()
	n := a.now[name]
	ok = n != nil && !n.gone
	var send func(context.Context, *incident.Message) incident.Outcome
	if ok {
		send, r.Type = n.Send, n.Type
	}
	pages := a.setup.Rules.Pages
	a.mu.Unlock()
	if !ok {
		return r, false
	}
	return TestOf(ctx, name, r.Type, pages, send), true
}

// TestOf sends an opening and its resolve, marked as a test. If the opening does not
// arrive, it sends no resolve.
func TestOf(ctx context.Context, name, service string, pages incident.Pages, send func(context.Context, *incident.Message) incident.Outcome) TestReport {
	r := TestReport{Notifier: name, Type: service, OK: true, Steps: []TestStep{}}
	for _, m := range testMessages(name, pages, time.Now()) {
		began := time.Now()
		o := send(ctx, &m)
		ok := o.Result == incident.Arrived
		r.Steps = append(r.Steps, TestStep{m.Notices[0].Kind, ok, o.Reason, float64(time.Since(began).Microseconds()) / 1000})
		if r.OK = ok; !ok {
			break
		}
	}
	return r
}

func testMessages(name string, pages incident.Pages, now time.Time) []incident.Message {
	id := fmt.Sprintf("test-%d", now.UnixNano())
	i := incident.Incident{
		Key:     "vega/" + id,
		Subject: incident.Subject{Kind: incident.OfEvent, Name: "test"}, Severity: incident.Info,
		Summary: "This is a test of the notifier " + name + ". Nothing is wrong.", Alerts: []string{"test"}, Opened: now,
		Evidence: incident.Evidence{Now: &incident.Observation{At: now, Message: "vega was asked to test this notifier"}},
	}
	over := i
	over.Ended, over.End = now, incident.Recovered
	return []incident.Message{
		{Notifier: name, Key: id + ".1", At: now, Test: true, Notices: []incident.Notice{{Kind: incident.Opening, Key: id + ".1", Incident: i, Alert: "test", Link: pages.Link(0)}}},
		{Notifier: name, Key: id + ".2", At: now, Test: true, Notices: []incident.Notice{{Kind: incident.Resolve, Key: id + ".2", Incident: over, Alert: "test", Link: pages.Link(0)}}},
	}
}

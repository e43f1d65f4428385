package alerting

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// Store is what alerting needs of the store.
type Store interface {
	store.Alerts
	Runs(ctx context.Context, q store.RunQuery) (store.RunPage, error)
	Degraded() error
}

// Options configures New.
type Options struct {
	Log   *slog.Logger
	Store Store
	// Soon asks for runs of integrations that are pending, and of those on which they
	// depend. It must not block.
	Soon func(pending, ancestors []string)
	// Read returns the current readings of figures.
	Read func(ctx context.Context, paths []string) (map[string][]policies.Reading, error)
	// Sent, if not nil, is called after each attempt to send. It must not block.
	Sent func(notifier string, r incident.Result)
	// Strain describes what is abnormal on this host, and Slowest the slowest queries.
	Strain  func(ctx context.Context) []string
	Slowest func() []string
}

// Notifier sends messages.
type Notifier struct {
	Type string
	Send func(ctx context.Context, m *incident.Message) incident.Outcome
	// Refresh is how often the service must be sent what is open, because it forgets;
	// 0: never.
	Refresh time.Duration
}

// DeadMan is a service that expects a sign of life.
type DeadMan struct {
	Name  string
	Every time.Duration
	Ping  func(ctx context.Context) incident.Outcome
}

// Setup is a configuration of alerting.
type Setup struct {
	Rules     alert.Config
	Notifiers map[string]Notifier
	DeadMen   []DeadMan
}

// Alerting judges runs, figures and events, and notifies. It implements store.Journal
// and is safe for concurrent use. Call New, then Run in its own goroutine.
type Alerting struct {
	options Options
	wake    chan struct{} // capacity 1: something may be due
	sending sync.WaitGroup
	life    context.Context // of every attempt to send
	end     context.CancelFunc

	mu       sync.Mutex
	machine  *alert.Machine
	setup    Setup
	now      map[string]*notifier // by name; those that are gone, too, until they are told
	events   events
	journal  journal
	lastRun  time.Time // when a run was last judged
	pings    map[string]*signal
	figures  minute
	stopping bool
}

// New returns an Alerting that continues from what is stored.
func New(ctx context.Context, o Options, s Setup) (*Alerting, error) {
	state, err := o.Store.AlertState(ctx)
	if _, partial := errors.AsType[*store.RowsError](err); partial {
		o.Log.Error("some of what is stored about alerts can't be read; vega goes on without it", "err", err)
	} else if err != nil {
		return nil, err
	}
	a := &Alerting{
		options: o, wake: make(chan struct{}, 1), setup: s, now: map[string]*notifier{}, pings: map[string]*signal{},
		events: events{}, lastRun: time.Now(),
	}
	a.life, a.end = context.WithCancel(context.Background())
	a.machine = alert.New(s.Rules, state, time.Now())
	a.adopt(s)
	o.Store.Judge(a)
	return a, nil
}

// Configure applies another configuration.
func (a *Alerting) Configure(s Setup) {
	a.mu.Lock()
	a.setup = s
	a.machine.Configure(s.Rules, time.Now())
	a.adopt(s)
	a.mu.Unlock()
	a.notify()
}

// adopt takes over notifiers and signs of life. The caller holds a.mu, or is New.
func (a *Alerting) adopt(s Setup) {
	for name, n := range a.now {
		_, stays := s.Notifiers[name]
		n.gone = !stays
	}
	for name, n := range s.Notifiers {
		if a.now[name] == nil {
			a.now[name] = &notifier{line: make(chan struct{}, 1)}
		}
		a.now[name].Notifier, a.now[name].gone = n, false
	}
	before := a.pings
	a.pings = map[string]*signal{}
	for _, d := range s.DeadMen {
		p := before[d.Name]
		if p == nil {
			p = &signal{}
		}
		p.DeadMan = d
		a.pings[d.Name] = p
	}
	leaving := a.machine.Leaving()
	maps.DeleteFunc(a.now, func(name string, n *notifier) bool { return n.gone && !slices.Contains(leaving, name) })
}

// notify makes Run look at what is due.
func (a *Alerting) notify() {
	select {
	case a.wake <- struct{}{}:
	default: // it is about to look
	}
}

// Change calls f with the machine, stores what it changed, and sends what is due. The
// error is that of f, or of the store. While nothing can be stored, the change holds all
// the same, and is stored later: who acknowledges an incident during an outage of the
// store wants no more reminders.
func (a *Alerting) Change(ctx context.Context, f func(m *alert.Machine, now time.Time) error) error {
	a.mu.Lock()
	err := f(a.machine, time.Now())
	a.mu.Unlock()
	if err != nil {
		return err
	}
	a.notify()
	err = a.options.Store.FlushAlerts(ctx)
	if _, later := errors.AsType[*store.UnavailableError](err); later {
		return nil
	}
	return err
}

// Shutdown stops sending. It waits for the attempts in progress until ctx ends; a message
// whose outcome is then unknown is sent again, with the same key, after the next start.
func (a *Alerting) Shutdown(ctx context.Context) {
	a.mu.Lock()
	a.stopping = true
	a.mu.Unlock()
	done := make(chan struct{})
	go func() {
		a.sending.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	a.end()
	<-done
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushPatience)
	defer cancel()
	if err := a.options.Store.FlushAlerts(flush); err != nil {
		a.options.Log.Warn("what was sent last could not be stored; it may be sent again", "err", err)
	}
}

// lastGood returns the last healthy run of an integration before a time, or nil.
func (a *Alerting) lastGood(ctx context.Context, integration string, before time.Time) *incident.Observation {
	page, err := a.options.Store.Runs(ctx, store.RunQuery{Integration: integration, Until: before, Statuses: []check.Status{check.Healthy}, Limit: 1})
	if err != nil || len(page.Runs) == 0 {
		return nil
	}
	return alert.Observe(&page.Runs[0])
}

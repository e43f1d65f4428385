package replay

import (
	"context"
	"fmt"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// warmUp is how long before Since the replay begins, so that what was bad already at
// Since is known then. Nothing that happens meanwhile is counted.
const warmUp = 2 * time.Hour

// Store is what a replay reads.
type Store interface {
	RunsInOrder(ctx context.Context, since time.Time, f func(*check.Run) bool) error
	Figures(ctx context.Context, q store.FigureQuery) ([]store.FigureRow, error)
	Incidents(ctx context.Context, q store.IncidentQuery) (store.IncidentPage, error)
	Incident(ctx context.Context, id int64) (store.IncidentRecord, error)
	Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error)
}

// Options configures Run.
type Options struct {
	Rules        alert.Config
	Since, Until time.Time
	Progress     func(runs int) // called now and then, if not nil
}

// progressEvery is after how many runs Progress is called.
const progressEvery = 100_000

// Run replays what is stored from Since until Until. The error is that of the store.
func Run(ctx context.Context, s Store, o Options) (Report, error) {
	live, err := readLive(ctx, s, o.Since, o.Until)
	if err != nil {
		return Report{}, fmt.Errorf("read what was sent: %w", err)
	}
	p := newPlayer(o)
	if err := p.addActions(ctx, s, live); err != nil {
		return Report{}, fmt.Errorf("read the silences: %w", err)
	}
	if p.figures, err = readFigures(ctx, s, p.machine.Metrics(), p.begin(), o.Until); err != nil {
		return Report{}, fmt.Errorf("read the figures: %w", err)
	}
	from, _ := p.figures.next()
	began := time.Now()
	runs, err := p.runs(ctx, s)
	if err != nil {
		return Report{}, fmt.Errorf("read the runs: %w", err)
	}
	took := time.Since(began)

	r := compare(o, p.record, live)
	r.Runs, r.Figures, r.FiguresSince = runs, p.samples, from
	r.DurationMS = check.Milliseconds(took)
	if took > 0 {
		r.RunsPerSecond = float64(runs) / took.Seconds()
	}
	return r, nil
}

// runs replays the runs, and whatever happens between them.
func (p *player) runs(ctx context.Context, s Store) (n int, err error) {
	err = s.RunsInOrder(ctx, p.begin(), func(r *check.Run) bool {
		at := r.Began.Add(r.Took)
		if !at.Before(p.options.Until) {
			return ctx.Err() == nil
		}
		p.advance(at)
		p.machine.Run(r)
		if p.machine.Pending() || len(p.record.open) > 0 { // a healthy run may release what waits for it
			_, _ = p.machine.Wanted() // the runs that it caused are among the stored ones
			p.send()
		}
		if n++; n%progressEvery == 0 && p.options.Progress != nil {
			p.options.Progress(n)
		}
		return ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	p.advance(p.options.Until)
	return n, err
}

// player runs the machine in virtual time.
type player struct {
	options Options
	machine *alert.Machine
	clock   time.Time
	again   time.Time // when the machine wants to be asked; zero: not before something happens
	spins   int       // how often it asked for the same time
	due     []action  // in order of time
	figures *figures
	samples int
	record  *record
}

// action is something that happens at a time, and that is not a run.
type action struct {
	at time.Time
	do func(now time.Time)
}

func newPlayer(o Options) *player {
	p := &player{options: o, record: newRecord(o.Since), figures: &figures{}}
	p.clock = p.begin()
	p.machine = alert.New(o.Rules, incident.State{}, p.clock)
	p.send()
	return p
}

func (p *player) begin() time.Time { return p.options.Since.Add(-warmUp) }

// advance lets time pass until a time, and everything happen that is due before. What
// people do at that very time, they do after the run that ends then.
func (p *player) advance(to time.Time) {
	for {
		at, do := p.next(to)
		if do == nil || at.After(to) {
			p.clock = latest(p.clock, to)
			return
		}
		p.clock = latest(p.clock, at)
		do()
		p.send()
	}
}

// next returns what happens next besides runs, and when; nil if nothing does before a
// time.
func (p *player) next(to time.Time) (at time.Time, do func()) {
	if !p.again.IsZero() {
		at, do = p.again, func() {}
	}
	if len(p.due) > 0 && p.due[0].at.Before(to) && (do == nil || p.due[0].at.Before(at)) {
		first := p.due[0]
		at, do = first.at, func() {
			p.due = p.due[1:]
			first.do(p.clock)
		}
	}
	if t, ok := p.figures.next(); ok && (do == nil || t.Before(at)) {
		at, do = t, func() {
			p.samples++
			p.figures.read(func(metric string, all []policies.Reading) { p.machine.Sample(p.clock, metric, all) })
		}
	}
	return at, do
}

// maxSpins limits how often the machine is asked at one time.
const maxSpins = 1000

// send lets every message arrive that is due.
func (p *player) send() {
	for {
		due, again := p.machine.Next(p.clock)
		for n := range due {
			p.machine.Done(p.clock, &due[n], incident.Outcome{Result: incident.Arrived})
		}
		if p.again = again; len(due) == 0 {
			break
		}
	}
	if p.again.IsZero() || p.again.After(p.clock) {
		p.spins = 0
	} else if p.spins++; p.spins > maxSpins {
		p.again = p.clock.Add(time.Second) // time goes on
	}
	if p.machine.Pending() {
		p.record.changes(p.machine.Take())
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

package plugintest

import (
	"context"
	"errors"
	"sync"
	"time"

	"vega/plugins"
	"vega/policies/check"
)

// meets is the error of a fault that comes in place of a call of that kind.
func (p *player) meets(ctx context.Context, kind string) error {
	f := p.fault
	if f == nil || f.call == nil || f.Kind != kind && f.Kind != kindRun {
		return nil
	}
	p.touched = true
	return f.call(ctx)
}

// faultTime is the deadline of a run with a fault: one that waits for it has
// nothing else to do.
const faultTime = time.Second

// Faults runs a case once for each thing that can go wrong with the calls its
// probe makes, and tells what came of it.
func (k *Kit) Faults(ctx context.Context, c *Case) ([]Verdict, error) {
	well, err := k.Replay(ctx, c)
	if err != nil {
		return nil, err
	}
	out := make([]*Verdict, len(faults))
	errs := make([]error, len(faults))
	var all sync.WaitGroup
	for i := range faults { // most of them wait for a deadline
		all.Go(func() { out[i], errs[i] = k.breakBy(ctx, c, &faults[i], well.Result, faultTime) })
	}
	all.Wait()
	for i := range faults {
		for tries := 0; tries < moreTries && errs[i] == nil && out[i] != nil && out[i].Run.Doubtful(); tries++ {
			out[i], errs[i] = k.breakBy(ctx, c, &faults[i], well.Result, 2*faultTime)
		}
	}
	var verdicts []Verdict
	for _, v := range out {
		if v != nil {
			verdicts = append(verdicts, *v)
		}
	}
	return verdicts, errors.Join(append(errs, ctx.Err())...)
}

// breakBy is nil where the probe makes no call that the fault could meet.
func (k *Kit) breakBy(ctx context.Context, c *Case, f *Fault, well plugins.Result, within time.Duration) (*Verdict, error) {
	var p *player
	run, err := k.play(ctx, c, func(of *player) {
		p = of
		p.fault, p.within = f, within
	}, false)
	if err != nil || !p.touched {
		return nil, err
	}
	v := k.judge(c, f, well, run)
	return &v, nil
}

// moreTries is how often a doubtful run is made again, by itself: the runs that
// it shared the processor with may be to blame.
const moreTries = 2

// Doubtful reports whether a run may have come to something else on a machine
// that is less busy: vega says so, or the deadline ended it.
func (r Run) Doubtful() bool { return r.Cause == check.Host || r.Ended && r.outlasted }

// Verdict is what came of a run with a fault.
type Verdict struct {
	Fault   string       `json:"fault"`
	Run     Run          `json:"-"`
	Wrong   string       `json:"wrong,omitempty"`  // what the author has to mend
	Advice  string       `json:"advice,omitempty"` // what the author may want to look at
	Status  check.Status `json:"status"`
	Cause   check.Cause  `json:"cause,omitempty"`
	Message string       `json:"message"`
}

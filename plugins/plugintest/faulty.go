package plugintest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"vega/plugins"
	"vega/policies/check"
)

// meets returns the error of a fault that replaces a call of the given kind.
func (p *player) meets(ctx context.Context, kind string) error {
	f := p.fault
	if f == nil || f.call == nil || f.Kind != kind && f.Kind != kindRun {
		return nil
	}
	p.touched = true
	return f.call(ctx)
}

// faultTime is the deadline of a run with a fault. A run that waits for the
// deadline does nothing else.
const faultTime = time.Second

// Faults runs a case once for each fault that the probe's calls can meet, and
// returns a verdict for each.
func (k *Kit) Faults(ctx context.Context, c *Case) ([]Verdict, error) {
	baseline, err := k.Replay(ctx, c)
	if err != nil {
		return nil, err
	}
	faults := slices.Concat(faults, echoFaults)
	out := make([]*Verdict, len(faults))
	errs := make([]error, len(faults))
	var all sync.WaitGroup
	for i := range faults { // most of them wait for a deadline
		all.Go(func() { out[i], errs[i] = k.breakBy(ctx, c, &faults[i], baseline.Result, faultTime) })
	}
	all.Wait()
	for i := range faults {
		for tries := 0; tries < moreTries && errs[i] == nil && out[i] != nil && out[i].Run.Doubtful(); tries++ {
			out[i], errs[i] = k.breakBy(ctx, c, &faults[i], baseline.Result, 2*faultTime)
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

// breakBy injects a fault. It returns nil if the probe makes no call that the
// fault affects.
func (k *Kit) breakBy(ctx context.Context, c *Case, f *Fault, baseline plugins.Result, within time.Duration) (*Verdict, error) {
	var p *player
	run, err := k.play(ctx, c, func(of *player) {
		p = of
		p.fault, p.within = f, within
	}, false)
	if err != nil || !p.touched {
		return nil, err
	}
	v := k.judge(c, f, baseline, run)
	return &v, nil
}

// moreTries is how often a doubtful run is repeated without others, because
// concurrent runs may have taken its processor time.
const moreTries = 2

// Doubtful reports whether the result might differ on a less busy machine: vega
// reports that, or the deadline ended the run.
func (r Run) Doubtful() bool { return r.Cause == check.Host || r.Ended && r.outlasted }

// Verdict is the result of a run with a fault.
type Verdict struct {
	Fault   string       `json:"fault"`
	Run     Run          `json:"-"`
	Wrong   string       `json:"wrong,omitempty"`  // what the author must fix
	Advice  string       `json:"advice,omitempty"` // what the author may want to check
	Status  check.Status `json:"status"`
	Cause   check.Cause  `json:"cause,omitempty"`
	Message string       `json:"message"`
}

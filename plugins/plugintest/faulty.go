package plugintest

import (
	"context"
	"time"

	"vega/plugins"
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
	var out []Verdict
	for i := range faults {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		f := &faults[i]
		var p *player
		run, err := k.play(ctx, c, func(of *player) {
			p = of
			p.fault = f
		}, false)
		if err != nil {
			return out, err
		}
		if !p.touched {
			continue // the probe makes no such call
		}
		out = append(out, k.judge(c, f, well.Result, run))
	}
	return out, nil
}

// Verdict is what came of a run with a fault.
type Verdict struct {
	Fault   string         `json:"fault"`
	Run     Run            `json:"-"`
	Wrong   string         `json:"wrong,omitempty"`  // what the author has to mend
	Advice  string         `json:"advice,omitempty"` // what the author may want to look at
	Status  plugins.Status `json:"status"`
	Cause   plugins.Cause  `json:"cause,omitempty"`
	Message string         `json:"message"`
}

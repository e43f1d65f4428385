package alerting

import (
	"context"
	"fmt"
	"time"
)

// signal is a service that expects a sign of life.
type signal struct {
	DeadMan
	next   time.Time
	failed string // why no sign is given, or why the last one did not arrive; "" if it did
}

const (
	// signPatience limits an attempt to give a sign of life.
	signPatience = 10 * time.Second
	// overdue is how long a message may wait until vega counts as unable to notify.
	overdue = 2 * time.Minute
	// lateRuns is how long no run may have been judged beyond the longest time that
	// is normal.
	lateRuns = time.Minute
)

// giveSigns gives each service a sign of life, until ctx ends. It does so only while
// checks run on time and messages arrive: the service notifies when the signs stop.
func (a *Alerting) giveSigns(ctx context.Context) {
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		a.giveDueSigns(ctx, time.Now())
	}
}

func (a *Alerting) giveDueSigns(ctx context.Context, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.pings {
		if now.Before(p.next) && p.next.Sub(now) <= p.Every || a.stopping {
			continue
		}
		p.next = now.Add(p.Every)
		if why := a.inTrouble(now); why != "" {
			a.report(p, why)
			continue
		}
		d := p.DeadMan
		a.sending.Go(func() { a.giveSign(ctx, d) })
	}
}

func (a *Alerting) giveSign(ctx context.Context, d DeadMan) {
	ctx, cancel := context.WithTimeout(ctx, min(signPatience, d.Every))
	defer cancel()
	o := d.Ping(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.pings[d.Name]; p != nil {
		a.report(p, o.Reason)
	}
}

// report logs a change of why no sign is given. The caller holds a.mu.
func (a *Alerting) report(p *signal, why string) {
	switch {
	case why == p.failed:
		return
	case why == "":
		a.options.Log.Info("signs of life arrive again", "dead_man", p.Name)
	default:
		a.options.Log.Warn("no sign of life", "dead_man", p.Name, "reason", why)
	}
	p.failed = why
}

// inTrouble returns why vega can't do its job, or "". The caller holds a.mu.
func (a *Alerting) inTrouble(now time.Time) string {
	var shortest time.Duration
	for _, i := range a.setup.Rules.Integrations {
		if i.Enabled && i.Interval > 0 && (shortest == 0 || i.Interval < shortest) {
			shortest = i.Interval
		}
	}
	if silent := now.Sub(a.lastRun); shortest > 0 && silent > 2*shortest+lateRuns {
		return fmt.Sprintf("no check has ended for %v", silent.Round(time.Second))
	}
	if name, since := a.machine.Failing(now); name != "" && now.Sub(since) > overdue {
		return fmt.Sprintf("the notifier %s has not accepted a message since %s", name, since.UTC().Format(time.RFC3339))
	}
	return ""
}

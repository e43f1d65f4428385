package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// fleet measures many checks in the real daemon, by their arrival at the target.
func fleet(ctx context.Context, b *bench) error {
	target, err := startRecorder(ctx)
	if err != nil {
		return err
	}
	var hcl strings.Builder
	for i := range b.fleet {
		hcl.WriteString(webBlock(fmt.Sprintf("check-%04d", i), target.url, b.fleetEvery))
	}
	v, err := b.serve(ctx, "fleet", hcl.String(), nil)
	if err != nil {
		_ = target.close()
		return err
	}
	cpu, began := v.cpu(), time.Now()
	noise := floor(ctx)
	sleep(ctx, b.fleetFor)
	late := noise()
	used, lasted := v.cpu()-cpu, time.Since(began)
	held, err1 := footprintOf(v.cmd.Process.Pid)
	runs, err2 := v.stop()
	seen := target.close() // after its last check
	for _, err := range []error{ctx.Err(), err1, err2, healthyAll(runs)} {
		if err != nil {
			return err
		}
	}
	b.printFleet(v, arrivalsOf(seen, v.ready, b.fleetEvery), used, lasted, held)
	fmt.Printf("meanwhile, a timer in this program was late by %s at p50, %s at p99\n", show(median(late)), show(quantile(late, 0.99)))
	return nil
}

func webBlock(name, url string, every time.Duration) string {
	return fmt.Sprintf("integration %q {\n  probe    = core.http\n  interval = %q\n  timeout  = \"5s\"\n  config {\n    url = %q\n  }\n}\n",
		name, every.String(), url+"/"+name)
}

// healthyAll returns an error if a run was not healthy: the figures would then be
// meaningless.
func healthyAll(runs []runLine) error {
	for _, r := range runs {
		if r.Status != "healthy" {
			return fmt.Errorf("%s is %s (%s): %s", r.Integration, r.Status, r.Cause, r.Message)
		}
	}
	return nil
}

// arrivals describes how well checks kept their interval, as seen by the
// target.
type arrivals struct {
	checks, count int
	first         time.Duration   // from ready until each has arrived once
	off           []time.Duration // absolute difference of each gap from the interval
	burst         int             // most arrivals within 100 ms
}

func arrivalsOf(seen map[string][]time.Time, ready time.Time, every time.Duration) arrivals {
	a := arrivals{checks: len(seen)}
	var all []time.Time
	for _, times := range seen {
		slices.SortFunc(times, time.Time.Compare)
		a.first = max(a.first, times[0].Sub(ready))
		for n := 1; n < len(times); n++ {
			a.off = append(a.off, (times[n].Sub(times[n-1]) - every).Abs())
		}
		all = append(all, times...)
	}
	slices.SortFunc(all, time.Time.Compare)
	a.count = len(all)
	from := 0
	for to := range all {
		for all[to].Sub(all[from]) >= 100*time.Millisecond {
			from++
		}
		a.burst = max(a.burst, to-from+1)
	}
	return a
}

func (b *bench) printFleet(v *vega, a arrivals, used, lasted time.Duration, held footprint) {
	mean := float64(b.fleet) * 0.1 / b.fleetEvery.Seconds()
	share := 100 * used.Seconds() / lasted.Seconds()
	t := &table{}
	t.row(fmt.Sprintf("%d checks every %v, for %v", b.fleet, b.fleetEvery, lasted.Round(time.Second)), "", "goal")
	t.row("start to ready, compile cache cold", v.started)
	t.row("runs seen by the target", a.count)
	t.row("checks seen", fmt.Sprintf("%d of %d", a.checks, b.fleet))
	t.row("all seen within", a.first.Round(time.Millisecond).String()+" of ready",
		goal(a.checks == b.fleet && a.first <= b.fleetEvery+50*time.Millisecond, "the first interval"))
	t.row("gap off the interval, p50", median(a.off))
	t.row("gap off the interval, p99", quantile(a.off, 0.99), goal(quantile(a.off, 0.99) <= 2*time.Millisecond, "≤2 ms"))
	t.row("gap off the interval, max", quantile(a.off, 1))
	t.row("most starts within 100 ms", a.burst, goal(float64(a.burst) <= 1.3*mean, "≤%.0f; evenly spread %.0f", 1.3*mean, mean))
	t.row("CPU", fmt.Sprintf("%.2f %% of a core", share), goal(share <= 9.7, "≤9.7 %% (Gatus; Cloudprober 11)"))
	t.row("CPU s per 1,000 checks, whole daemon", used.Seconds()*1000/float64(max(1, a.count)))
	t.row("RSS at the end", mib(held.rss), goal(held.rss <= 60<<20, "≤60 MiB (Gatus; Cloudprober 86)"))
	t.row("RSS: anonymous, files, shared memory", fmt.Sprintf("%s, %s, %s", mib(held.anonymous), mib(held.file), mib(held.shm)))
	t.row("peak RSS", mib(held.peak))
	t.row("threads, file descriptors, mappings", fmt.Sprintf("%d, %d, %d", held.thread, held.fds, held.mappings))
	t.print()
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

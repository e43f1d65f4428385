package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// scale runs many checks in the real daemon next to a reload every few seconds, each
// with a change, and a poller of the overview.
func scale(ctx context.Context, b *bench) error {
	target, err := startRecorder(ctx)
	if err != nil {
		return err
	}
	hcl := func(version int) string {
		var text strings.Builder
		for i := range b.scale {
			text.WriteString(webBlock(fmt.Sprintf("check-%05d", i), target.url, b.scaleEvery))
		}
		return text.String() + webBlock("changing", fmt.Sprintf("%s/changing?%d", target.url, version), b.scaleEvery)
	}
	v, err := b.serve(ctx, "scale", hcl(0), nil)
	if err != nil {
		_ = target.close()
		return err
	}
	sleep(ctx, 2*b.scaleEvery) // first runs are not in their phase
	noise := floor(ctx)
	m := measureScale(ctx, b, v, hcl)
	late := noise()
	held, err1 := footprintOf(v.cmd.Process.Pid)
	runs, err2 := v.stop()
	seen := target.close()
	if err := errors.Join(ctx.Err(), m.err, err1, err2); err != nil {
		return err
	}
	delete(seen, "/changing")                // each reload begins it again
	if err := healthyAll(runs); err != nil { // on a busy machine, vega may have had no processor for some
		fmt.Println("first run that was not healthy:", err)
	}
	m.print(b, runs, punctualityOf(seen, m.from, m.to, b.scaleEvery), held)
	fmt.Printf("meanwhile, a timer in this program was late by %s at p50, %s at p99\n", show(median(late)), show(quantile(late, 0.99)))
	return nil
}

// scaled is what is measured from outside of the daemon.
type scaled struct {
	from, to time.Time
	used     time.Duration // CPU time
	peak     int64         // of the resident memory, sampled each second

	mu      sync.Mutex
	reloads []time.Duration
	polls   []time.Duration
	err     error // the first
}

func measureScale(ctx context.Context, b *bench, v *vega, hcl func(int) string) *scaled {
	m := &scaled{from: time.Now()}
	cpu := v.cpu()
	ctx, cancel := context.WithTimeout(ctx, b.scaleFor)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() {
		m.each(ctx, b.scaleReload, &m.reloads, func(n int) error { return v.reload(ctx, hcl(n)) })
	})
	all.Go(func() {
		m.each(ctx, b.scalePoll, &m.polls, func(int) error {
			_, err := v.drain(ctx, http.MethodGet, "/admin/integrations")
			return err
		})
	})
	all.Go(func() {
		var sampled []time.Duration
		m.each(ctx, time.Second, &sampled, func(int) error {
			f, err := footprintOf(v.cmd.Process.Pid)
			m.peak = max(m.peak, f.rss)
			return err
		})
	})
	all.Wait()
	m.to, m.used = time.Now(), v.cpu()-cpu
	return m
}

// each does something at an interval, until ctx ends, and keeps how long each took.
// An interval of 0 means never.
func (m *scaled) each(ctx context.Context, every time.Duration, took *[]time.Duration, do func(n int) error) {
	if every <= 0 {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		began := time.Now()
		err := do(n)
		if ctx.Err() != nil {
			return
		}
		m.mu.Lock()
		*took = append(*took, time.Since(began))
		if m.err == nil {
			m.err = err
		}
		m.mu.Unlock()
	}
}

// reload writes a configuration and applies it.
func (v *vega) reload(ctx context.Context, hcl string) error {
	path := filepath.Join(v.dir, "vega.hcl")
	if err := os.WriteFile(path+".new", []byte(hcl), 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	sleep(ctx, 50*time.Millisecond) // as a deployment would
	_, err := v.drain(ctx, http.MethodPost, "/admin/config/reload")
	return err
}

// punctuality is how well checks kept their phase, as seen by the target.
type punctuality struct {
	count, missed int
	late          []time.Duration // after the earliest arrival of the same check
}

// punctualityOf compares the arrivals of each check, from one time to another, with
// its earliest one: all others should be a multiple of the interval away. A check
// misses a tick if nothing arrives in the interval around it.
func punctualityOf(seen map[string][]time.Time, from, to time.Time, every time.Duration) punctuality {
	var p punctuality
	for _, times := range seen {
		var into []time.Duration // the interval, from the first arrival on
		ticks := map[int]bool{}
		var first time.Time
		for _, t := range times {
			if t.Before(from) || t.After(to) {
				continue
			}
			if first.IsZero() {
				first = t
			}
			tick := int((t.Sub(first) + every/2) / every)
			ticks[tick] = true
			into = append(into, t.Sub(first)-time.Duration(tick)*every)
		}
		expected := 1 // one that never arrives
		if !first.IsZero() {
			expected = int((to.Sub(first) + every/2) / every) // the last may still be on its way
			expected = max(expected, len(ticks))
		}
		p.count, p.missed = p.count+len(into), p.missed+expected-len(ticks)
		for _, d := range into {
			p.late = append(p.late, d-quantile(into, 0))
		}
	}
	return p
}

func (m *scaled) print(b *bench, runs []runLine, p punctuality, held footprint) {
	share := 100 * m.used.Seconds() / m.to.Sub(m.from).Seconds()
	t := &table{}
	t.row(fmt.Sprintf("%d checks every %v, for %v", b.scale, b.scaleEvery, b.scaleFor), "", "goal")
	t.row("runs seen by the target", p.count)
	bad := slices.DeleteFunc(runs, func(r runLine) bool { return r.Status == "healthy" })
	t.row("runs not healthy", len(bad))
	t.row("missed ticks", p.missed, goal(p.missed == 0, "0"))
	t.row("late, p50, p99, max", fmt.Sprintf("%s, %s, %s", show(median(p.late)), show(quantile(p.late, 0.99)), show(quantile(p.late, 1))))
	t.row("CPU", fmt.Sprintf("%.1f %% of a core", share))
	t.row("RSS at the end, peak", mib(held.rss)+", "+mib(m.peak))
	t.row(fmt.Sprintf("reloads, p50, max (%d)", len(m.reloads)), show(median(m.reloads))+", "+show(quantile(m.reloads, 1)))
	t.row(fmt.Sprintf("polls, p50, max (%d)", len(m.polls)), show(median(m.polls))+", "+show(quantile(m.polls, 1)))
	t.row("threads, file descriptors", fmt.Sprintf("%d, %d", held.thread, held.fds))
	t.print()
}

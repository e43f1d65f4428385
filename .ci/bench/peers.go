package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// load is what every entry of peers is configured with.
type load struct {
	name   string
	checks int
	every  time.Duration
	lasts  time.Duration
}

// daemon makes the checks of a load.
type daemon interface {
	pid() int
	readyAt() time.Time
	startedIn() time.Duration
	end() error
}

// entry is a daemon with its target and what was measured.
type entry struct {
	name    string
	program string // "" for vega, which is built
	started daemon
	target  *recorder

	cpu     time.Duration
	at      time.Time
	used    time.Duration
	lasted  time.Duration
	made    int // checks in lasted
	held    footprint
	arrived arrivals
}

// peers compares daemons that all run at the same time, each with a target of its own
// that closes each connection after one answer. Those that are not installed are left
// out, with a line that says so.
func peers(ctx context.Context, b *bench) error {
	for _, l := range []load{
		{"at rest", 2, 30 * time.Second, b.peersFor},
		{"100 checks a second", b.fleet, b.fleetEvery, b.peersFor},
		{"200 checks a second", b.fleet, b.fleetEvery / 2, b.peersFor},
	} {
		if err := b.compare(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return nil
}

// compare runs one load on all contenders at once.
func (b *bench) compare(ctx context.Context, l load) (err error) {
	var all []*entry
	defer func() {
		for _, e := range all {
			err = errors.Join(err, e.started.end())
			_ = e.target.close() // after the last check
		}
	}()
	for _, e := range b.entries() {
		started, err := b.enter(ctx, e, l)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if started {
			all = append(all, e)
		}
	}
	awaitAll(ctx, l, all)
	for _, e := range all {
		e.cpu, e.at = cpuOf(e.started.pid()), time.Now()
	}
	noise := floor(ctx)
	sleep(ctx, l.lasts)
	late := noise()
	for _, e := range all {
		e.used, e.lasted = cpuOf(e.started.pid())-e.cpu, time.Since(e.at)
		if e.held, err = footprintOf(e.started.pid()); err != nil {
			return err
		}
		seen := e.target.soFar()
		e.made = countSince(seen, e.at)
		e.arrived = arrivalsOf(seen, e.started.readyAt(), l.every)
	}
	printPeers(l, all)
	fmt.Printf("meanwhile, a timer in this program was late by %s at p50, %s at p99\n", show(median(late)), show(quantile(late, 0.99)))
	return ctx.Err()
}

// awaitAll waits until each daemon has made each of its checks once, and for an interval
// more. Gatus starts one check every 0.2 s, so it takes minutes for a thousand.
func awaitAll(ctx context.Context, l load, all []*entry) {
	for range 600 {
		missing := 0
		for _, e := range all {
			missing += l.checks - e.target.checks()
		}
		if missing == 0 || ctx.Err() != nil {
			break
		}
		sleep(ctx, time.Second)
	}
	sleep(ctx, l.every+5*time.Second)
}

func countSince(seen map[string][]time.Time, from time.Time) int {
	n := 0
	for _, times := range seen {
		for _, t := range times {
			if t.After(from) {
				n++
			}
		}
	}
	return n
}

// enter starts the daemon of an entry, and reports whether it is installed.
func (b *bench) enter(ctx context.Context, e *entry, l load) (bool, error) {
	target, err := startRecorder(ctx)
	if err != nil {
		return false, err
	}
	target.server.SetKeepAlivesEnabled(false)
	e.target = target
	if e.program == "" {
		e.started, err = b.enterVega(ctx, l, target.url)
	} else {
		e.started, err = b.enterPeer(ctx, e, l)
	}
	if errors.Is(err, errMissing) {
		fmt.Println(err)
	}
	if err != nil {
		_ = target.close()
	}
	if errors.Is(err, errMissing) {
		return false, nil
	}
	return err == nil, err
}

func printPeers(l load, all []*entry) {
	t := &table{}
	row := func(name string, value func(*entry) any) {
		cells := []any{name}
		for _, e := range all {
			cells = append(cells, value(e))
		}
		t.row(cells...)
	}
	row(fmt.Sprintf("%s: %d every %v, for %v", l.name, l.checks, l.every, l.lasts), func(e *entry) any { return e.name })
	row("start to first answer", func(e *entry) any { return e.started.startedIn() })
	row("all checks seen within", func(e *entry) any { return e.arrived.first.Round(10 * time.Millisecond).String() })
	row("checks seen by the target", func(e *entry) any { return fmt.Sprintf("%d of %d", e.arrived.checks, l.checks) })
	row("gap off the interval, p50", func(e *entry) any { return median(e.arrived.off) })
	row("gap off the interval, p99", func(e *entry) any { return quantile(e.arrived.off, 0.99) })
	row("most starts within 100 ms", func(e *entry) any { return e.arrived.burst })
	row("CPU, % of a core", func(e *entry) any { return 100 * e.used.Seconds() / e.lasted.Seconds() })
	row("CPU s per 1,000 checks", func(e *entry) any {
		return 1000 * e.used.Seconds() / float64(max(1, e.made))
	})
	row("RSS", func(e *entry) any { return mib(e.held.rss) })
	row("of that anonymous", func(e *entry) any { return mib(e.held.anonymous) })
	row("peak RSS", func(e *entry) any { return mib(e.held.peak) })
	row("size of the program", func(e *entry) any { return mib(sizeOf(e.started.pid())) })
	t.print()
}

// sizeOf returns the size of a process's program in bytes; 0 if it can't be read.
func sizeOf(pid int) int64 {
	info, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return 0
	}
	return info.Size()
}

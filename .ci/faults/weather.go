package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// weather inflicts random faults on one vega, and reports whether everything holds
// after each of them and whether nothing grows.
func weather(ctx context.Context, s settings, chosen []fault) (bool, error) {
	world := fault{name: "weather", needs: []need{root, network}, place: small, routed: true, named: true, clients: 500 * time.Millisecond}
	if !s.given { // the build with a movable clock is of this source
		world.needs = append(world.needs, clock)
	}
	if why := missing(world.needs); why != "" {
		fmt.Println("skipped:", why)
		return true, nil
	}
	fitting := slices.DeleteFunc(chosen, func(f fault) bool {
		return f.place == ext4 || f.stays || f.quiet || f.name == "kill" || f.name == "clock/restart" || f.has(clock) && s.given || missing(f.needs) != ""
	})
	if len(fitting) == 0 {
		return false, fmt.Errorf("none of these faults can be part of the weather")
	}
	t := &trial{settings: s, fault: world, options: "store {\n  max_size = \"16MiB\"\n}\n"}
	defer t.clean()
	if err := t.prepare(ctx); err != nil {
		return false, err
	}
	y := &year{trial: t, world: world, kinds: fitting}
	err := t.watched(ctx, func() error { return y.pass(ctx) })
	if err == nil {
		y.finish(ctx)
	}
	if t.vega.cmd != nil {
		t.vega.kill()
	}
	y.report()
	return y.good, err
}

// year is one vega in all weathers.
type year struct {
	*trial
	world fault
	kinds []fault
	good  bool
	held  []footprint // after each fault
	met   map[string]int
}

// pass lets faults happen until the time is over, or vega does not recover.
func (y *year) pass(ctx context.Context) error {
	y.good, y.met = true, map[string]int{}
	fmt.Println("| " + strings.Join(headings, " | ") + " |")
	fmt.Println("|" + strings.Repeat("---|", len(headings)))
	longest := y.during
	for end := time.Now().Add(y.weather); time.Now().Before(end) && ctx.Err() == nil; {
		f := y.kinds[rand.N(len(y.kinds))]
		y.met[f.name]++
		y.next(f)
		y.during = longest/4 + rand.N(longest*3/4)
		if err := y.happen(ctx); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if !y.conclude(ctx) {
			return fmt.Errorf("not well after %s: %s", f.name, y.vega.log.tail())
		}
	}
	return ctx.Err()
}

// next makes the trial one of another fault, in the same world.
func (y *year) next(f fault) {
	f.place, f.routed, f.named, f.clients = y.world.place, y.world.routed, y.world.named, y.world.clients
	y.fault, y.result = f, result{name: f.name}
	y.vega.log.forget()
	y.writers.forget()
	y.watcher.forget()
}

// conclude judges the fault, prints its row and reports whether vega is well.
func (y *year) conclude(ctx context.Context) bool {
	r := &y.result
	r.held[1] = y.vega.footprint(ctx)
	y.held = append(y.held, r.held[1])
	if !y.vega.alive() || !r.well {
		r.fails("not well after the end of the fault")
	}
	y.judgeChecks(r)
	y.judgeReady(r)
	y.judgeAnswers(r)
	r.answers = y.writers.summary()
	y.keepAside(ctx)
	fmt.Println("| " + strings.Join(r.row(), " | ") + " |")
	for _, line := range r.wrong {
		fmt.Printf("%s: DOES NOT HOLD: %s\n", r.name, line)
	}
	y.good = y.good && r.holds()
	return r.well
}

// keepAside notes the rows in the files that vega has set aside, and removes the
// files: the disk of the trial is small.
func (y *year) keepAside(ctx context.Context) {
	var l ledger
	y.readAside(ctx, &l)
	for _, file := range setAside(y.data("")) {
		for _, side := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(file + side) // most have no side files
		}
	}
}

// finish stops vega and looks for the rows.
func (y *year) finish(ctx context.Context) {
	r := &y.result
	*r = result{name: "all"}
	r.stopped, r.exit = y.vega.stop(drain + 5*time.Second)
	r.ledger = y.audit(ctx)
	y.fault = fault{destroys: true}
	y.judgeRows(r)
	y.judgeProcess(r)
	y.judgeGrowth(r)
	y.good = y.good && r.holds()
}

// judgeGrowth compares the first faults with the last ones.
func (y *year) judgeGrowth(r *result) {
	part := len(y.held) / 4
	if part < 2 {
		return
	}
	first, last := y.held[:part], y.held[len(y.held)-part:]
	for _, g := range []struct {
		what  string
		of    func(footprint) int64
		allow int64
	}{
		{"descriptors", func(f footprint) int64 { return int64(f.descriptors) }, 4},
		{"threads", func(f footprint) int64 { return int64(f.thread) }, 6},
		{"goroutines", func(f footprint) int64 { return int64(f.goroutines) }, 8},
		{"MiB of RSS", func(f footprint) int64 { return f.rss >> 20 }, 24},
		{"MiB of files", func(f footprint) int64 { return f.files >> 20 }, 24},
	} {
		was, is := middle(first, g.of), middle(last, g.of)
		r.facts = append(r.facts, fmt.Sprintf("%s: %d in the first quarter, %d in the last", g.what, was, is))
		if is > was+g.allow {
			r.fails("%s grew from %d to %d", g.what, was, is)
		}
	}
}

// middle returns the median of a figure.
func middle(all []footprint, of func(footprint) int64) int64 {
	var values []int64
	for _, f := range all {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (y *year) report() {
	l := y.result.ledger
	fmt.Printf("%d faults: %s\n", len(y.held), counts(y.met))
	fmt.Printf("rows acknowledged %d, stored %d, set aside %d, destroyed by faults %d, lost %d\n", l.acknowledged, l.stored, l.aside, l.destroyed, l.lost)
	for _, line := range y.result.facts {
		fmt.Println(line)
	}
	for _, line := range y.result.wrong {
		fmt.Println("DOES NOT HOLD:", line)
	}
}

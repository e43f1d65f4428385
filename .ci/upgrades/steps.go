package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// victim is what is killed in a step. Each kill begins in the same state.
type victim interface {
	// open prepares what all kills share.
	open(ctx context.Context) error
	// begin prepares one kill, and starts the process.
	begin(ctx context.Context, n int, trace bool) (*process, error)
	// finished waits until the process has done what it is for, and ends it.
	finished(ctx context.Context, p *process) error
	// after looks at what a kill left, tries again, and looks again.
	after(ctx context.Context, n int, t *tally) error
	close() error
}

// step is a step of an upgrade, or of the way back.
type step struct {
	name, what string
	victim     func(w *world) victim
}

func steps() []step {
	return []step{
		{"backup", "vega backup FILE next to the old version, which runs", func(w *world) victim { return &backup{world: w} }},
		{"upgrade", "the first start of the new version", func(w *world) victim { return &upgrade{world: w} }},
		{"back", "vega restore of the backup that the upgrade made, for the old version", func(w *world) victim {
			return &restore{world: w, mark: "upgrade", then: w.old}
		}},
		{"restore", "vega restore of the backup of the first step, for the new version", func(w *world) victim {
			return &restore{world: w, mark: "backup", then: w.program}
		}},
	}
}

// tally is what happened to one step in one size.
type tally struct {
	step, size string
	kills      int
	hit        map[string]int // by what was found on the disk
	lost       int            // acknowledged conversations
	lacks      int64          // runs
	wrong      int            // databases that were damaged, or differed
	left       int            // files after a successful retry
	again      []time.Duration
	first      time.Duration // how long the step takes
	calls      int
	writes     int // of pages
}

// killed kills a step n times.
func (w *world) killed(ctx context.Context, s step, n int) (tally, error) {
	t := tally{step: s.name, size: w.name, hit: map[string]int{}}
	if n == 0 {
		return t, nil
	}
	v := s.victim(w)
	err := v.open(ctx)
	if err == nil {
		err = w.unkilled(ctx, v, &t)
	}
	if err != nil {
		return t, err
	}
	fmt.Printf("%s, %s: takes %.2f s, %d watched calls, %d writes\n", s.name, w.name, t.first.Seconds(), t.calls, t.writes)
	for i, m := range w.moments(n, t.first, t.calls, t.writes) {
		p, err := v.begin(ctx, i, m.traced())
		if err != nil {
			return t, err
		}
		m.strike(p)
		t.kills++
		if err := v.after(ctx, i, &t); err != nil {
			return t, fmt.Errorf("kill %d: %w", i+1, err)
		}
		if ctx.Err() != nil {
			return t, ctx.Err()
		}
	}
	return t, v.close()
}

// unkilled lets a step succeed, to learn how long it takes and which calls it makes.
func (w *world) unkilled(ctx context.Context, v victim, t *tally) error {
	for _, trace := range []bool{false, true} {
		if trace && w.strace == "" || !trace && w.strace != "" && w.short {
			continue
		}
		p, err := v.begin(ctx, 0, trace)
		if err != nil {
			return err
		}
		if err := v.finished(ctx, p); err != nil {
			return err
		}
		if t.calls, t.writes = len(p.calls), len(p.writes); t.first == 0 {
			t.first = time.Since(p.began)
		}
		if err := v.after(ctx, 0, t); err != nil {
			return err
		}
	}
	clear(t.hit)
	t.again = nil
	return nil
}

// note adds what an audit found.
func (t *tally) note(w *world, what string, f found) {
	t.lost += f.lost
	t.lacks += max(0, f.lacks)
	if len(f.wrong) > 0 {
		t.wrong++
		w.fails("%s, %s, kill %d, %s: %s", t.step, t.size, t.kills, what, strings.Join(f.wrong, "; "))
	}
}

// look audits a file and notes what it found.
func (t *tally) look(ctx context.Context, w *world, what, file string, must acknowledged) (found, error) {
	f, err := w.audit(ctx, file, must, w.name == "small" || t.kills <= 1)
	if err == nil {
		t.note(w, what, f)
	}
	return f, err
}

// tidy notes files that the retry left.
func (t *tally) tidy(w *world, s *site) {
	if left := s.leftovers(); len(left) > 0 {
		t.left += len(left)
		w.fails("%s, %s, kill %d: left over after the retry: %s", t.step, t.size, t.kills, strings.Join(left, ", "))
	}
}

var headings = []string{"step", "database", "kills", "found on the disk after the kill", "conversations lost", "runs lost", "damaged", "left over", "step takes", "retry p50, max"}

func show(rows []tally) {
	if len(rows) == 0 {
		return
	}
	fmt.Println("\n| " + strings.Join(headings, " | ") + " |\n|" + strings.Repeat("---|", len(headings)))
	for _, t := range rows {
		if t.kills > 0 {
			fmt.Println("| " + strings.Join(t.row(), " | ") + " |")
		}
	}
}

func (t *tally) row() []string {
	var hit []string
	for _, name := range slices.Sorted(maps.Keys(t.hit)) {
		hit = append(hit, fmt.Sprintf("%s %d", name, t.hit[name]))
	}
	slices.Sort(t.again)
	var p50, most time.Duration
	if n := len(t.again); n > 0 {
		p50, most = t.again[n/2], t.again[n-1]
	}
	return []string{
		t.step, t.size, fmt.Sprint(t.kills), strings.Join(hit, ", "), fmt.Sprint(t.lost), fmt.Sprint(t.lacks), fmt.Sprint(t.wrong), fmt.Sprint(t.left),
		fmt.Sprintf("%.2f s", t.first.Seconds()), fmt.Sprintf("%.2f, %.2f s", p50.Seconds(), most.Seconds()),
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// anyOf reports whether a file with such a name exists.
func anyOf(pattern string) bool {
	names, err := filepath.Glob(pattern)
	return err == nil && len(names) > 0
}

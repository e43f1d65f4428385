package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"
)

// contender is one way to do the work. Its CPU time is read before and after a
// round. Each meter is a row of the table.
type contender struct {
	meters []meter
	check  func(context.Context) error
	share  int // it makes one in share runs of a round, because it is slow; 0 means 1
}

type meter struct {
	name string
	read func() time.Duration
}

// outcome is the result of the rounds of one meter.
type outcome struct {
	name   string
	cpu    []time.Duration // of 1,000 checks, for each round
	median time.Duration
	took   time.Duration // median of one check's wall time
}

// inTurn makes rounds in which each contender takes its turn, so that disturbances
// of the machine affect all of them.
func inTurn(ctx context.Context, rounds int, all []contender, round func(context.Context, *contender) ([]time.Duration, error)) ([]outcome, error) {
	var out []outcome
	first := make([]int, len(all))
	for n, c := range all {
		first[n] = len(out)
		for _, m := range c.meters {
			out = append(out, outcome{name: m.name})
		}
		if err := c.check(ctx); err != nil { // once without measuring
			return nil, fmt.Errorf("%s: %w", c.meters[0].name, err)
		}
	}
	for range rounds {
		for n := range all {
			if err := measure(ctx, &all[n], out[first[n]:], round); err != nil {
				return nil, fmt.Errorf("%s: %w", all[n].meters[0].name, err)
			}
		}
	}
	for n := range out {
		out[n].median = median(out[n].cpu)
	}
	return out, nil
}

func measure(ctx context.Context, c *contender, out []outcome, round func(context.Context, *contender) ([]time.Duration, error)) error {
	runtime.GC() // a contender does not collect another's garbage
	before := make([]time.Duration, len(c.meters))
	for n, m := range c.meters {
		before[n] = m.read()
	}
	took, err := round(ctx, c)
	if err != nil {
		return err
	}
	for n, m := range c.meters {
		out[n].cpu = append(out[n].cpu, (m.read()-before[n])*1000/time.Duration(len(took)))
		out[n].took = median(took)
	}
	return nil
}

// printTurns prints CPU seconds, and their ratios to the first rows.
func printTurns(all []outcome, firsts int, goals map[string]string) {
	t := &table{}
	head := []any{"CPU s per 1,000", "median", "rounds", "wall p50"}
	for _, o := range all[:firsts] {
		head = append(head, "× "+o.name)
	}
	t.row(append(head, "goal")...)
	for _, o := range all {
		var rounds string
		for _, c := range o.cpu {
			rounds += fmt.Sprintf("%.3f ", c.Seconds())
		}
		cells := []any{o.name, o.median.Seconds(), rounds, o.took}
		for _, f := range all[:firsts] {
			cells = append(cells, fmt.Sprintf("%.2f", float64(o.median)/float64(f.median)))
		}
		t.row(append(cells, goals[o.name])...)
	}
	t.print()
}

// spawn runs a program with its streams closed, and returns an error unless its
// exit code is 0.
func spawn(ctx context.Context, null *os.File, path string, args ...string) error {
	p, err := os.StartProcess(path, append([]string{path}, args...), &os.ProcAttr{Files: []*os.File{null, null, null}, Env: []string{}})
	if err != nil {
		return err
	}
	state, err := p.Wait()
	if err == nil && !state.Success() {
		err = fmt.Errorf("%s: %s", path, state)
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

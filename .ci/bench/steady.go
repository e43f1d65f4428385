package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"vega/policies/check"
)

// steadySteps is the number of steps after which the process is measured.
const steadySteps = 10

// steady runs guests of every kind many times in one process: alternately two that
// do nothing, every tenth run an HTTP check, and every hundredth one that must be
// stopped. Nothing may grow.
func steady(ctx context.Context, b *bench) error {
	target, stop, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer stop()
	g := &mixed{}
	defer g.close()
	if err := g.load(ctx, b, target); err != nil {
		return err
	}
	t := &table{}
	t.row("runs", "heap in use", "RSS", "goroutines", "threads", "fds", "mappings")
	var looks []look
	step := max(1, b.runs/steadySteps)
	for done := 0; done <= b.runs; done += step {
		if done > 0 {
			if err := g.runMany(ctx, done-step, done); err != nil {
				return err
			}
		}
		l, err := lookAtSelf()
		if err != nil {
			return err
		}
		looks = append(looks, l)
		t.row(done, mib(l.heap), mib(l.rss), l.goroutines, l.thread, l.fds, l.mappings)
	}
	t.print()
	fmt.Println(goal(looks[len(looks)-1].flat(looks[1]), "no more after the last step than after the first"))
	return nil
}

// look is the footprint of this process after garbage collection.
type look struct {
	footprint
	heap       int64
	goroutines int
}

// flat reports whether nothing grew, except what the runtime keeps at its
// discretion.
func (l look) flat(first look) bool {
	return l.goroutines <= first.goroutines+1 && l.fds <= first.fds+1 && l.mappings <= first.mappings+5 &&
		l.heap <= first.heap+first.heap/20 && l.rss <= first.rss+16<<20
}

func lookAtSelf() (look, error) {
	time.Sleep(50 * time.Millisecond) // connections are closed in the background
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	held, err := footprintOf(os.Getpid())
	return look{held, int64(m.HeapAlloc), runtime.NumGoroutine()}, err
}

// mixed are the guests that steady runs.
type mixed struct{ goNoop, wat, web, spin *guest }

func (g *mixed) load(ctx context.Context, b *bench, target string) (err error) {
	if g.goNoop, err = b.goNoop(ctx); err != nil {
		return err
	}
	if g.wat, err = b.bare(ctx, noopWasm, "watnoop", "noop"); err != nil {
		return err
	}
	if g.web, err = b.coreHTTP(ctx, target); err != nil {
		return err
	}
	if g.spin, err = b.bare(ctx, spinWasm, "stranger", "spin"); err != nil {
		return err
	}
	g.spin.input.Timeout = 20 * time.Millisecond
	return nil
}

func (g *mixed) close() {
	for _, one := range []*guest{g.goNoop, g.wat, g.web, g.spin} {
		if one != nil {
			one.close()
		}
	}
}

func (g *mixed) runMany(ctx context.Context, from, to int) error {
	for n := from; n < to; n++ {
		if err := g.run(ctx, n); err != nil {
			return fmt.Errorf("run %d: %w", n, err)
		}
	}
	return ctx.Err()
}

func (g *mixed) run(ctx context.Context, n int) error {
	switch {
	case n%100 == 0:
		if r := g.spin.module.Run(ctx, g.spin.input); r.Status == check.Healthy {
			return fmt.Errorf("a module that never ends is healthy: %s", r.Message)
		}
		return nil
	case n%10 == 0:
		return g.web.run(ctx)
	case n%2 == 0:
		return g.wat.run(ctx)
	default:
		return g.goNoop.run(ctx)
	}
}

package main

import (
	"context"
	"os"
	"time"
)

const nagios = "/usr/lib/nagios/plugins/"

// noop measures a run that does nothing, in the sandbox and in a new process as for
// Nagios plugins.
func noop(ctx context.Context, b *bench) error {
	dummy, err := peer(nagios+"check_dummy", "monitoring-plugins-basic")
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	goGuest, err := b.goNoop(ctx)
	if err != nil {
		return err
	}
	defer goGuest.close()
	watGuest, err := b.bare(ctx, noopWasm, "watnoop", "noop")
	if err != nil {
		return err
	}
	defer watGuest.close()

	all, err := inTurn(ctx, b.rounds, []contender{
		{meters: []meter{{"vega, Go guest", cpuOfSelf}}, check: goGuest.run},
		{meters: []meter{{"vega, WAT guest", cpuOfSelf}}, check: watGuest.run},
		{
			meters: []meter{
				{"check_dummy 0", func() time.Duration { return cpuOfSelf() + cpuOfChildren() }},
				{"check_dummy 0, without its parent's fork and wait", cpuOfChildren},
			},
			check: func(ctx context.Context) error { return spawn(ctx, null, dummy, "0") },
			share: 10,
		},
	}, func(ctx context.Context, c *contender) ([]time.Duration, error) {
		return inARow(ctx, b.noops/max(1, c.share), c.check)
	})
	if err != nil {
		return err
	}
	fork := float64(all[2].median)
	inGo, inWAT := fork/float64(all[0].median), fork/float64(all[1].median)
	printTurns(all, 2, map[string]string{
		all[0].name: goal(inGo >= 4, "≥4× cheaper than check_dummy"),
		all[1].name: goal(inWAT >= 20, "≥20× cheaper than check_dummy"),
	})
	return nil
}

// inARow runs n checks sequentially and returns how long each took.
func inARow(ctx context.Context, n int, check func(context.Context) error) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if err := check(ctx); err != nil {
			return nil, err
		}
		took[i] = time.Since(began)
	}
	return took, nil
}

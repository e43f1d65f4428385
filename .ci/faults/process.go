package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

func killFaults() []fault {
	return []fault{{
		name: "kill", what: "SIGKILL at random moments, and a start, again and again", short: true,
		fewer: true, mute: true, killed: true, clients: 2 * time.Millisecond, whole: kills,
	}}
}

// kills kills vega and starts it again. After each time, every row that was
// acknowledged must be in the files.
func kills(ctx context.Context, t *trial) error {
	var ready []time.Duration
	for n := range t.kills {
		time.Sleep(300*time.Millisecond + rand.N(1500*time.Millisecond))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.vega.kill()
		// No row can be acknowledged now: the process is dead.
		t.auditKilled(ctx, n)
		took, err := t.vega.start(ctx)
		if err != nil {
			return fmt.Errorf("start after kill %d: %w", n+1, err)
		}
		ready = append(ready, took)
	}
	slices.Sort(ready)
	t.result.facts = append(t.result.facts, fmt.Sprintf("%d kills, %d rows acknowledged by the last: start to ready in %s at p50, %s at most",
		t.kills, len(t.writers.acknowledged()), ready[len(ready)/2].Round(time.Millisecond), ready[len(ready)-1].Round(time.Millisecond)))
	return nil
}

func (t *trial) auditKilled(ctx context.Context, n int) {
	l := t.audit(ctx)
	if l.lost > 0 || l.integrity != "ok" {
		t.result.fails("kill %d: %d of %d acknowledged rows are lost, integrity %s", n+1, l.lost, l.acknowledged, l.integrity)
	}
}

func processFaults() []fault {
	return []fault{
		{
			name: "stop/short", what: "SIGSTOP, and SIGCONT before vega counts as having been away", fewer: true, mute: true,
			whole: func(_ context.Context, t *trial) error {
				for range 4 {
					if err := unix.Kill(t.vega.pid(), unix.SIGSTOP); err != nil {
						return err
					}
					time.Sleep(9 * time.Second)
					if err := unix.Kill(t.vega.pid(), unix.SIGCONT); err != nil {
						return err
					}
					time.Sleep(4 * time.Second)
				}
				return nil
			},
		},
		{
			name: "stop", what: "SIGSTOP, and SIGCONT", short: true, fewer: true, mute: true,
			begin: func(_ context.Context, t *trial) error { return unix.Kill(t.vega.pid(), unix.SIGSTOP) },
			end:   func(_ context.Context, t *trial) error { return unix.Kill(t.vega.pid(), unix.SIGCONT) },
		},
		{
			name: "stop/again", what: "SIGSTOP and SIGCONT ten times a second", fewer: true,
			whole: func(_ context.Context, t *trial) error {
				for end := time.Now().Add(t.during); time.Now().Before(end); {
					if err := unix.Kill(t.vega.pid(), unix.SIGSTOP); err != nil {
						return err
					}
					time.Sleep(80 * time.Millisecond)
					if err := unix.Kill(t.vega.pid(), unix.SIGCONT); err != nil {
						return err
					}
					time.Sleep(20 * time.Millisecond)
				}
				return nil
			},
		},
	}
}

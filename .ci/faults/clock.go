package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// buildClock builds vega with a wall clock that a file moves.
func buildClock(ctx context.Context, work string) (string, error) {
	dir := filepath.Join(work, "clock")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	overlay, err := exec.CommandContext(ctx, "go", "run", "./.ci/faults/clock", dir).Output()
	if err != nil {
		return "", fmt.Errorf("go run ./.ci/faults/clock: %w", err)
	}
	program := filepath.Join(dir, "vega")
	return program, command(ctx, "nice", "-n", "19", "go", "build", "-overlay", string(bytes.TrimSpace(overlay)), "-o", program, "./daemon/vega")
}

func clockFaults() []fault {
	jump := func(name, what string, short bool, by func() time.Duration) fault {
		return fault{
			name: "clock/" + name, what: "the wall clock jumps " + what + ", and back", short: short, needs: []need{clock},
			begin: func(_ context.Context, t *trial) error { return t.moveClock(by()) },
			end:   func(_ context.Context, t *trial) error { return t.moveClock(0) },
		}
	}
	constant := func(d time.Duration) func() time.Duration { return func() time.Duration { return d } }
	const day = 24 * time.Hour
	return []fault{
		{
			name: "clock/restart", what: "vega starts with a wall clock 400 days ahead, and then with the right one", needs: []need{clock}, fewer: true, mute: true,
			whole: func(ctx context.Context, t *trial) error {
				err := t.restart(ctx, 400*day)
				if err == nil {
					time.Sleep(t.during)
					err = t.restart(ctx, 0)
				}
				return err
			},
		},
		jump("+1s", "a second ahead, as before a leap second", false, constant(time.Second)),
		jump("-1s", "back by a second, as after a leap second", false, constant(-time.Second)),
		jump("+10y", "ten years ahead", false, constant(3652*day)),
		jump("-10y", "back by ten years", false, constant(-3652*day)),
		jump("+1h", "an hour ahead", false, constant(time.Hour)),
		jump("-1h", "back by an hour", true, constant(-time.Hour)),
		jump("+1d", "a day ahead", false, constant(day)),
		jump("-1d", "back by a day", false, constant(-day)),
		jump("+400d", "400 days ahead", false, constant(400*day)),
		jump("-400d", "back by 400 days", false, constant(-400*day)),
		jump("1970", "to 1970", true, func() time.Duration { return time.Until(time.Unix(60, 0)) }),
	}
}

// moveClock writes the offset of vega's wall clock.
func (t *trial) moveClock(by time.Duration) error {
	path := t.offset()
	if err := os.WriteFile(path+".new", []byte(by.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// restart stops vega, and starts it with another offset of its wall clock.
func (t *trial) restart(ctx context.Context, by time.Duration) error {
	if _, code := t.vega.stop(drain + 5*time.Second); code != 0 {
		t.result.fails("exit code %d after SIGTERM", code)
	}
	if err := t.moveClock(by); err != nil {
		return err
	}
	_, err := t.vega.start(ctx)
	return err
}

func (t *trial) offset() string { return filepath.Join(t.dir, "offset") }

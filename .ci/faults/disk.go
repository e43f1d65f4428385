package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// diskFaults make the disk slow, and hang.
func diskFaults() []fault {
	return []fault{
		{
			name: "disk/slow", what: "the disk writes one block a second", needs: []need{root, loop, ioGroup}, place: ext4, storage: true, harmless: true, mute: true,
			begin: func(_ context.Context, t *trial) error { return limitWrites(t, 1) },
			end:   func(_ context.Context, t *trial) error { return t.state.(throttle).set(0) },
		},
		{
			name: "disk/slower", what: "the disk writes twenty blocks a second", needs: []need{root, loop, ioGroup}, place: ext4, mute: true,
			begin: func(_ context.Context, t *trial) error { return limitWrites(t, 20) },
			end:   func(_ context.Context, t *trial) error { return t.state.(throttle).set(0) },
		},
		{
			name: "disk/hangs", what: "no write to the disk returns, as on a dead network disk", needs: []need{root, loop}, place: ext4, storage: true, short: true, least: 16 * time.Second, // a write that does not end is noticed after 10
			mute: true, // a write that is already in the kernel can't be answered
			begin: func(ctx context.Context, t *trial) error {
				t.atEnd(func() { _ = thaw(context.Background(), t) })
				return command(ctx, "fsfreeze", "--freeze", t.disk)
			},
			end: thaw,
		},
	}
}

func thaw(ctx context.Context, t *trial) error {
	return command(ctx, "fsfreeze", "--unfreeze", t.disk)
}

// throttle limits what vega writes to the disk of the trial.
type throttle struct {
	group  group
	device string
}

// set sets how many writes a second are possible; 0 is no limit.
func (t throttle) set(writes int) error {
	return t.group.set("blkio.throttle.write_iops_device", fmt.Sprintf("%s %d", t.device, writes))
}

func limitWrites(t *trial, writes int) error {
	g, err := t.group("blkio")
	if err != nil {
		return err
	}
	var at unix.Stat_t
	if err := unix.Stat(t.disk, &at); err != nil {
		return err
	}
	limit := throttle{g, fmt.Sprintf("%d:%d", unix.Major(at.Dev), unix.Minor(at.Dev))}
	t.state = limit
	return limit.set(writes)
}

// logFaults take the reader of vega's log away.
func logFaults() []fault {
	return []fault{{
		name: "log/stuck", what: "nobody reads the log, and somebody does",
		begin: func(_ context.Context, t *trial) error { t.vega.log.stuck.Store(true); return nil },
		end:   func(_ context.Context, t *trial) error { t.vega.log.stuck.Store(false); return nil },
	}}
}

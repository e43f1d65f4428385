package main

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// limitFaults take resources from the running process.
func limitFaults() []fault {
	return []fault{
		{
			name: "descriptors", what: "the limit of open files is lowered below those that are open: no file or socket can be opened", short: true,
			needs: []need{root}, fewer: true, storage: true, brief: true, mute: true,
			begin: func(_ context.Context, t *trial) error { return limitFiles(t, 3) },
			end:   func(_ context.Context, t *trial) error { return limitFiles(t, 0) },
		},
		{
			name: "file-size", what: "the limit of the size of files is lowered to 64 KiB", needs: []need{root}, storage: true,
			begin: func(_ context.Context, t *trial) error { return limitSize(t, 64<<10) },
			end:   func(_ context.Context, t *trial) error { return limitSize(t, unix.RLIM_INFINITY) },
		},
		{
			name: "ports", what: "the only ephemeral port is in use", needs: []need{root, network}, fewer: true,
			begin: usePorts, end: freePorts,
		},
		{
			name: "memory", what: "the cgroup's limit is lowered to 24 MiB more than is used", short: true,
			needs: []need{root, memoryGroup},
			begin: func(ctx context.Context, t *trial) error { return squeeze(ctx, t) },
			end:   func(_ context.Context, t *trial) error { return t.state.(group).limitMemory(0) },
		},
		{
			name: "processor", what: "the cgroup's quota is 5 % of a processor", short: true, needs: []need{root, cpuGroup}, fewer: true, mute: true,
			begin: func(_ context.Context, t *trial) error {
				g, err := t.group("cpu")
				if err != nil {
					return err
				}
				t.state = g
				return g.limitProcessor(5)
			},
			end: func(_ context.Context, t *trial) error { return t.state.(group).limitProcessor(0) },
		},
	}
}

// limitFiles sets the soft limit of open files of vega; 0 restores it to the hard
// limit, which the Go runtime had set it to.
func limitFiles(t *trial, n uint64) error {
	var now unix.Rlimit
	if err := unix.Prlimit(t.vega.pid(), unix.RLIMIT_NOFILE, nil, &now); err != nil {
		return err
	}
	now.Cur = n
	if n == 0 {
		now.Cur = now.Max
	}
	return unix.Prlimit(t.vega.pid(), unix.RLIMIT_NOFILE, &now, nil)
}

// limitSize sets the soft limit of the size of files that vega writes.
func limitSize(t *trial, n uint64) error {
	var now unix.Rlimit
	if err := unix.Prlimit(t.vega.pid(), unix.RLIMIT_FSIZE, nil, &now); err != nil {
		return err
	}
	now.Cur = n
	return unix.Prlimit(t.vega.pid(), unix.RLIMIT_FSIZE, &now, nil)
}

// group makes a cgroup with vega in it, until the end of the trial.
func (t *trial) group(controller string) (group, error) {
	g, err := newGroup(controller, t.vega.pid())
	if err != nil {
		return "", err
	}
	t.atEnd(func() {
		for range 50 { // until the kernel has let go of the process
			if os.Remove(string(g)) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	return g, nil
}

// squeeze lowers the memory limit. What vega used before it came into the cgroup is
// not charged to it, so the limit is only for what it takes from now on.
func squeeze(_ context.Context, t *trial) error {
	g, err := t.group("memory")
	if err != nil {
		return err
	}
	t.state = g
	return g.limitMemory(24 << 20)
}

const portRange = "/proc/sys/net/ipv4/ip_local_port_range"

// usePorts leaves vega's namespace one ephemeral port, and uses that one for each
// address that vega connects to.
func usePorts(ctx context.Context, t *trial) error {
	var held []net.Conn
	err := t.near.do(func() error {
		was, err := os.ReadFile(portRange)
		if err != nil {
			return err
		}
		t.atEnd(func() { _ = t.near.do(func() error { return os.WriteFile(portRange, was, 0) }) })
		if err := os.WriteFile(portRange, []byte("61000 61000"), 0); err != nil {
			return err
		}
		for _, l := range []net.Listener{t.target.web, t.target.raw} {
			c, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
			switch {
			case err == nil:
				held = append(held, c)
			case !errors.Is(err, unix.EADDRNOTAVAIL): // a check has just used it
				return err
			}
		}
		return nil
	})
	t.state = held
	return err
}

func freePorts(_ context.Context, t *trial) (err error) {
	for _, c := range t.state.([]net.Conn) {
		err = errors.Join(err, c.Close())
	}
	return errors.Join(err, t.near.do(func() error { return os.WriteFile(portRange, []byte("32768 60999"), 0) }))
}

package tracing

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// logInterval is the minimum interval between log lines about failures of a signal.
const logInterval = time.Minute

// counter counts what was not exported of a signal.
type counter struct {
	what            string
	dropped, failed atomic.Int64
	logged          atomic.Pointer[time.Time]
}

func (c *counter) stats() Stats { return Stats{c.what, c.dropped.Load(), c.failed.Load()} }

// due reports whether a minute has passed since it last did.
func (c *counter) due() bool {
	now := time.Now()
	last := c.logged.Load()
	return (last == nil || now.Sub(*last) > logInterval) && c.logged.CompareAndSwap(last, &now)
}

// log logs that a signal is not exported, at most once a minute.
func (c *counter) log(to *slog.Logger, why string) {
	if c.due() {
		to.Warn("can't export to the OTLP collector; this is logged at most once a minute", "signal", c.what, "reason", why, "failed", c.failed.Load(), "dropped", c.dropped.Load())
	}
}

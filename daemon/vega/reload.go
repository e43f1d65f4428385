package main

import (
	"context"

	"vega/daemon"
	"vega/daemon/telemetry"
)

// reloadOnSignal reloads the configuration at each SIGHUP. What came of it is
// in the log.
func (s *service) reloadOnSignal(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hup:
			ctx := telemetry.WithID(ctx, telemetry.NewID())
			_, _ = s.daemon.Reload(ctx, daemon.BySignal)
		}
	}
}

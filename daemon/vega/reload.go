package main

import (
	"context"

	"vega/daemon"
	"vega/daemon/telemetry"
)

// reloadOnSignal reloads the configuration on each SIGHUP. The daemon logs the
// outcome.
func (s *service) reloadOnSignal(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hup:
			ctx := telemetry.WithID(ctx, telemetry.NewID())
			s.tell(stateReloading, "reloads the configuration")
			_, _ = s.daemon.Reload(ctx, daemon.BySignal)
			s.tell(stateReady, "answers on "+s.server.URL())
		}
	}
}

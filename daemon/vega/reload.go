package main

import (
	"context"

	"vega/daemon/telemetry"
)

// reloadOnSignal reloads the configuration at each SIGHUP. One that can't be
// used is told in the log, and changes nothing.
func (s *service) reloadOnSignal(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hup:
			ctx := telemetry.WithID(ctx, telemetry.NewID())
			if err := s.daemon.Reload(ctx); err != nil {
				s.logs.ErrorContext(ctx, "reload", "err", err)
			}
		}
	}
}

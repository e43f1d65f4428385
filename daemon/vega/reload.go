package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"vega/daemon/telemetry"
)

// reloadOnSignal reloads the configuration at each SIGHUP. One that can't be
// used is told in the log, and changes nothing.
func (s *service) reloadOnSignal(ctx context.Context) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			ctx := telemetry.WithID(ctx, telemetry.NewID())
			if err := s.daemon.Reload(ctx); err != nil {
				s.logs.ErrorContext(ctx, "reload", "err", err)
			}
		}
	}
}

package main

import (
	"context"

	"vega/daemon/config"
	"vega/daemon/telemetry/metrics"
)

// listenForScrapes listens on metrics.listen, if it is set.
func (s *service) listenForScrapes(ctx context.Context, cfg *config.Config) (string, error) {
	move, err := s.scrapes.Prepare(ctx, cfg.Telemetry.Metrics.Listen)
	if err != nil {
		return "", err
	}
	move.Commit()
	return "http://" + s.scrapes.Address() + "/metrics, without a key", nil
}

// moveScrapes prepares the change to another metrics.listen. The caller commits or undoes
// it, unless it is nil, because vega is starting and does not listen yet.
func (s *service) moveScrapes(cfg *config.Config) (*metrics.Move, error) {
	if s.scrapes == nil {
		return nil, nil
	}
	return s.scrapes.Prepare(context.Background(), cfg.Telemetry.Metrics.Listen)
}

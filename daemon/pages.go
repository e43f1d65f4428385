package daemon

import (
	"context"
	"slices"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/policies/alert"
	"vega/policies/check"
)

// forPages is the part of a Daemon that only the dashboard needs.
type forPages struct {
	daemon *Daemon
	board  *live.Board
}

// newForPages returns it, and the sink that fills the board.
func newForPages(d *Daemon) (forPages, engine.NamedSink) {
	p := forPages{d, live.New()}
	return p, engine.NamedSink{Name: "live", Sink: p.board}
}

// Live returns what the pages show of the last runs.
func (p *forPages) Live() *live.Board { return p.board }

// configure makes the board follow the integrations of a configuration.
func (p *forPages) configure(cfg *config.Config) {
	names := make([]string, len(cfg.Integrations))
	for n, i := range cfg.Integrations {
		names[n] = i.Name
	}
	p.board.Configure(names)
}

// recall reads the stored runs of integrations that have none on the board, until ctx ends.
func (p *forPages) recall(ctx context.Context) {
	p.board.Recall(ctx, func(ctx context.Context, name string, limit int) ([]check.Run, time.Time, error) {
		r, err := p.daemon.store.Recent(ctx, name, limit)
		return r.Runs, r.Since, err
	}, func(err error) {
		p.daemon.options.Log.Warn("can't read the runs before the start; the dashboard shows later ones only, until the next try succeeds", "err", err)
	})
}

// Block returns the block that configures an integration, as it was when the
// configuration in force was loaded, without secrets.
func (p *forPages) Block(name string) (config.Block, error) {
	b, ok := p.daemon.inForce().Config.Block(name)
	if ok {
		return b, nil
	}
	if _, err := p.daemon.engine.Integration(name); err != nil {
		return config.Block{}, err
	}
	b, _ = p.daemon.inForce().Config.Block(name) // a reload has just added it
	return b, nil
}

// Maintenance returns the integrations that have a maintenance window open at a time.
func (p *forPages) Maintenance(at time.Time) map[string]bool {
	c, open := p.daemon.inForce().Config, map[string]bool{}
	var matchers []*alert.Matcher
	for n := range c.Windows {
		if now, _ := c.Windows[n].Open(at); now {
			matchers = append(matchers, alert.NewMatcher(c.Windows[n].Integrations))
		}
	}
	if len(matchers) == 0 {
		return open
	}
	for _, i := range c.Watched() {
		if slices.ContainsFunc(matchers, func(m *alert.Matcher) bool { return m.Match(&i) }) {
			open[i.Name] = true
		}
	}
	return open
}

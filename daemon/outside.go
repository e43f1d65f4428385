package daemon

import (
	"io"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/egress"
)

// Outside is what the probes of a configuration reach, for who runs them
// without a daemon. vega's own store is not among the databases. Close ends
// the connections.
func Outside(cfg *config.Config) (*egress.Network, plugins.Databases, io.Closer, error) {
	n, err := newNetwork(cfg.Network)
	if err != nil {
		return nil, nil, nil, err
	}
	d := databasesOf(cfg, nil, nil)
	d.Retain()
	return n, d, closer(d.Release), nil
}

type closer func() error

func (c closer) Close() error { return c() }

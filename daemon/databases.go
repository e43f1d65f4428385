package daemon

import (
	"context"
	"fmt"
	"io"
	"slices"

	"vega/daemon/config"
	"vega/daemon/config/telemetry"
	"vega/daemon/databases"
	"vega/plugins"
	"vega/plugins/egress"
)

// databasesOf returns the databases of a configuration, and vega's own. The observer may be
// nil.
func databasesOf(cfg *config.Config, own databases.Own, observer databases.Observer, before *databases.Set) *databases.Set {
	all := make([]databases.Config, len(cfg.Databases))
	for n, c := range cfg.Databases {
		all[n] = databases.Config{Name: c.Name, Driver: c.Driver, DSN: c.DSN, Resolver: cfg.Network.Resolver, CAFile: cfg.Network.CAFile, Observer: observer}
	}
	return databases.New(all, cfg.Store.SlowQuery, own, before)
}

// DatabaseRights returns the rights of vega's user on each PostgreSQL and MySQL
// server that an enabled integration may query, or a metric block queries. It omits a
// server that can't be queried, because the check or the metric reports why.
func DatabaseRights(ctx context.Context, cfg *config.Config) ([]databases.Rights, error) {
	used := *cfg
	used.Databases = slices.DeleteFunc(slices.Clone(cfg.Databases), func(c config.Database) bool { return !queried(cfg, c.Name) })
	d := databasesOf(&used, nil, nil, nil)
	d.Retain()
	return d.Rights(ctx), d.Release()
}

// queried reports whether an enabled integration or a metric block may query a database.
func queried(cfg *config.Config, database string) bool {
	return slices.ContainsFunc(cfg.Telemetry.Measures, func(m telemetry.Measure) bool { return m.Database == database }) || slices.ContainsFunc(cfg.Integrations, func(i config.Integration) bool {
		return i.Enabled && i.Grants.AllowsSQL(database) == nil
	})
}

// DatabaseStats returns the query statistics of all databases; see
// databases.Set.Stats.
func (d *Daemon) DatabaseStats(ctx context.Context) databases.Stats {
	return d.inForce().databases.Stats(ctx)
}

// ResetDatabaseStats resets all query statistics.
func (d *Daemon) ResetDatabaseStats() { d.inForce().databases.Reset() }

// Outside returns the network and the databases that the probes of a configuration
// can reach, for running them without a daemon. The databases do not include vega's
// own store. Closing the Closer closes the connections.
func Outside(cfg *config.Config) (*egress.Network, plugins.Databases, io.Closer, error) {
	n, err := newNetwork(cfg.Network)
	if err != nil {
		return nil, nil, nil, err
	}
	d := databasesOf(cfg, nil, nil, nil)
	d.Retain()
	return n, d, closer(d.Release), nil
}

type closer func() error

func (c closer) Close() error { return c() }

// newNetwork returns the configured network for probes.
func newNetwork(c config.Network) (*egress.Network, error) {
	n := egress.New(c.Resolver)
	if len(c.Proxy) > 0 {
		var err error
		if n.Proxy, err = egress.NewProxy(c.Proxy.Reveal(), c.NoProxy); err != nil {
			return nil, fmt.Errorf("network.proxy: %w", err)
		}
	}
	n.CAFile = c.CAFile
	if _, err := n.Roots(); err != nil {
		return nil, err
	}
	return n, nil
}

package daemon

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"slices"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/plugins"
	"vega/plugins/egress"
	"vega/store/sqlite"
)

// databasesOf are those of a configuration, and vega's own.
func databasesOf(cfg *config.Config, own *sqlite.Store, before *databases.Set) *databases.Set {
	all := make([]databases.Config, len(cfg.Databases))
	for n, c := range cfg.Databases {
		all[n] = databases.Config(c)
	}
	return databases.New(all, cfg.Store.SlowQuery, own, before)
}

// DatabaseRights asks each PostgreSQL and MySQL server that an enabled integration
// may query what vega's user may do there. A server that can't be asked is left
// out: the integration's own check reports why.
func DatabaseRights(ctx context.Context, cfg *config.Config) ([]databases.Rights, error) {
	used := *cfg
	used.Databases = slices.DeleteFunc(slices.Clone(cfg.Databases), func(c config.Database) bool { return !queried(cfg, c.Name) })
	d := databasesOf(&used, nil, nil)
	d.Retain()
	return d.Rights(ctx), d.Release()
}

// queried reports whether an enabled integration may query a database.
func queried(cfg *config.Config, database string) bool {
	return slices.ContainsFunc(cfg.Integrations, func(i config.Integration) bool {
		return i.Enabled && i.Grants.AllowsSQL(database) == nil
	})
}

// DatabaseStats reports how queries did. It waits for no server: what it asks of
// one is for the next request.
func (d *Daemon) DatabaseStats(ctx context.Context) databases.Stats {
	return d.inForce().databases.Stats(ctx)
}

// ResetDatabaseStats starts all figures again.
func (d *Daemon) ResetDatabaseStats() { d.inForce().databases.Reset() }

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

// newNetwork is how probes reach the world, as the configuration wants it.
func newNetwork(c config.Network) (*egress.Network, error) {
	n := egress.New(c.Resolver)
	if c.CAFile == "" {
		return n, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("network.ca_file: %w", err)
	}
	if n.RootCAs, err = x509.SystemCertPool(); err != nil {
		return nil, fmt.Errorf("network.ca_file is trusted besides the system's certificates, which can't be read: %w", err)
	}
	if !n.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("network.ca_file %s holds no certificate in PEM form", c.CAFile)
	}
	return n, nil
}

package daemon

import (
	"context"
	"slices"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/store"
)

// databasesOf are those of a configuration, and vega's own.
func databasesOf(cfg *config.Config, own *store.Store, before *databases.Set) *databases.Set {
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

package databases

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"vega/daemon/databases/accept"
	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/store/profile"
	"vega/store/sqlite"
)

// connect opens the database and returns the scrubber for its errors. It does
// not connect yet, but the driver may read files that are named in the DSN or
// stored in the user's home directory.
func (s *source) connect() (opened, *scrubber, error) {
	if err := shortage.Room(dsnFiles); err != nil {
		return nil, nil, err
	}
	c, slow := s.config, s.slow
	dial := dialer{&sockets.Dialer{Server: c.Resolver}}
	switch c.Driver {
	case "postgres":
		cfg, err := accept.Postgres(c.DSN.Reveal())
		if err != nil {
			return nil, nil, unusable(err)
		}
		server := openServer(openPostgres(dial, cfg, maxRow, maxRow), slow, profile.Options{Dialect: profile.Postgres, Explain: profile.ExplainPostgres})
		server.driver, server.discard = c.Driver, discardAll
		server.poller = newPostgresPoller(openPostgres(dial, cfg, maxOwnRow, maxSnapshot), s.explain)
		words := []string{cfg.Host, cfg.User, cfg.Database}
		for _, f := range cfg.Fallbacks {
			words = append(words, f.Host)
		}
		return server, newScrubber(c.DSN, cfg.Password, words...), nil
	case "mysql":
		cfg, err := accept.MySQL(c.DSN.Reveal())
		if err != nil {
			return nil, nil, unusable(err)
		}
		connector, err := openMySQL(dial, cfg)
		if err != nil {
			return nil, nil, unusable(accept.Conflict(err))
		}
		server := openServer(connector, slow, profile.Options{Dialect: profile.MySQL, Explain: profile.ExplainMySQL})
		server.driver = c.Driver
		host, _, _ := net.SplitHostPort(cfg.Addr)
		return server, newScrubber(c.DSN, cfg.Passwd, host, cfg.Addr, cfg.User, cfg.DBName), nil
	case "sqlite":
		if err := accept.SQLite(c.DSN.Reveal()); err != nil {
			return nil, nil, unusable(err)
		}
		r, err := sqlite.OpenForeign(c.DSN.Reveal(), sqlite.SlowQuery(slow), sqlite.Correlation(telemetry.ID), sqlite.OnAccount(plugins.Accounts{}), sqlite.Room(shortage.Room))
		if err != nil {
			return nil, nil, unusable(err)
		}
		return closingFile{file{r}, r}, newScrubber(c.DSN, ""), nil
	}
	return nil, nil, shortage.New(syscall.EINVAL, fmt.Sprintf("driver %q is not supported", c.Driver), "use postgres, mysql or sqlite")
}

// unusable returns the error for a DSN that no driver accepts, which says
// nothing about the database.
func unusable(err error) error {
	if short := shortage.Of(err); short != nil {
		return short
	}
	if bad, ok := errors.AsType[*accept.Error](err); ok {
		return shortage.New(syscall.EINVAL, bad.What, bad.Fix)
	}
	return err
}

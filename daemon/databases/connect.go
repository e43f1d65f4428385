package databases

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"vega/daemon/databases/accept"
	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/plugins/transport"
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
	if _, err := transport.Roots(c.CAFile); err != nil {
		return nil, nil, unreadableCA(err)
	}
	dial := dialer{&sockets.Dialer{Server: c.Resolver}}
	switch c.Driver {
	case "postgres":
		parse := func() (*pgx.ConnConfig, error) { return accept.Postgres(c.DSN.Reveal()) }
		cfg, err := parse()
		if err != nil {
			return nil, nil, unusable(err)
		}
		file := fileFor(cfg.TLSConfig, c.CAFile)
		server := openServer(openPostgres(dial, parse, file, maxRow, maxRow), slow, profile.Options{Dialect: profile.Postgres, Explain: profile.ExplainPostgres, Observe: c.observe()})
		server.driver, server.discard = c.Driver, discardAll
		server.poller = newPostgresPoller(openPostgres(dial, parse, file, maxOwnRow, maxSnapshot), s.explain)
		words := []string{cfg.Host, cfg.User, cfg.Database}
		for _, f := range cfg.Fallbacks {
			words = append(words, f.Host)
		}
		words = append(words, ofOptions(cfg.RuntimeParams)...)
		return server, newScrubber(c.DSN, cfg.Password, words...), nil
	case "mysql":
		cfg, err := accept.MySQL(c.DSN.Reveal())
		if err != nil {
			return nil, nil, unusable(err)
		}
		connector, err := openMySQL(dial, cfg, c.CAFile)
		if err != nil {
			return nil, nil, unusable(accept.Conflict(err))
		}
		server := openServer(connector, slow, profile.Options{Dialect: profile.MySQL, Explain: profile.ExplainMySQL, Observe: c.observe()})
		server.driver = c.Driver
		host, _, _ := net.SplitHostPort(cfg.Addr)
		return server, newScrubber(c.DSN, cfg.Passwd, append(ofOptions(mysqlOptions(c.DSN.Reveal())), host, cfg.Addr, cfg.User, cfg.DBName)...), nil
	case "sqlite":
		if err := accept.SQLite(c.DSN.Reveal()); err != nil {
			return nil, nil, unusable(err)
		}
		r, err := sqlite.OpenForeign(c.DSN.Reveal(), sqlite.SlowQuery(slow), sqlite.Correlation(telemetry.ID), sqlite.Observe(c.observe()), sqlite.OnAccount(plugins.Accounts{}), sqlite.Room(shortage.Room))
		if err != nil {
			return nil, nil, unusable(err)
		}
		return closingFile{file{r}, r}, newScrubber(c.DSN, ""), nil
	}
	return nil, nil, shortage.New(syscall.EINVAL, fmt.Sprintf("driver %q is not supported", c.Driver), "use postgres, mysql or sqlite")
}

// commonOptions lists names of options that are not taken for a part of a secret.
var commonOptions = []string{
	"DateStyle", "TimeZone", "application_name", "charset", "client_encoding", "datestyle", "default_transaction_read_only",
	"extra_float_digits", "idle_in_transaction_session_timeout", "lock_timeout", "max_execution_time", "options", "schema",
	"search_path", "sql_mode", "sslmode", "statement_timeout", "time_zone", "timezone", "transaction_isolation", "wait_timeout",
}

// ofOptions returns the words of the options that a server may quote. A name may
// be a part of the password that the driver misread.
func ofOptions(options map[string]string) (words []string) {
	for name, value := range options {
		for _, word := range []string{name, value, strings.Trim(value, "'")} {
			if len(word) >= minSecret && !slices.Contains(commonOptions, word) {
				words = append(words, word)
			}
		}
	}
	return words
}

// mysqlOptions returns the options of a DSN for MySQL. The driver does not return
// all of them.
func mysqlOptions(dsn string) map[string]string {
	options := map[string]string{}
	_, list, _ := strings.Cut(dsn[strings.LastIndexByte(dsn, '/')+1:], "?")
	for option := range strings.SplitSeq(list, "&") {
		name, value, _ := strings.Cut(option, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		options[name] = value
	}
	return options
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

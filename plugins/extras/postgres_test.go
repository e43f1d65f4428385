package extras_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

// servers maps names in the configuration to databases.
type servers map[string]*sql.DB

func (s servers) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	return s[database].QueryContext(ctx, query) //nolint:rowserrcheck // the guest's side checks and closes
}

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestPostgres(t *testing.T) {
	dsn := realtest.Postgres(t, "max_connections=20", "wal_level=replica")
	standby := realtest.PostgresStandby(t, dsn)
	primary := connect(t, dsn)
	k := open(t, "postgres", plugintest.Options{Databases: servers{"app": primary, "replica": connect(t, standby)}})
	of := func(name string, more manifest.Values) manifest.Values {
		v := manifest.Values{"database": manifest.Plain(name)}
		for option, value := range more {
			v[option] = value
		}
		return v
	}
	_, r := run(t, k, "primary", of("app", nil), want{check.Healthy, "", "PostgreSQL "})
	if r.Details["role"] != "primary" || r.Details["not_seen"] != "" {
		t.Error(r.Details)
	}
	run(t, k, "standby", of("replica", manifest.Values{"role": manifest.Plain("standby")}), want{check.Healthy, "", "PostgreSQL "})
	run(t, k, "failed_over", of("app", manifest.Values{"role": manifest.Plain("standby")}), want{check.Unhealthy, check.Target, "database.app is a primary, and should be a standby"})
	run(t, k, "connections", of("app", manifest.Values{"max_connections": 1.0}), want{check.Degraded, check.Target, ""})

	tx, err := primary.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "CREATE TABLE jobs (id int)"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2200 * time.Millisecond)
	run(t, k, "transaction", of("app", manifest.Values{"max_transaction": time.Second}), want{check.Degraded, check.Target, "a transaction on database.app has been open for "})
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}

	// A transaction that began after the query did, or a standby whose clock is
	// behind, is not late.
	for _, statement := range []string{
		"CREATE SCHEMA ahead",
		"CREATE VIEW ahead.pg_stat_activity AS SELECT backend_type, 0 AS pid, query, now() + interval '1 hour' AS xact_start FROM pg_catalog.pg_stat_activity",
		"CREATE FUNCTION ahead.pg_last_xact_replay_timestamp() RETURNS timestamptz AS $$SELECT now() + interval '1 hour'$$ LANGUAGE sql",
		"CREATE FUNCTION ahead.pg_is_in_recovery() RETURNS bool AS 'SELECT true' LANGUAGE sql",
		"CREATE FUNCTION ahead.pg_last_wal_receive_lsn() RETURNS pg_lsn AS $$SELECT '0/1'::pg_lsn$$ LANGUAGE sql",
		"CREATE FUNCTION ahead.pg_last_wal_replay_lsn() RETURNS pg_lsn AS $$SELECT '0/0'::pg_lsn$$ LANGUAGE sql",
		"CREATE VIEW ahead.pg_stat_wal_receiver AS SELECT 1",
	} {
		if _, err := primary.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ahead := open(t, "postgres", plugintest.Options{Databases: servers{"app": connect(t, dsn+"&search_path=ahead,pg_catalog")}})
	run(t, ahead, "", of("app", nil), want{check.Healthy, "", "PostgreSQL "})

	// An ordinary user cannot see other users' transactions, and the details
	// say so.
	if _, err := primary.ExecContext(t.Context(), "CREATE ROLE plain LOGIN PASSWORD '"+realtest.Password+"'"); err != nil {
		t.Fatal(err)
	}
	plain := connect(t, strings.Replace(dsn, "//vega:", "//plain:", 1))
	ordinary := open(t, "postgres", plugintest.Options{Databases: servers{"app": plain}})
	if _, r = run(t, ordinary, "ordinary_user", of("app", nil), want{check.Healthy, "", "PostgreSQL "}); !strings.HasSuffix(r.Details["not_seen"], "grant pg_monitor to the user of database.app") {
		t.Error(r.Details)
	}
	// Nor how far the standbys are behind: that is not 0.
	if !strings.HasPrefix(r.Details["lag_not_seen"], "of 1 standbys: grant pg_monitor") || slices.ContainsFunc(r.Metrics, func(m check.Metric) bool { return m.Name == "replication_lag" }) {
		t.Error(r.Details, r.Metrics)
	}

	// A standby that replays nothing falls behind while the primary writes.
	replica := connect(t, standby)
	if _, err := replica.ExecContext(t.Context(), "SELECT pg_wal_replay_pause()"); err != nil {
		t.Fatal(err)
	}
	if _, err := primary.ExecContext(t.Context(), "INSERT INTO jobs SELECT generate_series(1, 1000)"); err != nil {
		t.Fatal(err)
	}
	realtest.Until(t, "the standby has what it does not replay", func() bool {
		var behind bool
		err := replica.QueryRowContext(t.Context(), "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()").Scan(&behind)
		return err == nil && behind
	})
	time.Sleep(2200 * time.Millisecond)
	run(t, k, "lag", of("replica", manifest.Values{"max_lag": time.Second}), want{check.Degraded, check.Target, "replication of database.replica lags: it is a standby that is "})

	down := open(t, "postgres", plugintest.Options{Databases: servers{"app": connect(t, "postgres://plain@127.0.0.1:1/x")}})
	run(t, down, "", of("app", nil), want{check.Unhealthy, check.Target, "database.app refuses the connection; start the service"})
}

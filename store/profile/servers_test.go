package profile_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"vega/daemon/realtest"
	"vega/store/profile"
)

func postgres(t *testing.T) driver.Connector {
	t.Helper()
	config, err := pgx.ParseConfig(realtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	return stdlib.GetConnector(*config)
}

func mariadb(t *testing.T) driver.Connector {
	t.Helper()
	config, err := mysql.ParseDSN(realtest.MariaDB(t))
	if err != nil {
		t.Fatal(err)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	return connector
}

func profiled(t *testing.T, base driver.Connector, options profile.Options) (*sql.DB, *profile.Profiler) {
	t.Helper()
	p := profile.New(options)
	db := sql.OpenDB(p.Connector("main", base))
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	return db, p
}

const secret = "hunter2-s3cret"

func TestPostgres(t *testing.T) {
	base := postgres(t)
	for _, cache := range []int{0, 8} {
		t.Run(fmt.Sprint("cache of ", cache), func(t *testing.T) { postgresWork(t, base, cache) })
	}
}

func postgresWork(t *testing.T, base driver.Connector, cache int) {
	db, p := profiled(t, base, profile.Options{Dialect: profile.Postgres, Slow: 1, Explain: profile.ExplainPostgres, StatementCache: cache})
	run(t, db, "DROP TABLE IF EXISTS users")
	run(t, db, "CREATE TABLE users (id int PRIMARY KEY, name text UNIQUE, tags text[])")
	run(t, db, "INSERT INTO users SELECT i, 'user ' || i, ARRAY['a'] FROM generate_series(1, 1000) i")

	for range 3 {
		column(t, db, "SELECT id FROM users WHERE name LIKE '%"+secret+"%' AND tags @> $1", []string{secret})
		column(t, db, "SELECT id FROM users WHERE name || $1 = $2", secret, secret)
	}
	slow := p.Stats().Slow
	if plan := slow[0].Plan; !strings.HasPrefix(plan, "Seq Scan on users  (cost=0.00..") || !strings.Contains(plan, "Filter: (") || !strings.Contains(plan, "?") {
		t.Errorf("plan\n%s", plan)
	}

	// Plans and errors inside a transaction do not end it.
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Reset()
	run(t, tx, "UPDATE users SET name = $1 WHERE id = $2", "renamed", 7)
	run(t, tx, "SELECT id INTO copies FROM users") // explaining it again would fail
	run(t, tx, "UPDATE users SET name = $1 WHERE id = $2", "renamed again", 7)
	run(t, tx, "DROP TABLE copies")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	slow = p.Stats().Slow
	if len(slow) != 4 || !strings.Contains(slow[3].Plan, "Index Scan using users_pkey") || slow[2].Plan != "" {
		t.Errorf("%+v", slow)
	}
	if got := column(t, db, "SELECT name FROM users WHERE id = 7"); got[0] != "renamed again" {
		t.Errorf("the name is %s", got)
	}

	p.Reset()
	for query, args := range map[string][]any{
		"INSERT INTO users (id, name) VALUES (2000, $1), (2001, $1)": {secret},
		"SELECT '" + secret + "'::int":                               nil,
		"SELECT id FROM users WHERE name = '" + secret:               nil,
		"SELECT nothing('" + secret + "')":                           nil,
	} {
		if _, err := db.ExecContext(t.Context(), query, args...); err == nil {
			t.Errorf("%s: no error", query)
		}
	}
	s := p.Stats()
	if len(s.Failed) != 4 {
		t.Errorf("%d failed queries", len(s.Failed))
	}
	states := ""
	for _, q := range s.Failed {
		states += q.Error
	}
	for _, state := range []string{"23505", "22P02", "42601", "42883"} {
		if !strings.Contains(states, "*pgconn.PgError: SQLSTATE "+state) {
			t.Errorf("no %s in %s", state, states)
		}
	}
	if text := encoded(t, s); strings.Contains(text, secret) {
		t.Errorf("the secret shows:\n%s", text)
	}

	// A deadline ends the connection, but not the profiler.
	outOfTime(t, p, func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "SELECT pg_sleep(600)")
		return err
	})
	column(t, db, "SELECT 1")
	if q := p.Stats().Failed[0]; q.Error != "context deadline exceeded" {
		t.Errorf("%+v", q)
	}
}

func TestMariaDB(t *testing.T) {
	base := mariadb(t)
	for _, cache := range []int{0, 8} {
		t.Run(fmt.Sprint("cache of ", cache), func(t *testing.T) { mariadbWork(t, base, cache) })
	}
}

func mariadbWork(t *testing.T, base driver.Connector, cache int) {
	db, p := profiled(t, base, profile.Options{Dialect: profile.MySQL, Slow: 1, Explain: profile.ExplainMySQL, StatementCache: cache})
	run(t, db, "DROP TABLE IF EXISTS users")
	run(t, db, "CREATE TABLE users (id int PRIMARY KEY, name varchar(100) UNIQUE, note text)")
	run(t, db, "INSERT INTO users SELECT seq, concat('user ', seq), 'n' FROM seq_1_to_1000")
	p.Reset()
	for i := range 5 {
		if got := column(t, db, "SELECT name FROM users WHERE id = ?", i+1); got[0] != fmt.Sprint("user ", i+1) {
			t.Errorf("the name is %s", got)
		}
		column(t, db, `SELECT id FROM users WHERE note = "`+secret+`" OR note = 'it\'s `+secret+`'`)
	}
	s := p.Stats()
	if s.Queries.Total != 10 || len(s.Statements) != 2 {
		t.Errorf("%d queries, %d statements", s.Queries.Total, len(s.Statements))
	}
	if plan := s.Slow[0].Plan; !strings.HasPrefix(plan, "1 SIMPLE table=users type=ALL rows=") {
		t.Errorf("plan %q", plan)
	}
	if plan := s.Slow[1].Plan; !strings.HasPrefix(plan, "1 SIMPLE table=users type=const key=PRIMARY rows=1") {
		t.Errorf("plan of a prepared query %q", plan)
	}
	for query, args := range map[string][]any{
		"INSERT INTO users (id, name) VALUES (2000, ?), (2001, ?)": {secret, secret},
		"SELECT id FROM users WHERE name = '" + secret:             nil,
		"SELECT " + "nothing('" + secret + "', ?)":                 {1},
	} {
		if _, err := db.ExecContext(t.Context(), query, args...); err == nil {
			t.Errorf("%s: no error", query)
		}
	}
	s = p.Stats()
	if len(s.Failed) != 3 || !strings.HasPrefix(s.Failed[0].Error, "*mysql.MySQLError: code 1") {
		t.Errorf("failed: %+v", s.Failed)
	}
	if text := encoded(t, s); strings.Contains(text, secret) {
		t.Errorf("the secret shows:\n%s", text)
	}

	// The type of a value does not depend on the cache.
	for range 3 {
		var plain, bound any
		if err := db.QueryRowContext(t.Context(), "SELECT name FROM users WHERE id = 1").Scan(&plain); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRowContext(t.Context(), "SELECT id FROM users WHERE id = ?", 1).Scan(&bound); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%T %T", plain, bound); got != "[]uint8 int64" {
			t.Errorf("read as %s", got)
		}
	}

	// Another database has different tables with the same names.
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	run(t, conn, "USE information_schema")
	if _, err := conn.ExecContext(t.Context(), "SELECT name FROM users WHERE id = ?", 1); err == nil {
		t.Error("information_schema has no table users")
	}
	run(t, conn, "USE app")
	column(t, conn, "SELECT name FROM users WHERE id = ?", 1)
}

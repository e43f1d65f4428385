package profile_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"vega/daemon/realtest"
	"vega/store/profile"
)

// remembered runs statements on one connection and returns what it reads.
func remembered(t *testing.T, db *sql.DB, statements ...string) []string {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	var seen []string
	for _, statement := range statements {
		if !strings.HasPrefix(statement, "SELECT") {
			_, err := conn.ExecContext(t.Context(), statement)
			seen = append(seen, fmt.Sprint(statement, ": ", err))
			continue
		}
		rows, err := conn.QueryContext(t.Context(), statement)
		if err != nil {
			seen = append(seen, fmt.Sprint(statement, ": ", err))
			continue
		}
		for rows.Next() {
			var s sql.NullString
			err = errors.Join(err, rows.Scan(&s))
			seen = append(seen, fmt.Sprint(statement, ": ", s.String))
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			seen = append(seen, fmt.Sprint(statement, ": ", err))
		}
	}
	return seen
}

// explainChangesNothing runs statements without a profiler, with one, and with
// one that explains every query, and compares what the program reads.
func explainChangesNothing(t *testing.T, base func() driver.Connector, dialect profile.Dialect, explain profile.Explain, statements ...string) {
	t.Helper()
	bare := sql.OpenDB(base())
	want := remembered(t, bare, statements...)
	_ = bare.Close()
	explained := 0
	counting := func(ctx context.Context, s profile.Session, query string, args []driver.NamedValue) (string, error) {
		plan, err := explain(ctx, s, query, args)
		if plan != "" {
			explained++
		}
		return plan, err
	}
	for _, options := range []profile.Options{{}, {Explain: counting}, {Explain: counting, StatementCache: 8}} {
		options.Dialect, options.Slow = dialect, 1
		p := profile.New(options)
		db := sql.OpenDB(p.Connector("main", base()))
		differ(t, fmt.Sprintf("with explain %v and a cache of %d the program", options.Explain != nil, options.StatementCache), remembered(t, db, statements...), want)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if explained == 0 {
		t.Error("nothing was explained")
	}
}

func TestExplainingChangesNothingInSQLite(t *testing.T) {
	explainChangesNothing(t, func() driver.Connector { return filled(t) }, profile.SQLite, profile.ExplainSQLite,
		"UPDATE items SET note = 'x' WHERE id < 8", "SELECT changes()", "SELECT count(*) FROM items WHERE note = 'x'", "SELECT changes()",
		"INSERT INTO items VALUES (20000, 'n', 1, NULL)", "SELECT last_insert_rowid()", "SELECT total_changes()",
		"CREATE TEMP TABLE items (id, name)", "SELECT name FROM items", "DELETE FROM temp.items", "SELECT changes()",
		"BEGIN", "DELETE FROM main.items WHERE id = 3", "SELECT changes()", "CREATE TABLE new (a)", "INSERT INTO new VALUES (1)", "SELECT a FROM new",
		"ROLLBACK", "SELECT a FROM new", "SELECT count(*) FROM main.items", "PRAGMA journal_mode = DELETE", "SELECT count(*) FROM main.items")
}

func TestExplainingChangesNothingInMariaDB(t *testing.T) {
	base := mariadb(t)
	explainChangesNothing(t, func() driver.Connector { return base }, profile.MySQL, profile.ExplainMySQL,
		"DROP TABLE IF EXISTS kept", "CREATE TABLE kept (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20))",
		"INSERT INTO kept (name) VALUES ('a'), ('b'), ('c')", "SELECT ROW_COUNT()", "SELECT LAST_INSERT_ID()",
		"UPDATE kept SET name = 'd' WHERE id < 3", "SELECT ROW_COUNT()",
		"SELECT SQL_CALC_FOUND_ROWS name FROM kept LIMIT 1", "SELECT FOUND_ROWS()",
		"SELECT 1 + 'x'", "SELECT @@warning_count", "SELECT GET_LOCK('profile', 0)", "SELECT IS_USED_LOCK('profile') = CONNECTION_ID()",
		"CREATE TEMPORARY TABLE mine (a int)", "INSERT INTO mine VALUES (1), (2)", "SELECT ROW_COUNT()", "SELECT a FROM mine", "SELECT RELEASE_LOCK('profile')",
		"SET @x = 5", "SELECT @x", "LOCK TABLES kept WRITE", "UPDATE kept SET name = 'e'", "SELECT name FROM kept", "UNLOCK TABLES",
		"BEGIN", "DELETE FROM kept WHERE id = 1", "SELECT ROW_COUNT()", "SELECT count(*) FROM kept", "ROLLBACK", "SELECT count(*) FROM kept", "DROP TABLE kept")
}

func TestExplainingChangesNothingInPostgres(t *testing.T) {
	base := postgres(t)
	explainChangesNothing(t, func() driver.Connector { return base }, profile.Postgres, profile.ExplainPostgres,
		"DROP SCHEMA IF EXISTS one CASCADE", "DROP SCHEMA IF EXISTS two CASCADE", "CREATE SCHEMA one", "CREATE SCHEMA two",
		"CREATE TABLE one.t (a int)", "CREATE TABLE two.t (a text)", "INSERT INTO one.t VALUES (1)", "INSERT INTO two.t VALUES ('two')",
		"SELECT set_config('search_path', 'one', false)", "SELECT a FROM t", "SELECT a FROM t", "SELECT set_config('search_path', 'two', false)", "SELECT a FROM t",
		"SELECT pg_advisory_lock(7)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
		"CREATE TEMP TABLE mine (a int)", "INSERT INTO mine VALUES (1)", "SELECT a FROM mine", "SELECT pg_advisory_unlock(7)",
		"BEGIN", "ALTER TABLE t ADD COLUMN b int", "SELECT count(*) FROM t", "UPDATE t SET b = 1", "SELECT b FROM t", "ROLLBACK",
		"BEGIN", "SELECT nothing", "SELECT 1", "ROLLBACK", "PREPARE p AS SELECT 1", "SELECT count(*) FROM pg_prepared_statements WHERE name = 'p'",
		"CREATE SEQUENCE IF NOT EXISTS s", "SELECT nextval('s') > 0", "SELECT currval('s') > 0")
}

// counted counts the connections of a connector.
type counted struct {
	driver.Connector
	opened *int
}

func (c counted) Connect(ctx context.Context) (driver.Conn, error) {
	*c.opened++
	return c.Connector.Connect(ctx)
}

func TestNoPlanWithoutAnotherConnection(t *testing.T) {
	memory, err := sqlite.NewConnector(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := sqlite.NewConnector("file:profiled?mode=memory&cache=shared")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		base   driver.Connector
		limit  int
		opens  int
		single bool
		plan   bool
	}{
		"in memory":                {memory, 2, 3, false, false},
		"in memory, permitted":     {memory, 1, 3, true, false},
		"in shared memory":         {shared, 2, 3, false, false},
		"a pool of one":            {sqliteAt(t, filepath.Join(t.TempDir(), "a.db")), 1, 0, false, false},
		"a pool of one, permitted": {sqliteAt(t, filepath.Join(t.TempDir(), "c.db")), 1, 2, true, true},
		"a pool of several":        {sqliteAt(t, filepath.Join(t.TempDir(), "b.db")), 2, 2, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			opened := 0
			p := profile.New(profile.Options{Dialect: profile.SQLite, Slow: 1, Explain: profile.ExplainSQLite, ExplainSingle: c.single})
			db := sql.OpenDB(p.Connector("main", counted{c.base, &opened}))
			defer func() { _ = db.Close() }()
			db.SetMaxOpenConns(c.limit)
			db.SetMaxIdleConns(c.limit)
			p.Pool("main", db)
			run(t, db, "CREATE TABLE t (a)")
			column(t, db, "SELECT a FROM t")
			column(t, db, "SELECT a FROM t WHERE a = 1")
			if plan := p.Stats().Slow[0].Plan; (plan != "") != c.plan {
				t.Errorf("plan %q", plan)
			}
			if opened > c.opens+1 {
				t.Errorf("%d connections were opened", opened)
			}
		})
	}
}

// A plan of another table with the same name would mislead.
func TestNoPlanOfAnotherTable(t *testing.T) {
	db, p := open(t, profile.Options{Slow: 1, Explain: profile.ExplainSQLite})
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	run(t, conn, "BEGIN")
	run(t, conn, "CREATE INDEX items_note ON items (note)")
	column(t, conn, "SELECT name FROM items WHERE note = 'x'")
	if plan := p.Stats().Slow[0].Plan; plan != "" {
		t.Errorf("with an index that is not committed: %s", plan)
	}
	run(t, conn, "COMMIT")
	column(t, conn, "SELECT name FROM items WHERE note = 'x'")
	if plan := p.Stats().Slow[0].Plan; plan != "SEARCH items USING INDEX items_note (note=?)" {
		t.Errorf("afterwards: %q", plan)
	}
	run(t, conn, "CREATE TEMP TABLE items (note, name)")
	column(t, conn, "SELECT name FROM items WHERE note = 'x'")
	if plan := p.Stats().Slow[0].Plan; plan != "" {
		t.Errorf("of the main table: %s", plan)
	}
}

// A column that another client adds must not fail the program's transaction.
func TestStatementCacheInAPostgresTransaction(t *testing.T) {
	config, err := pgx.ParseConfig(realtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // without pgx's own cache
	base := stdlib.GetConnector(*config)
	db, _ := profiled(t, base, profile.Options{Dialect: profile.Postgres, StatementCache: 8, Slow: time.Hour})
	other := sql.OpenDB(base)
	defer func() { _ = other.Close() }()
	for _, schema := range []string{"a", "b"} {
		run(t, other, "DROP SCHEMA IF EXISTS tenant_"+schema+" CASCADE")
		run(t, other, "CREATE SCHEMA tenant_"+schema)
		run(t, other, "CREATE TABLE tenant_"+schema+".t ("+schema+" text)")
	}
	const query = "SELECT * FROM tenant_a.t WHERE a = $1"
	for range 3 {
		column(t, db, query, "x")
	}
	for i := range 3 {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		run(t, other, fmt.Sprintf("ALTER TABLE tenant_a.t ADD COLUMN more%d int", i))
		column(t, tx, query, "x")
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		column(t, db, query, "x")
	}
	for range 3 {
		for _, schema := range []string{"a", "b"} {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			column(t, tx, "SELECT set_config('search_path', $1, true)", "tenant_"+schema)
			column(t, tx, "SELECT * FROM t WHERE $1 = $1", "x")
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A driver that was told not to prepare accepts a number for a text, and compares
// bytes with a text in another way. The third query would be prepared.
func TestStatementCacheDoesNotPrepareForPostgres(t *testing.T) {
	config, err := pgx.ParseConfig(realtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec} {
		config.DefaultQueryExecMode = mode
		for _, dialect := range []profile.Dialect{profile.Postgres, profile.Standard} {
			db, _ := profiled(t, stdlib.GetConnector(*config), profile.Options{Dialect: dialect, StatementCache: 8})
			for range 3 {
				if got := column(t, db, "SELECT $1 || 'x'", 5); got[0] != "5x" {
					t.Errorf("%v: %s", mode, got[0])
				}
				if got := column(t, db, "SELECT 1 WHERE 'a' = $1", []byte("a")); len(got) != 0 {
					t.Errorf("%v: a text equals bytes", mode)
				}
			}
		}
	}
}

func TestNamesInDoubleQuotesAreColumns(t *testing.T) {
	db, p := open(t, profile.Options{})
	for query, want := range map[string]string{
		`SELECT "id" FROM "items" WHERE "Name" = "patient-4711"`: `SELECT "id" FROM "items" WHERE "Name" = ?`,
		`SELECT id FROM items WHERE note = "patient-4711"`:       `SELECT id FROM items WHERE note = ?`,
		`SELECT count(*) FROM items WHERE "note" <> "price"`:     `SELECT count(*) FROM items WHERE "note" <> "price"`,
	} {
		column(t, db, query)
		if got := p.Stats().Recent[0].Statement; got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	run(t, db, `CREATE TABLE "later" ("when" INT)`)
	column(t, db, `SELECT "when" FROM "later" ORDER BY "when"`)
	if got := p.Stats().Recent[0].Statement; got != `SELECT "when" FROM "later" ORDER BY "when"` {
		t.Errorf("after CREATE TABLE: %s", got)
	}
}

func TestUnwrap(t *testing.T) {
	profiled, _ := open(t, profile.Options{})
	plain := sql.OpenDB(filled(t))
	defer func() { _ = plain.Close() }()
	for _, db := range []*sql.DB{profiled, plain} {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Raw(func(raw any) error {
			if _, ok := profile.Unwrap(raw).(sqlite.DBStatus); !ok {
				return fmt.Errorf("%T is not the driver's connection", profile.Unwrap(raw))
			}
			return nil
		})
		if err := errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	}
}

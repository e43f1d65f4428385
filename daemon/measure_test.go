package daemon

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // opens MariaDB
	_ "github.com/jackc/pgx/v5/stdlib" // opens PostgreSQL

	"vega/daemon/measure"
	"vega/daemon/realtest"
	"vega/plugins/fault"
	"vega/store/sqlite"
)

// seed runs statements on a database server.
func seed(t *testing.T, driver, dsn string, statements ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
	return db
}

// metric returns a metric block.
func metric(name, database, query, more string) string {
	return fmt.Sprintf("metric %q {\n  database = database.%s\n  query = %q\n  value = \"n\"\n  interval = \"1s\"\n  timeout = \"30s\"\n  %s\n}\n", name, database, query, more)
}

func server(name, driver, dsn string) string {
	return fmt.Sprintf("database %q {\n  driver = %q\n  dsn = env(%q)\n}\n", name, driver, dsn)
}

// runs runs a harness until the test ends.
func (h *harness) runs() {
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.Run(ctx) }()
	h.t.Cleanup(func() { cancel(); <-done })
}

// measured waits until a block has an outcome other than unknown, or the given one.
func (h *harness) measured(name string, want measure.State) (o measure.Status) {
	h.t.Helper()
	realtest.Until(h.t, name+" is measured", func() bool {
		for _, s := range h.Measures().Status() {
			if s.Name == name {
				o = s
			}
		}
		return !o.LastRun.IsZero() && (o.State == want || want == "" && o.State != measure.Unknown)
	})
	return o
}

// series returns the values of a block as {state="open"}=1.
func (h *harness) series(name string) string {
	all, _, _ := h.Measures().Series(name)
	var out []string
	for _, s := range all {
		out = append(out, fmt.Sprintf("%s=%v", s.Series(), s.Value))
	}
	return strings.Join(out, " ")
}

// measuredRow is a query with its values, or a part of its error.
type measuredRow struct{ query, more, want, err string }

func (h *harness) checkMeasured(database string, rows []measuredRow) {
	h.t.Helper()
	for n, r := range rows {
		name := fmt.Sprintf("%s_%d", database, n)
		o := h.measured(name, "")
		switch got := h.series(name); {
		case r.err == "" && (o.State != measure.Up || got != r.want):
			h.t.Errorf("%s on %s: %s %q %s; want %s", r.query, database, o.State, got, o.Reason, r.want)
		case r.err != "" && (o.State != measure.Down || !strings.Contains(o.Reason, r.err) || got != ""):
			h.t.Errorf("%s on %s: %s %q %s; want an error with %q", r.query, database, o.State, got, o.Reason, r.err)
		case strings.Contains(o.Reason, "canary") || strings.Contains(got, "canary") || strings.Contains(o.Reason, realtest.Password):
			h.t.Errorf("%s on %s shows a secret or data: %s %s", r.query, database, o.Reason, got)
		}
	}
}

func blocks(database string, rows []measuredRow) string {
	var b strings.Builder
	for n, r := range rows {
		b.WriteString(metric(fmt.Sprintf("%s_%d", database, n), database, r.query, r.more))
	}
	return b.String()
}

const byState = `labels = ["state"]`

var onAny = []measuredRow{
	{"SELECT state, count(*) AS n FROM orders GROUP BY state", byState, `{state=""}=1 {state="open"}=2 {state="paid"}=1`, ""},
	{"SELECT count(*) AS n FROM orders WHERE state = 'none'", "", `=0`, ""},
	{"SELECT state, 1 AS n FROM orders WHERE state = 'none'", byState, "", ""}, // no rows, no values
	{"SELECT sum(price) AS n FROM orders", "", "=12.75", ""},
	{"SELECT sum(price) AS n FROM orders WHERE state = 'none'", "", "", `column "n" is NULL, not a number`},
	{"SELECT secret AS n FROM orders WHERE state = 'paid'", "", "", `column "n" is text, not a number`},
	{"SELECT secret AS state, 1 AS n FROM orders WHERE state = 'paid'", byState, `{state="(secret)"}=1`, ""},
	{"SELECT state, 1 AS n FROM orders", byState, "", "have the same labels"},
	{"SELECT 1 AS n FROM orders", "", "", "several rows, but the block has no labels"},
	{"SELECT count(*) AS m FROM orders", "", "", `no column "n", which value names; its columns are: "m"`},
	{"SELECT nope AS n FROM orders", "", "", "nope"},
	{"SELECT secret AS state, price AS n FROM orders", byState + "\n  max_series = 3", "", "more than 3 rows"},
	{"SELECT price AS n FROM orders WHERE price > 7", "", "=7.5", ""},
}

var onPostgres = append([]measuredRow{
	{"SELECT true AS n", "", "=1", ""},
	{"SELECT 'NaN'::float8 AS n", "", "", "not a finite number"},
	{"SELECT 'Infinity'::numeric AS n", "", "", "not a finite number"},
	{"SELECT now() AS n", "", "", "is a time, not a number"},
	{"SELECT 1e30::numeric AS n, 0.5::float4 AS state", byState, `{state="0.5"}=1e+30`, ""},
	{"SELECT repeat('x', 300) AS state, 1 AS n", byState, "", "more than 256 bytes"},
	{"SELECT repeat('x', 20000000) AS state, 1 AS n", byState, "", "a row is larger than 1MiB"},
	{"SELECT g AS state, g AS n FROM generate_series(1, 10000000) g", byState, "", "more than 20 rows"},
	{"SELECT 1 / (count(*) - 4) AS n FROM orders", "", "", "SQLSTATE 22012"},
	{"WITH x AS (DELETE FROM orders RETURNING 1) SELECT count(*) AS n FROM x", "", "", "SQLSTATE 25006"},
	{"SELECT pg_backend_pid() > 0 AS n, NULL::text AS state", byState, `{state=""}=1`, ""},
}, onAny...)

var onMariaDB = append([]measuredRow{
	{"SELECT true AS n", "", "=1", ""},
	{"SELECT 18446744073709551615 AS n", "", "=1.8446744073709552e+19", ""},
	{"SELECT cast(0.1 AS float) AS n", "", "=0.1", ""},
	{"SELECT now() AS n", "", "", "not a number"},
	{"SELECT x'fffe' AS state, 1 AS n", byState, "", "not UTF-8 text"},
}, onAny...)

var onSQLite = append([]measuredRow{
	{"SELECT 9e999 AS n", "", "", "not a finite number"},
	{"SELECT 1 AS n, zeroblob(300) AS state", byState, "", "more than 256 bytes"},
}, onAny...)

// TestMetricBlocksOnRealDatabases checks values and errors on each kind of database.
func TestMetricBlocksOnRealDatabases(t *testing.T) {
	postgres, mariadb := realtest.Postgres(t), realtest.MariaDB(t)
	file := filepath.Join(t.TempDir(), "app.db")
	table := []string{
		"CREATE TABLE orders (state varchar(20), price decimal(10,2), secret varchar(100))",
		"INSERT INTO orders VALUES ('open', 1.25, 'x'), ('open', 2, 'y'), ('paid', 7.5, 'canary-s3cret-word-of-a-key-32-bytes'), (NULL, 2, 'z')",
	}
	seed(t, "pgx", postgres, table...)
	seed(t, "mysql", mariadb, table...)
	seed(t, "sqlite", file, table...)
	for name, dsn := range map[string]string{"PG": postgres, "MY": mariadb, "LITE": file, "A_SECRET": "canary-s3cret-word-of-a-key-32-bytes"} {
		t.Setenv(name, dsn)
	}
	h := build(t, server("pg", "postgres", "PG")+server("my", "mysql", "MY")+server("lite", "sqlite", "LITE")+
		"server {\n  api_key = env(\"A_SECRET\")\n}\n"+
		blocks("pg", onPostgres)+blocks("my", onMariaDB)+blocks("lite", onSQLite)+
		metric("own", "vega", "SELECT count(*) AS n FROM sqlite_master WHERE name = 'runs'", ""))
	h.runs()
	h.checkMeasured("pg", onPostgres)
	h.checkMeasured("my", onMariaDB)
	h.checkMeasured("lite", onSQLite)
	if o := h.measured("own", ""); o.State != measure.Up || h.series("own") != "=1" {
		t.Errorf("vega's own store: %+v, %s", o, h.series("own"))
	}
}

// TestADatabaseThatIsAwayIsDown stops the server, and starts none. The value goes after
// three times the timeout, which is the longer of the two spans.
func TestADatabaseThatIsAwayIsDown(t *testing.T) {
	dsn, halt := realtest.StoppablePostgres(t)
	t.Setenv("PG", dsn)
	h := build(t, server("pg", "postgres", "PG")+strings.ReplaceAll(metric("answers", "pg", "SELECT 1 AS n", ""), `"30s"`, `"5s"`))
	h.runs()
	h.measured("answers", measure.Up)
	halt()
	for refused := false; !refused; { // the first query after the stop may still use a connection, which is reset
		o := h.measured("answers", measure.Down)
		if refused = strings.Contains(o.Reason, "connection refused"); strings.Contains(o.Reason, realtest.Password) {
			t.Fatalf("%+v", o)
		}
	}
	realtest.Until(t, "the value is gone", func() bool { return h.series("answers") == "" })
}

// TestQueriesEnd checks that a query ends on the server when its block is removed, when it
// takes too long, and when vega shuts down.
func TestQueriesEnd(t *testing.T) {
	dsn := realtest.Postgres(t)
	t.Setenv("PG", dsn)
	db := seed(t, "pgx", dsn)
	// While the server prepares the query, it is active, too, and drops a cancellation.
	running := func() (n int) {
		if err := db.QueryRowContext(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%pg_sleep(599)%'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	base := server("pg", "postgres", "PG")
	sleep := metric("slow", "pg", "SELECT 1 AS n FROM pg_sleep(599)", "")
	h := build(t, base+strings.ReplaceAll(sleep, `timeout = "30s"`, `timeout = "5m"`))
	h.runs()
	realtest.Until(t, "the query runs", func() bool { return running() == 1 })
	h.configure(base)
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	realtest.Until(t, "the query of the removed block has ended", func() bool { return running() == 0 })
	if n := len(h.Measures().Status()); n != 0 {
		t.Errorf("%d blocks are left", n)
	}
	h.configure(base + strings.ReplaceAll(sleep, `timeout = "30s"`, `timeout = "100ms"`))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if o := h.measured("slow", measure.Down); !strings.Contains(o.Reason, "no result within its timeout of 100ms") {
		t.Errorf("%+v", o)
	}
	h.configure(base)
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	realtest.Until(t, "the query that took too long has ended", func() bool { return running() == 0 })
	h.configure(base + strings.ReplaceAll(sleep, `timeout = "30s"`, `timeout = "5m"`))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	realtest.Until(t, "the query runs again", func() bool { return running() == 1 })
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	realtest.Until(t, "the query has ended with vega", func() bool { return running() == 0 })
}

// TestOwnTroubleIsUnknown takes all file descriptors.
func TestOwnTroubleIsUnknown(t *testing.T) {
	if !realtest.Apart(t, func() []string { return []string{"PG=" + realtest.Postgres(t)} }) {
		return
	}
	h := build(t, server("pg", "postgres", "PG")+metric("m", "pg", "SELECT 1 AS n", ""))
	feed := realtest.Starve(t, 0)
	h.runs()
	if o := h.measured("m", measure.Unknown); !strings.Contains(o.Reason, "file descriptor") || h.series("m") != "" {
		t.Errorf("%+v", o)
	}
	feed()
	h.measured("m", measure.Up)
}

// TestVegasOwnStoreIsNeverDown damages and removes the file of vega's store while a block
// measures it. A query that is too slow there is down, as on any database.
func TestVegasOwnStoreIsNeverDown(t *testing.T) {
	forever := metric("forever", "vega", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c", "")
	h := build(t, metric("own", "vega", "SELECT count(*) AS n FROM sqlite_master WHERE name = 'runs'", "")+strings.ReplaceAll(forever, `"30s"`, `"100ms"`))
	h.runs()
	h.measured("own", measure.Up)
	if o := h.measured("forever", measure.Down); !strings.Contains(o.Reason, "no result within its timeout of 100ms") {
		t.Errorf("%+v", o)
	}
	file := filepath.Join(h.dir, ".vega", "vega.db")
	damage := func() error { return os.WriteFile(file, bytes.Repeat([]byte("damaged "), 4096), 0o600) }
	remove := func() error { return os.Remove(file) }
	for n, harm := range []func() error{damage, remove} {
		name := []string{"damaged", "removed"}[n]
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		var last time.Time
		runs := 0
		realtest.Until(t, "three queries of the "+name+" store", func() bool {
			for _, o := range h.Measures().Status() {
				if o.Name == "own" && o.LastRun != last {
					last = o.LastRun
					runs++
					t.Logf("%s: %s %s", name, o.State, o.Reason)
				}
				if o.Name == "own" && o.State == measure.Down {
					t.Errorf("%s: it is down: %s", name, o.Reason)
				}
			}
			return runs > 4
		})
	}
}

// codeError is an error of SQLite.
type codeError int

func (codeError) Error() string { return "an error of SQLite" }

// Code returns the result code.
func (e codeError) Code() int { return int(e) }

func TestErrorsOfTheStoreAreVegas(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		vegas bool
	}{
		"a damaged file":    {fmt.Errorf("read: %w", codeError(11)), true},
		"an error of disks": {codeError(10 | 1<<8), true},
		"a locked file":     {sqlite.ErrLocked, true},
		"no file":           {fmt.Errorf("read: %w", fs.ErrNotExist), true},
		"a wrong query":     {codeError(1), false},
		"a long value":      {codeError(18), false},
		"too late":          {context.DeadlineExceeded, false},
		"too many rows":     {errors.New("the query returns more than 10000 rows"), false},
	} {
		if got := fault.Of(storeTrouble(true, c.err)) != nil; got != c.vegas {
			t.Errorf("%s: vega's own %t, want %t", name, got, c.vegas)
		}
		if got := storeTrouble(false, c.err); got != c.err { //nolint:errorlint // it must be the same
			t.Errorf("%s on another database: %v", name, got)
		}
	}
}

// TestStatsDGetsRunsAndMetrics has a real UDP socket as the receiver, and switches to
// another one with a reload.
func TestStatsDGetsRunsAndMetrics(t *testing.T) {
	first, second := newReceiver(t), newReceiver(t)
	base := bind("meh", "plain.degraded", "") + metric("own", "vega", "SELECT 'open' AS state, 7 AS n", byState)
	telemetry := func(r *receiver, more string) string {
		return fmt.Sprintf("telemetry {\n  statsd {\n    address = %q\n    %s\n  }\n}\n", r.LocalAddr(), more)
	}
	h := build(t, base+telemetry(first, ""))
	h.runs()
	h.status()
	first.await("vega.integration.status.meh.degraded:1|g", "vega.integration.status.meh.healthy:0|g", "vega.integration.runs.meh.degraded.target:1|c", "vega.run.duration.meh:", "vega.metric.own.open:7|g", "vega.metric.up.own:1|g")
	h.configure(base + telemetry(second, `tags = true`))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	h.status()
	second.await("vega.integration.status:1|g|#integration:meh,status:degraded", "vega.metric.own:7|g|#state:open", "vega.metric.up:1|g|#metric:own")
	h.configure(base)
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if h.statsd.Active() || h.statsd.Lost() != 0 {
		t.Errorf("active %t, %d lost", h.statsd.Active(), h.statsd.Lost())
	}
}

// receiver is a StatsD server.
type receiver struct {
	net.PacketConn
	t    *testing.T
	mu   sync.Mutex
	text strings.Builder
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{PacketConn: c, t: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 64<<10)
		for {
			n, _, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			r.mu.Lock()
			r.text.Write(b[:n])
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return r
}

// await waits for lines that begin with each of the texts.
func (r *receiver) await(texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		realtest.Until(r.t, "StatsD gets "+text, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return strings.Contains("\n"+r.text.String(), "\n"+text)
		})
	}
}

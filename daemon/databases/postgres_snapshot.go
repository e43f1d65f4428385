package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vega/store/profile"
)

// Limits of one snapshot of a PostgreSQL server.
const (
	snapshotTimeout       = 2 * time.Second
	maxTables             = 1000
	maxSnapshotStatements = 10_000
	maxShown              = 10
)

// snapshot holds the counters of a server at one time. The server counts from its
// start, or from the last reset.
type snapshot struct {
	at       time.Time
	version  string
	sessions ServerConnections
	database databaseCounters
	tables   map[string]tableCounters // keyed by schema.name

	statements  map[int64]statementCounters // nil if they are unavailable
	unavailable string                      // why statements are missing or incomplete; "" if they are not
}

type databaseCounters struct{ commits, rollbacks, read, hit, tempBytes, deadlocks int64 }

type tableCounters struct {
	schema, name   string
	live, dead     int64
	scans, scanned int64
	indexed        int64
	lastAutovacuum sql.NullTime
}

type statementCounters struct {
	calls, rows int64
	ms          float64
	hit, read   int64
	tempBlocks  int64
}

// ownMark starts every statement of a snapshot, so that vega can tell its own
// statements, which the server also counts, from others.
const ownMark = "/* vega statistics */ "

const (
	sessionsQuery = ownMark + `SELECT current_setting('server_version'), current_setting('max_connections')::int,
		coalesce(state, 'hidden'), count(*),
		coalesce(1000 * max(extract(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE pid <> pg_backend_pid()), 0)::float8
		FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 3`
	databaseQuery = ownMark + `SELECT xact_commit, xact_rollback, blks_read, blks_hit, temp_bytes, deadlocks
		FROM pg_stat_database WHERE datname = current_database()`
	tablesQuery = ownMark + `SELECT schemaname, relname, n_live_tup, n_dead_tup, seq_scan, seq_tup_read, coalesce(idx_scan, 0), last_autovacuum
		FROM pg_stat_user_tables ORDER BY n_dead_tup + seq_tup_read DESC LIMIT %d`
	extensionQuery = ownMark + `SELECT quote_ident(n.nspname), e.extversion
		FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`
	// Omits the statement texts, which the server would have to read from a file.
	statementsQuery = ownMark + `SELECT queryid, sum(calls)::bigint, sum(rows)::bigint, sum(%[2]s)::float8,
		sum(shared_blks_hit)::bigint, sum(shared_blks_read)::bigint, sum(temp_blks_written)::bigint
		FROM %[1]s.pg_stat_statements(false)
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
		GROUP BY queryid ORDER BY 4 DESC LIMIT %[3]d`
	hiddenQuery = ownMark + `SELECT count(*) FROM %s.pg_stat_statements(false) WHERE queryid IS NULL`
	textsQuery  = ownMark + `SELECT DISTINCT ON (queryid) queryid, query FROM %s.pg_stat_statements(true) WHERE queryid IN (%s)`
)

// takeSnapshot reads the counters of a server.
func takeSnapshot(ctx context.Context, db *sql.DB) (*snapshot, error) {
	s := &snapshot{at: time.Now().UTC(), tables: map[string]tableCounters{}}
	err := reading(ctx, db, func(tx *sql.Tx) error {
		if err := s.readSessions(ctx, tx); err != nil {
			return err
		}
		c := &s.database
		if err := tx.QueryRowContext(ctx, databaseQuery).Scan(&c.commits, &c.rollbacks, &c.read, &c.hit, &c.tempBytes, &c.deadlocks); err != nil {
			return err
		}
		return s.readTables(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	// This needs its own transaction, because an error aborts it.
	err = reading(ctx, db, func(tx *sql.Tx) error { return s.readStatements(ctx, tx) })
	if err != nil {
		s.statements = nil
		s.unavailable, err = statementsUnavailable(err)
	}
	return s, err
}

// reading runs f in a read-only transaction with a short timeout.
func reading(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf(ownMark+"SET LOCAL statement_timeout = %d", snapshotTimeout.Milliseconds()))
	if err == nil {
		err = f(tx)
	}
	if err != nil {
		return errors.Join(err, rollback(tx))
	}
	return tx.Commit() // a rollback would add to the server's count of rollbacks
}

func (s *snapshot) readSessions(ctx context.Context, tx *sql.Tx) error {
	s.sessions.ByState = map[string]int64{}
	return each(ctx, tx, sessionsQuery, func(scan func(...any) error) error {
		var state string
		var n int64
		var longest float64
		if err := scan(&s.version, &s.sessions.Max, &state, &n, &longest); err != nil {
			return err
		}
		s.sessions.ByState[strings.ReplaceAll(strings.NewReplacer("(", "", ")", "").Replace(state), " ", "_")] += n
		s.sessions.Total += n
		s.sessions.LongestTransactionMS = max(s.sessions.LongestTransactionMS, longest)
		return nil
	})
}

func (s *snapshot) readTables(ctx context.Context, tx *sql.Tx) error {
	return each(ctx, tx, fmt.Sprintf(tablesQuery, maxTables), func(scan func(...any) error) error {
		var t tableCounters
		err := scan(&t.schema, &t.name, &t.live, &t.dead, &t.scans, &t.scanned, &t.indexed, &t.lastAutovacuum)
		s.tables[t.schema+"."+t.name] = t
		return err
	})
}

// errNoExtension reports that a database does not have pg_stat_statements.
var errNoExtension = errors.New("the extension pg_stat_statements is not installed")

func (s *snapshot) readStatements(ctx context.Context, tx *sql.Tx) error {
	schema, ms, err := extension(ctx, tx)
	if err != nil {
		return err
	}
	var hidden int64
	if err := tx.QueryRowContext(ctx, fmt.Sprintf(hiddenQuery, schema)).Scan(&hidden); err != nil {
		return err
	}
	if hidden > 0 {
		s.unavailable = fmt.Sprintf("%d statements of other roles are hidden from vega's role; %s", hidden, grantStats)
	}
	s.statements = map[int64]statementCounters{}
	return each(ctx, tx, fmt.Sprintf(statementsQuery, schema, ms, maxSnapshotStatements), func(scan func(...any) error) error {
		var id int64
		var c statementCounters
		err := scan(&id, &c.calls, &c.rows, &c.ms, &c.hit, &c.read, &c.tempBlocks)
		s.statements[id] = c
		return err
	})
}

// extension returns the schema of pg_stat_statements, and the name of its column for
// the execution time of a statement. The name changed in version 1.8 (PostgreSQL
// 13).
func extension(ctx context.Context, tx *sql.Tx) (schema, ms string, err error) {
	var version string
	err = tx.QueryRowContext(ctx, extensionQuery).Scan(&schema, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", errNoExtension
	}
	major, minor, _ := strings.Cut(version, ".")
	a, _ := strconv.Atoi(major)
	if b, _ := strconv.Atoi(minor); a == 1 && b < 8 {
		return schema, "total_time", err
	}
	return schema, "total_exec_time", err
}

const grantStats = "as a superuser, run GRANT pg_read_all_stats TO that role"

// statementsUnavailable returns what to do about an error that affects only the
// statements. It returns any other error.
func statementsUnavailable(err error) (string, error) {
	switch state := sqlState(err); {
	case errors.Is(err, errNoExtension):
		return "pg_stat_statements is not installed in this database; as a superuser, run CREATE EXTENSION pg_stat_statements, with shared_preload_libraries = 'pg_stat_statements' in postgresql.conf", nil
	case state == "55000":
		return "pg_stat_statements is installed, but the server does not load it; set shared_preload_libraries = 'pg_stat_statements' in postgresql.conf and restart the server", nil
	case state == "42501":
		return "vega's role may not read pg_stat_statements; " + grantStats, nil
	}
	return "", err
}

// statementText is the text of a statement.
type statementText struct {
	text string // without values; "" if it is hidden from vega's role
	own  bool   // sent by vega itself for a snapshot
}

// texts reads the statements with the given IDs and removes their values, because
// the server does not remove those of utility statements such as CREATE ROLE.
func texts(ctx context.Context, db *sql.DB, ids []int64) (map[int64]statementText, error) {
	found := map[int64]statementText{}
	if len(ids) == 0 {
		return found, nil
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.FormatInt(id, 10)
	}
	err := reading(ctx, db, func(tx *sql.Tx) error {
		schema, _, err := extension(ctx, tx)
		if err != nil {
			return err
		}
		return each(ctx, tx, fmt.Sprintf(textsQuery, schema, strings.Join(list, ",")), func(scan func(...any) error) error {
			var id int64
			var text sql.NullString
			if err := scan(&id, &text); err != nil {
				return err
			}
			t := statementText{own: strings.HasPrefix(text.String, strings.TrimSpace(ownMark))}
			if text.String != "<insufficient privilege>" {
				t.text, _ = profile.Normalize(text.String, profile.Postgres)
			}
			found[id] = t
			return nil
		})
	})
	return found, err
}

// each runs a query and calls f with the Scan method of each row.
func each(ctx context.Context, tx *sql.Tx, query string, f func(scan func(...any) error) error) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

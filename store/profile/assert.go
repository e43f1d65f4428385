package profile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// TB is the part of *testing.T that AssertNoFullScan uses.
type TB interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
}

// AssertNoFullScan fails the test if db would read a whole table or index to
// answer the query. It detects SQLite, PostgreSQL, and MySQL or MariaDB, and
// runs EXPLAIN, but never the query.
//
// An index that is read in the requested order under a LIMIT is accepted, and
// so are tables that the query itself creates. PostgreSQL is asked what it
// would do if scans were expensive, because it scans any small table. MySQL has
// no such switch, so fill its tables with enough rows to make an index
// worthwhile.
func AssertNoFullScan(t TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	scans, plan, err := fullScans(t.Context(), db, query, args)
	if err != nil {
		t.Fatalf("explain a query: %v\n%s", err, indent(query))
		return
	}
	if len(scans) > 0 {
		t.Fatalf("the query reads all of %s:\n%s\nthe plan:\n%s\n"+
			"Create an index that begins with the columns that WHERE or ON compares with =, "+
			"followed by the one compared with < or >, then those of ORDER BY.",
			strings.Join(scans, ", "), indent(query), indent(plan))
	}
}

func indent(text string) string {
	return "\t" + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n\t")
}

func fullScans(ctx context.Context, db *sql.DB, query string, args []any) (scans []string, plan string, err error) {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err == nil {
		return sqliteScans(ctx, db, query, args)
	}
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return nil, "", fmt.Errorf("detect the database: %w", err)
	}
	if strings.HasPrefix(version, "PostgreSQL") {
		return postgresScans(ctx, db, query, args)
	}
	return mysqlScans(ctx, db, query, args)
}

// sqliteScans parses lines such as "SCAN orders", "SCAN o USING INDEX i" and
// "SEARCH orders USING INDEX i (customer=?)".
func sqliteScans(ctx context.Context, db *sql.DB, query string, args []any) (scans []string, plan string, err error) {
	plan, err = explained(ctx, db, ExplainSQLite, query, args)
	if err != nil {
		return nil, "", err
	}
	ordered := limited(query, SQLite) && !strings.Contains(plan, "USE TEMP B-TREE FOR ORDER BY")
	var created []string // by the query
	lines := strings.Split(plan, "\n")
	for _, line := range lines {
		verb, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if verb == "CO-ROUTINE" || verb == "MATERIALIZE" {
			created = append(created, name)
		}
	}
	for _, line := range lines {
		scanned, ok := strings.CutPrefix(strings.TrimSpace(line), "SCAN ")
		name, how, _ := strings.Cut(scanned, " ")
		switch {
		case !ok, slices.Contains(created, name):
		case strings.HasSuffix(scanned, "CONSTANT ROW"), strings.HasSuffix(scanned, "CONSTANT ROWS"), strings.HasPrefix(how, "VIRTUAL TABLE"):
		case strings.HasPrefix(how, "USING") && ordered:
		default:
			scans = append(scans, name)
		}
	}
	return scans, plan, nil
}

// explained runs an Explain on a connection of db.
func explained(ctx context.Context, db *sql.DB, explain Explain, query string, args []any) (plan string, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(raw any) error {
		values, err := converted(raw, args)
		if err != nil {
			return err
		}
		c, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("%T is not a driver.Conn", raw)
		}
		plan, err = explain(ctx, Session{c}, query, values)
		return err
	})
	return plan, err
}

// converted converts arguments as database/sql does.
func converted(conn any, args []any) ([]driver.NamedValue, error) {
	checker, checks := conn.(driver.NamedValueChecker)
	values := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		value := driver.NamedValue{Ordinal: i + 1, Value: arg}
		if named, ok := arg.(sql.NamedArg); ok {
			value.Name, value.Value = named.Name, named.Value
		}
		err := driver.ErrSkip
		if checks {
			err = checker.CheckNamedValue(&value)
		}
		if err == driver.ErrSkip { //nolint:errorlint // drivers return it unwrapped
			value.Value, err = driver.DefaultParameterConverter.ConvertValue(value.Value)
		}
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = value
	}
	return values, nil
}

// limited reports whether the outermost SELECT has a LIMIT.
func limited(query string, dialect Dialect) bool {
	depth := 0
	for _, w := range tokenize(query, dialect) {
		switch {
		case w.is("("):
			depth++
		case w.is(")"):
			depth--
		case depth == 0 && w.is("limit"):
			return true
		}
	}
	return false
}

func mysqlScans(ctx context.Context, db *sql.DB, query string, args []any) (scans []string, plan string, err error) {
	var nodes []mysqlNode
	explain := func(ctx context.Context, s Session, query string, args []driver.NamedValue) (string, error) {
		table, err := s.Query(ctx, "EXPLAIN "+query, args)
		if err != nil {
			return "", err
		}
		nodes, err = mysqlNodes(table)
		return mysqlText(nodes), err
	}
	plan, err = explained(ctx, db, explain, query, args)
	inOrder := limited(query, MySQL)
	for _, n := range nodes {
		wholeIndex := n.access == "index" && (!inOrder || strings.Contains(n.extra, "filesort") || strings.Contains(n.extra, "temporary"))
		if (n.access == "ALL" || wholeIndex) && !strings.HasPrefix(n.table, "<") {
			scans = append(scans, n.table)
		}
	}
	return scans, plan, err
}

// postgresNode is a node of EXPLAIN (FORMAT JSON).
type postgresNode struct {
	Type      string         `json:"Node Type"`
	Relation  string         `json:"Relation Name"`
	Condition string         `json:"Index Cond"`
	Plans     []postgresNode `json:"Plans"`
}

func postgresScans(ctx context.Context, db *sql.DB, query string, args []any) (scans []string, plan string, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
		return nil, "", err
	}
	if err := tx.QueryRowContext(ctx, "EXPLAIN (FORMAT JSON, COSTS OFF) "+query, args...).Scan(&plan); err != nil {
		return nil, "", err
	}
	var roots []struct{ Plan postgresNode }
	if err := json.Unmarshal([]byte(plan), &roots); err != nil {
		return nil, "", err
	}
	for _, root := range roots {
		scans = append(scans, root.Plan.scans(false)...)
	}
	return scans, plan, nil
}

// scans returns the relations that are read completely below n. With a limit, n
// is read only as far as needed.
func (n postgresNode) scans(limit bool) []string {
	var found []string
	switch n.Type {
	case "Seq Scan", "Sample Scan":
		found = append(found, n.Relation)
	case "Index Scan", "Index Only Scan":
		if n.Condition == "" && !limit {
			found = append(found, n.Relation)
		}
	}
	for i, below := range n.Plans {
		found = append(found, below.scans(n.limits(limit, i))...)
	}
	return found
}

// limits reports whether a limit above n, or n itself, applies to its child i.
func (n postgresNode) limits(above bool, i int) bool {
	switch n.Type {
	case "Limit":
		return true
	case "Append", "Merge Append":
		return above
	case "LockRows", "Result", "ProjectSet", "Subquery Scan", "Unique", "Nested Loop", "Gather Merge":
		return above && i == 0
	}
	return false
}

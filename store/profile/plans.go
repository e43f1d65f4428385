package profile

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxPlan limits the length of a plan, in bytes.
const maxPlan = 4 << 10

// ExplainSQLite runs EXPLAIN QUERY PLAN, which does not execute the query.
func ExplainSQLite(ctx context.Context, s Session, query string, args []driver.NamedValue) (string, error) {
	table, err := s.Query(ctx, "EXPLAIN QUERY PLAN "+query, args)
	if err != nil {
		return "", err
	}
	depths := map[string]int{} // by node
	lines := make([]string, 0, len(table))
	for _, row := range table { // id, parent, unused, detail
		if len(row) != 4 {
			return "", errors.New("EXPLAIN QUERY PLAN did not return SQLite's columns")
		}
		depth := depths[row[1]]
		depths[row[0]] = depth + 1
		lines = append(lines, strings.Repeat("  ", depth)+row[3])
	}
	return whole(lines), nil
}

// ExplainPostgres runs EXPLAIN without ANALYZE, which does not execute the
// query.
func ExplainPostgres(ctx context.Context, s Session, query string, args []driver.NamedValue) (string, error) {
	table, err := s.Query(ctx, "EXPLAIN "+query, args)
	if err != nil {
		return "", err
	}
	lines := make([]string, 0, len(table))
	for _, row := range table {
		lines = append(lines, strings.Join(row, " "))
	}
	// Redact all lines together, because a literal may span several.
	return whole([]string{Redact(strings.Join(lines, "\n"))}), nil
}

// ExplainMySQL runs EXPLAIN, which does not execute the query. It supports
// MariaDB, too.
func ExplainMySQL(ctx context.Context, s Session, query string, args []driver.NamedValue) (string, error) {
	table, err := s.Query(ctx, "EXPLAIN "+query, args)
	if err != nil {
		return "", err
	}
	nodes, err := mysqlNodes(table)
	return mysqlText(nodes), err
}

// mysqlNode is a row of EXPLAIN's result.
type mysqlNode struct{ id, operation, table, access, possible, key, rows, extra string }

// mysqlNodeOf reads the 10 columns of MariaDB or the 12 of MySQL, which adds
// partitions after the table and a percentage before the last column.
func mysqlNodeOf(row []string) (mysqlNode, error) {
	switch len(row) {
	case 10:
		return mysqlNode{row[0], row[1], row[2], row[3], row[4], row[5], row[8], row[9]}, nil
	case 12:
		return mysqlNode{row[0], row[1], row[2], row[4], row[5], row[6], row[9], row[11]}, nil
	}
	return mysqlNode{}, errors.New("EXPLAIN did not return MySQL's columns")
}

func mysqlNodes(table [][]string) ([]mysqlNode, error) {
	nodes := make([]mysqlNode, len(table))
	for i, row := range table {
		var err error
		if nodes[i], err = mysqlNodeOf(row); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

func mysqlText(nodes []mysqlNode) string {
	lines := make([]string, len(nodes))
	for i, n := range nodes {
		lines[i] = n.String()
	}
	return whole(lines)
}

// String formats the row as a line.
func (n mysqlNode) String() string {
	line := fmt.Sprintf("%s %s", n.id, n.operation)
	for _, part := range []struct{ name, value string }{
		{"table", n.table}, {"type", n.access}, {"key", n.key}, {"rows", n.rows},
	} {
		if part.value != "" {
			line += " " + part.name + "=" + part.value
		}
	}
	if n.extra != "" {
		line += " (" + n.extra + ")"
	}
	return line
}

func whole(lines []string) string {
	text := strings.TrimRight(strings.Join(lines, "\n"), "\n")
	if len(text) > maxPlan {
		text = strings.ToValidUTF8(text[:maxPlan], "") + " …"
	}
	return text
}

// estimate matches PostgreSQL's estimates, which follow a node and contain no
// data.
var estimate = regexp.MustCompile(`^\(cost=[0-9.]+ rows=[0-9]+ width=[0-9]+\)(\n|$)`)

// Redact replaces every literal in the text of a PostgreSQL plan by ?. It keeps
// the planner's estimates.
func Redact(plan string) string {
	l := lexer{source: plan, dialect: Postgres}
	var b strings.Builder
	copied := 0
	for t, ok := l.next(); ok; t, ok = l.next() {
		if plan[t.start] == '(' {
			l.at += max(0, len(estimate.FindString(plan[t.start:]))-1)
		}
		if t.kind == tokenValue {
			b.WriteString(plan[copied:t.start])
			b.WriteByte('?')
			copied = t.end
		}
	}
	b.WriteString(plan[copied:])
	return b.String()
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite/dsn"
)

// AccessPath is a query that pages through the history, and SQLite's plan for
// it.
type AccessPath struct {
	Name  string // conversations, conversations by session, …
	Index string // the index intended for the query
	Plan  string // output of EXPLAIN QUERY PLAN
}

// Indexed reports whether the plan uses the intended index and sorts nothing. A
// plan without a table scan is not enough. Without its own index, a page of a
// session would be searched in the index on time, past all other sessions.
func (p AccessPath) Indexed() bool {
	return strings.Contains(p.Plan, " INDEX "+p.Index+" ") && !strings.Contains(p.Plan, "TEMP B-TREE")
}

// AccessPaths returns the plans for all pages of the history, with the indexes
// that the file has. It reads no rows.
func (s *Store) AccessPaths(ctx context.Context) ([]AccessPath, error) {
	ctx = profile.WithFunction(ctx, "AccessPaths")
	yes := true
	var paths []AccessPath
	for _, page := range []struct {
		name, index string
		query       store.Query
	}{
		{"conversations", "ix_conv_ts_session", store.Query{}},
		{"conversations by session", "ix_conv_session_ts", store.Query{Session: "s"}},
		{"conversations by source", "ix_conv_source_ts", store.Query{Source: "s"}},
		{"conversations by reviewed", "ix_conv_reviewed_ts", store.Query{Reviewed: &yes}},
	} {
		statement, args := selectConversations(&page.query)
		paths = append(paths, AccessPath{page.name, page.index, ""})
		if err := explainPlan(ctx, s.read, &paths[len(paths)-1], statement, append(args, 0, 0, 1)); err != nil {
			return nil, err
		}
	}
	paths = append(paths, AccessPath{"runs by integration", "ix_runs_integration", ""})
	if err := explainPlan(ctx, s.read, &paths[len(paths)-1], selectRuns, []any{"", 0, 1}); err != nil {
		return nil, err
	}
	for _, page := range []struct {
		name, index string
		query       store.RunQuery
	}{
		{"runs by time", "ix_runs_began", store.RunQuery{Since: time.UnixMilli(1)}},
		{"runs by status", "ix_runs_trouble", store.RunQuery{Statuses: []check.Status{check.Unhealthy}}},
	} {
		statement, args := selectFilteredRuns(&page.query, store.Position{}, 1)
		paths = append(paths, AccessPath{page.name, page.index, ""})
		if err := explainPlan(ctx, s.read, &paths[len(paths)-1], statement, args); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func explainPlan(ctx context.Context, db *sql.DB, into *AccessPath, statement string, args []any) error {
	rows, err := db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+statement, args...)
	if err != nil {
		return fmt.Errorf("explain %s: %w", into.Name, err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return fmt.Errorf("read the plan of %s: %w", into.Name, err)
		}
		lines = append(lines, detail)
	}
	into.Plan = strings.Join(lines, "\n")
	return rows.Err()
}

// Hold takes the write lock of the database at path until release is called.
// Other writers wait for it; vega's own daemon waits 5 seconds at most.
// Hold writes nothing. It lets a command make a query slow on
// purpose.
func Hold(ctx context.Context, path string) (release func() error, err error) {
	db, err := dsn.Open(dsn.Holder(path), 1)
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", path, err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("hold %s: %w", path, err), db.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}

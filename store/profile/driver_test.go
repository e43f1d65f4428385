package profile_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"vega/store/profile"
)

// drivers are fakes with the optional interfaces that make a difference, in
// combinations that real drivers have.
var drivers = map[string]func() *fake{
	"required interfaces only": func() *fake { return &fake{} },
	"before contexts": func() *fake {
		return &fake{conn: func(c *fakeConn) driver.Conn {
			return struct {
				*fakeConn
				oldExec
				oldQuery
			}{c, oldExec{c.f}, oldQuery{c.f}}
		}}
	},
	"executes only": func() *fake {
		return &fake{conn: func(c *fakeConn) driver.Conn {
			return struct {
				*fakeConn
				newExec
			}{c, newExec{c.f}}
		}}
	},
	"queries only": func() *fake {
		return &fake{conn: func(c *fakeConn) driver.Conn {
			return struct {
				*fakeConn
				newQuery
				checker
			}{c, newQuery{c.f}, checker{c.f}}
		}}
	},
	"all there is": func() *fake {
		return &fake{
			conn: func(c *fakeConn) driver.Conn {
				return struct {
					*fakeConn
					newExec
					newQuery
					newPrepare
					newBegin
					pinger
					resetter
					validator
					checker
				}{c, newExec{c.f}, newQuery{c.f}, newPrepare{c}, newBegin{c.f}, pinger{c.f}, resetter{c.f}, validator{c.f}, checker{c.f}}
			},
			stmt: func(s *fakeStmt) driver.Stmt {
				return struct {
					*fakeStmt
					newStmtExec
					newStmtQuery
				}{s, newStmtExec{s}, newStmtQuery{s}}
			},
			rows: func(r *fakeRows) driver.Rows {
				return struct {
					*fakeRows
					nextSet
					typed
				}{r, nextSet{r}, typed{r.f}}
			},
		}
	},
	"all but direct execution": func() *fake {
		return &fake{
			conn: func(c *fakeConn) driver.Conn {
				return struct {
					*fakeConn
					resetter
					validator
				}{c, resetter{c.f}, validator{c.f}}
			},
			stmt: func(s *fakeStmt) driver.Stmt {
				return struct {
					*fakeStmt
					checker
				}{s, checker{s.f}}
			},
		}
	},
	"executes, resets and validates": func() *fake {
		return &fake{conn: func(c *fakeConn) driver.Conn {
			return struct {
				*fakeConn
				newExec
				resetter
				validator
			}{c, newExec{c.f}, resetter{c.f}, validator{c.f}}
		}}
	},
	"queries, resets and validates": func() *fake {
		return &fake{conn: func(c *fakeConn) driver.Conn {
			return struct {
				*fakeConn
				newQuery
				resetter
				validator
			}{c, newQuery{c.f}, resetter{c.f}, validator{c.f}}
		}}
	},
	"resets only": func() *fake {
		return &fake{conn: func(c *fakeConn) driver.Conn {
			return struct {
				*fakeConn
				newExec
				newQuery
				resetter
			}{c, newExec{c.f}, newQuery{c.f}, resetter{c.f}}
		}}
	},
	"converts columns": func() *fake {
		return &fake{stmt: func(s *fakeStmt) driver.Stmt {
			return struct {
				*fakeStmt
				converter
			}{s, converter{s.f}}
		}}
	},
	"declines to execute directly": func() *fake {
		return &fake{
			conn: func(c *fakeConn) driver.Conn {
				return struct {
					*fakeConn
					newExec
					newQuery
				}{c, newExec{c.f}, newQuery{c.f}}
			},
			fail: func(call string) error {
				if strings.HasPrefix(call, "exec context") || strings.HasPrefix(call, "query context") {
					return driver.ErrSkip
				}
				return nil
			},
		}
	},
	"loses connections": func() *fake {
		f := &fake{conn: func(c *fakeConn) driver.Conn {
			return struct {
				*fakeConn
				newExec
				newQuery
			}{c, newExec{c.f}, newQuery{c.f}}
		}}
		calls := 0
		f.fail = func(call string) error {
			if strings.HasPrefix(call, "exec context") || strings.HasPrefix(call, "query context") {
				if calls++; calls%3 != 0 {
					return driver.ErrBadConn
				}
			}
			return nil
		}
		return f
	},
	"fails": func() *fake {
		return &fake{fail: func(call string) error {
			if strings.Contains(call, "SELECT") {
				return errors.New("no")
			}
			return nil
		}}
	},
}

// TestProfiledDriverBehavesTheSame runs the same calls with and without the
// profiler, and compares the results and what the driver was asked.
func TestProfiledDriverBehavesTheSame(t *testing.T) {
	for name, newFake := range drivers {
		t.Run(name, func(t *testing.T) {
			bare := newFake()
			want := scenario(t, sql.OpenDB(bare))
			profiled := newFake()
			p := profile.New(profile.Options{})
			got := scenario(t, sql.OpenDB(p.Connector("main", profiled)))
			differ(t, "the program", got, want)
			differ(t, "the driver", profiled.log, bare.log)
			for _, f := range []*fake{bare, profiled} {
				if f.conns != 0 || f.stmts != 0 || f.openRows != 0 || !f.closedConnector {
					t.Errorf("left open: %d connections, %d statements, %d rows, closed %t", f.conns, f.stmts, f.openRows, f.closedConnector)
				}
			}
			if open := p.Stats().Open; len(open) > 0 {
				t.Errorf("open rows: %+v", open)
			}
		})
	}
}

// differ reports where the calls diverge.
func differ(t *testing.T, who string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			from := max(0, min(i, len(got), len(want))-3)
			t.Errorf("from here on %s sees\n%s\nand without the profiler\n%s", who,
				strings.Join(got[from:min(i+3, len(got))], "\n"), strings.Join(want[from:min(i+3, len(want))], "\n"))
			return
		}
	}
}

// scenario uses db in all ways that a driver can observe, and returns what the
// program sees.
func scenario(t *testing.T, db *sql.DB) []string {
	t.Helper()
	db.SetMaxOpenConns(1)
	var seen []string
	saw := func(what string, values ...any) { seen = append(seen, what+": "+fmt.Sprint(values...)) }
	ctx := t.Context()

	exec := func(what string, x interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}, args ...any,
	) {
		result, err := x.ExecContext(ctx, "UPDATE t SET a = ?", args...)
		if err != nil {
			saw(what, err)
			return
		}
		n, err := result.RowsAffected()
		saw(what, n, err)
	}
	read := func(what string, rows *sql.Rows, err error) {
		if err != nil {
			saw(what, err)
			return
		}
		defer func() { _ = rows.Close() }()
		types, err := rows.ColumnTypes()
		if err == nil {
			length, known := types[0].Length()
			nullable, knows := types[0].Nullable()
			precision, scale, decimal := types[0].DecimalSize()
			saw(what, types[0].DatabaseTypeName(), types[0].ScanType(), length, known, nullable, knows, precision, scale, decimal)
		}
		for sets := 0; sets < 3; sets++ {
			for rows.Next() {
				var n int64
				saw(what, rows.Scan(&n), n)
			}
			if !rows.NextResultSet() {
				break
			}
		}
		saw(what, rows.Err())
	}

	saw("ping", db.PingContext(ctx))
	exec("exec", db, 1)
	exec("exec without arguments", db)
	exec("exec with an odd value", db, odd{3})
	exec("exec with a name", db, sql.Named("a", 4))
	rows, err := db.QueryContext(ctx, "SELECT a FROM t WHERE b = ?", "x")
	read("query", rows, err)
	rows, err = db.QueryContext(ctx, "SELECT a FROM t WHERE b = ?", odd{5})
	read("query with an odd value", rows, err)

	stmt, err := db.PrepareContext(ctx, "SELECT a FROM t WHERE c = ?")
	saw("prepare", err)
	if err == nil {
		for _, arg := range []any{1, odd{2}, "three"} {
			rows, err := stmt.QueryContext(ctx, arg)
			read("statement", rows, err)
			_, err = stmt.ExecContext(ctx, arg)
			saw("statement", err)
		}
		saw("close", stmt.Close())
	}

	tx, err := db.BeginTx(ctx, nil)
	saw("begin", err)
	if err == nil {
		exec("exec in a transaction", tx, 6)
		saw("commit", tx.Commit())
	}
	tx, err = db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
	saw("begin with options", err)
	if err == nil {
		saw("rollback", tx.Rollback())
	}

	canceled, cancel := context.WithCancel(ctx)
	tx, err = db.BeginTx(canceled, nil)
	saw("begin", err)
	if err == nil {
		cancel()
		saw("commit after its context fails", tx.Commit() != nil)
	}
	cancel()
	exec("exec after a canceled transaction", db, 7)
	saw("close", db.Close())
	return seen
}

package profile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTotalsMatchStats compares them before and after a Reset.
func TestTotalsMatchStats(t *testing.T) {
	p := New(Options{Slow: time.Millisecond})
	w := p.window.Load()
	for n := range 10 {
		shape := newShape("s", string(rune('a'+n)))
		shape.stats.add(time.Duration(n)*time.Millisecond, n%3 == 0, n > 0)
		w.shapes[shape.fingerprint] = shape
	}
	w.other.stats.add(time.Second, true, true)
	got, want := p.Totals(), p.Stats().Queries
	if got.Total != want.Total || got.Failed != want.Failed || got.Slow != want.Slow || got.Total != 11 {
		t.Errorf("%+v, and %+v", got, want)
	}
	if p.Reset(); p.Totals().Total != 0 || !p.Totals().Since.After(got.Since) {
		t.Errorf("%+v", p.Totals())
	}
}

// blocked is a driver whose calls take as long as their name says, such as "3s".
type blocked struct{ driver.Conn }

func (blocked) Connect(context.Context) (driver.Conn, error) { return blocked{}, nil }
func (blocked) Driver() driver.Driver                        { return nil }
func (blocked) Close() error                                 { return nil }

func (blocked) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), pause(query)
}

func (blocked) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	return slowRows{query}, nil
}

// slowRows take as long for each row, and as long to be closed.
type slowRows struct{ query string }

func (slowRows) Columns() []string           { return []string{"a"} }
func (r slowRows) Next([]driver.Value) error { return pause(r.query) }
func (r slowRows) Close() error              { return pause(r.query) }

// pause sleeps for the duration at the end of a query.
func pause(query string) error {
	d, err := time.ParseDuration(query[strings.LastIndexByte(query, ' ')+1:])
	time.Sleep(d)
	return err
}

// slowest returns the slowest queries of a profiler in one line.
func slowest(p *Profiler, n int) string {
	var all []string
	for _, s := range p.Slowest(n) {
		text := fmt.Sprintf("%s %v", s.Statement, time.Duration(s.DurationMS*float64(time.Millisecond)))
		if s.Running {
			text += " running"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestSlowestOfTwoMinutes covers queries that have ended and those in progress: in the
// call, in a row, and while the rows are closed. Time that the caller takes does not count.
func TestSlowestOfTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Dialect: Postgres})
		db := sql.OpenDB(p.Connector("main", blocked{}))
		defer func() { _ = db.Close() }()
		exec := func(query string) {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Error(err)
			}
		}
		expect := func(n int, want string) {
			t.Helper()
			if got := slowest(p, n); got != want {
				t.Errorf("after %v: %q, want %q", p.now(), got, want)
			}
		}
		expect(5, "")
		exec("DELETE FROM a -- 3s")
		time.Sleep(4 * time.Second)
		exec("DELETE FROM b WHERE secret = 'x' -- 1s")
		time.Sleep(4 * time.Second)
		exec("DELETE FROM a -- 2s")
		expect(5, "DELETE FROM a 3s, DELETE FROM b WHERE secret = ? 1s")
		expect(1, "DELETE FROM a 3s")
		expect(0, "")
		if got := p.Totals().SlowestMS; got != 3000 {
			t.Errorf("the totals have %v ms", got)
		}

		go exec("UPDATE c SET d = 1 -- 10m")
		time.Sleep(time.Minute)
		expect(2, "UPDATE c SET d = ? 1m0s running, DELETE FROM a 3s")
		time.Sleep(time.Minute)
		expect(2, "UPDATE c SET d = ? 2m0s running, DELETE FROM a 2s")
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		time.Sleep(time.Second)
		expect(2, "UPDATE c SET d = ? 10m0s")
		time.Sleep(2*time.Minute - time.Second)
		expect(2, "UPDATE c SET d = ? 10m0s")
		time.Sleep(peakSpan)
		expect(2, "")

		rows, err := db.QueryContext(t.Context(), "SELECT e FROM f -- 4s")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the caller's time
		expect(2, "")
		rows.Next()
		time.Sleep(time.Minute)
		go func() { rows.Next(); _ = rows.Close() }()
		time.Sleep(3 * time.Second)
		expect(2, "SELECT e FROM f 7s running")
		time.Sleep(3 * time.Second)
		expect(2, "SELECT e FROM f 10s running")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		expect(2, "SELECT e FROM f 12s")
		p.Reset()
		expect(2, "")
	})
}

// TestPeaksAreOfTheirPeriod adds queries that end out of order, and after a long pause.
func TestPeaksAreOfTheirPeriod(t *testing.T) {
	var p peaks
	one := &text{statement: "one"}
	add := func(ended, own time.Duration) { p.add(ended, own, one) }
	add(time.Second, 3)
	add(2*time.Second, 5)
	add(3*time.Second, 4)
	add(slowestWindow+6*time.Second, 1) // the same place, a round later
	add(4*time.Second, 9)               // too late
	if got := p.since(0, time.Second); len(got) != 1 || got[0].DurationMS != 1e-6 || got[0].Slow {
		t.Errorf("%+v", got)
	}
	add(time.Hour, 2)
	if got := p.since(time.Hour-slowestWindow, 2); len(got) != 1 || got[0].DurationMS != 2e-6 || !got[0].Slow {
		t.Errorf("%+v", got)
	}
}

// TestWaitsInProgressCount checks that a wait counts before it ends.
func TestWaitsInProgressCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{})
		db := sql.OpenDB(p.Connector("main", blocked{}))
		defer func() { _ = db.Close() }()
		p.Pool("main", db)
		first := p.Wait("main")
		time.Sleep(time.Second)
		second := p.Wait("main")
		p.Wait("no such pool")()
		time.Sleep(time.Second)
		expect := func(count int64, waiting int, ms float64) {
			t.Helper()
			if s := p.Totals().Pools[0]; s.WaitCount != count || s.Waiting != waiting || s.WaitMS != ms {
				t.Errorf("%+v", s)
			}
		}
		expect(2, 2, 3000)
		first()
		first() // only once
		time.Sleep(time.Second)
		expect(2, 1, 4000)
		second()
		time.Sleep(time.Second)
		expect(2, 0, 4000)
	})
}

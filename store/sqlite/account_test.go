package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/store/sqlite"
)

// books is an Account that records what is charged.
type books struct {
	computed int // times
	peak     int // bytes at a time
	room     int
	refusal  error
	short    []error
}

var errShort = errors.New("short")

func (b *books) Compute(_ context.Context, bytes int, do func()) error {
	if b.refusal != nil {
		return b.refusal
	}
	b.computed++
	b.peak = max(b.peak, bytes)
	do()
	return nil
}

func (b *books) Room(context.Context) int { return b.room }

func (b *books) Shortage(_ context.Context, err error) error {
	b.short = append(b.short, err)
	return errShort
}

// charged returns a database whose queries are charged.
func charged(t *testing.T) (path string, r *sqlite.Reader, b *books) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "theirs.db")
	execSQL(t, raw(t, path), "CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y')")
	b = &books{room: 1 << 30}
	r, err := sqlite.OpenForeign(path, sqlite.OnAccount(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return path, r, b
}

func TestQueriesAreCharged(t *testing.T) {
	_, r, b := charged(t)
	rows, err := r.Query(t.Context(), "SELECT a FROM t")
	if got := values(t, rows, err); got != "1 2" {
		t.Errorf("%q", got)
	}
	if b.computed != 4 || b.peak == 0 { // the query, two rows, and the end
		t.Errorf("%d times, %d bytes", b.computed, b.peak)
	}
	b.refusal = errors.New("no room")
	if _, err := r.Query(t.Context(), "SELECT a FROM t"); !errors.Is(err, b.refusal) {
		t.Errorf("%v", err)
	}
	b.refusal = nil
	rows, err = r.Query(t.Context(), "SELECT a FROM t")
	if err != nil {
		t.Fatal(err)
	}
	b.refusal = errors.New("no room")
	if rows.Next() || !errors.Is(rows.Err(), b.refusal) {
		t.Errorf("%v", rows.Err())
	}
	_ = rows.Close()
}

func TestWaitingForALockIsNotCharged(t *testing.T) {
	t.Parallel()
	path, r, b := charged(t)
	other := raw(t, path)
	other.SetMaxOpenConns(1)
	execSQL(t, other, "BEGIN EXCLUSIVE")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := r.Query(ctx, "SELECT a FROM t"); !errors.Is(err, context.DeadlineExceeded) || b.computed != 0 {
		t.Errorf("%v, computed %d times", err, b.computed)
	}
	done := make(chan error)
	go func() {
		rows, err := r.Query(t.Context(), "SELECT a FROM t")
		if err == nil {
			err = rows.Close()
		}
		done <- err
	}()
	execSQL(t, other, "COMMIT")
	if err := <-done; err != nil || b.computed == 0 {
		t.Errorf("%v, computed %d times", err, b.computed)
	}
}

// The lock is released after the last row, before Close.
func TestLockEndsWithTheRows(t *testing.T) {
	path, r, _ := charged(t)
	rows, err := r.Query(t.Context(), "SELECT a FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	other := raw(t, path)
	if _, err := other.ExecContext(t.Context(), "PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; COMMIT"); err == nil {
		t.Error("the file is not locked while a query reads it")
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	execSQL(t, raw(t, path), "PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; COMMIT")
}

// A later query gets one of the connections that were returned.
func TestWaitingForAConnectionIsAShortage(t *testing.T) {
	_, r, b := charged(t)
	var open []*sqlite.Rows
	for range 4 {
		rows, err := r.Query(t.Context(), "SELECT a FROM t")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, rows)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Query(ctx, "SELECT a FROM t"); err == nil || len(b.short) != 1 || !strings.Contains(b.short[0].Error(), "all 4 of vega's connections") {
		t.Errorf("%v, %v", err, b.short)
	}
	for _, rows := range open {
		_ = rows.Close()
		_ = rows.Close()
	}
	for range 9 { // queries that fail return theirs, too
		_, _ = r.Query(t.Context(), "SELECT nothing FROM t")
		rows, err := r.Query(t.Context(), "SELECT a FROM t")
		if got := values(t, rows, err); got == "" {
			t.Error("no rows")
		}
	}
}

// A program that produces many values gets short ones only, and so does one
// with a slow function, because nothing interrupts it there.
func TestValuesAreBoundedByTheProgram(t *testing.T) {
	_, r, b := charged(t)
	for _, c := range []struct {
		name, query string
		room        int
		fits        bool
	}{
		{"one", "SELECT hex(zeroblob(500000))", 1 << 30, true},
		{"one, too long", "SELECT hex(zeroblob(600000))", 1 << 30, false},
		{"one, little room", "SELECT hex(zeroblob(500000))", 1 << 20, false},
		{"many, short", "SELECT " + strings.Repeat("randomblob(1000),", 1500) + "1", 1 << 30, false}, // the row is too long
		{"many, added up", "SELECT " + strings.Repeat("length(randomblob(1000))+", 700) + "1 AS n", 1 << 30, true},
		{"many, long", "SELECT " + strings.Repeat("length(randomblob(500000))+", 700) + "1 AS n", 1 << 30, false},
		{"one, often", "WITH a AS MATERIALIZED (SELECT hex(zeroblob(400000)) x) SELECT " + strings.Repeat("x,", 1500) + "1 FROM a", 1 << 30, false},
		{"LIKE", "SELECT hex(zeroblob(100000)) LIKE '%x%'", 1 << 30, true},
		{"LIKE, long", "SELECT hex(zeroblob(400000)) LIKE '%x%'", 1 << 30, false},
		{"LIKE, long pattern", "SELECT 'x' LIKE '" + strings.Repeat("%x", 100) + "'", 1 << 30, false},
		{"instr", "SELECT instr(hex(zeroblob(10000)), '1')", 1 << 30, true},
		{"instr, long", "SELECT instr(hex(zeroblob(400000)), hex(zeroblob(200000))||'1')", 1 << 30, false},
		{"replace, long", "SELECT length(replace(hex(zeroblob(400000)), '00', 'x'))", 1 << 30, false},
	} {
		for range 2 { // the second time from the cache
			b.room = c.room
			rows, err := r.Query(t.Context(), c.query)
			if err == nil {
				for rows.Next() {
				}
				err = errors.Join(rows.Err(), rows.Close())
			}
			if (err == nil) != c.fits {
				t.Errorf("%s: %v", c.name, err)
			}
			if err != nil && !errors.Is(err, sqlite.ErrTooLarge) && !strings.Contains(err.Error(), "too complex") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	if b.peak > 16<<20 {
		t.Errorf("%d bytes at a time", b.peak)
	}
}

func TestHugeProgramsAreRefused(t *testing.T) {
	_, r, _ := charged(t)
	long := "SELECT 1" + strings.Repeat("+abs(1)", 9000)
	if _, err := r.Query(t.Context(), long); err == nil {
		t.Error("it was run")
	}
	wide := "SELECT " + strings.Repeat("a,", 1500) + "a FROM t" // doubled by each level
	for range 6 {
		wide = "SELECT * FROM (" + wide + ") UNION ALL SELECT * FROM (SELECT 1)"
	}
	if _, err := r.Query(t.Context(), wide); err == nil {
		t.Error("it was run")
	}
}

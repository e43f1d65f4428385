package advise

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Limits of one run in an engine. A run is ended by a number of steps, not by a
// clock, so that the result does not depend on the machine.
const (
	mostSteps  = 3_000_000
	stepsTurn  = 100 // steps between two looks at the limits
	longValue  = 64 << 10
	pageWeight = 16 // steps that take as long as one access to a page, cached or not
)

var (
	errStopped    = errors.New("the trial takes too long")
	errConstraint = errors.New("a constraint failed")
)

// engine is a SQLite database in memory that counts what a statement does. The
// driver does not show SQLite's counters of a statement, so an engine calls
// SQLite directly. Only one goroutine may use it.
type engine struct {
	*budget
	tls   *libc.TLS
	db    uintptr
	ctx   context.Context
	limit int64 // of steps
	steps int64 // of the current run
	found int64 // rows of the last measured run
}

// engines finds the engine of a progress callback.
var engines sync.Map // uintptr: *engine

func newEngine(b *budget) (*engine, error) {
	e := &engine{budget: b, tls: libc.NewTLS(), ctx: context.Background()}
	name, err := libc.CString(":memory:")
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(e.tls, name)
	out := e.tls.Alloc(8)
	defer e.tls.Free(8)
	const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_MEMORY
	code := sqlite3.Xsqlite3_open_v2(e.tls, name, out, flags, 0)
	e.db = at[uintptr](out)
	if code != sqlite3.SQLITE_OK {
		err := e.failed(code)
		e.close()
		return nil, err
	}
	sqlite3.Xsqlite3_limit(e.tls, e.db, sqlite3.SQLITE_LIMIT_LENGTH, 16*longValue)
	sqlite3.Xsqlite3_limit(e.tls, e.db, sqlite3.SQLITE_LIMIT_ATTACHED, 0)
	sqlite3.Xsqlite3_limit(e.tls, e.db, sqlite3.SQLITE_LIMIT_VDBE_OP, 250_000)
	engines.Store(e.db, e)
	sqlite3.Xsqlite3_progress_handler(e.tls, e.db, stepsTurn, function(progress), e.db)
	return e, nil
}

// at reads the value at a C pointer.
func at[T any](p uintptr) T { return **(**T)(unsafe.Pointer(&p)) }

// function converts a declared function to a C pointer.
func function[T any](f T) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f T }{f})) }

// progress ends a run that exceeds its limits.
func progress(_ *libc.TLS, db uintptr) int32 {
	found, ok := engines.Load(db)
	if !ok {
		return 1
	}
	e := found.(*engine)
	e.steps += stepsTurn
	e.spent += stepsTurn
	if e.limit > 0 && e.steps > e.limit || e.ctx.Err() != nil || e.over() {
		return 1
	}
	return 0
}

func (e *engine) close() {
	engines.Delete(e.db)
	sqlite3.Xsqlite3_close_v2(e.tls, e.db)
	e.tls.Close()
}

func (e *engine) failed(code int32) error {
	switch code {
	case sqlite3.SQLITE_INTERRUPT:
		return errStopped
	case sqlite3.SQLITE_CONSTRAINT:
		return errConstraint // a value that stands in for a parameter may exist
	}
	return fmt.Errorf("%s (%d)", libc.GoString(sqlite3.Xsqlite3_errmsg(e.tls, e.db)), code)
}

// run is a compiled statement.
type run struct {
	*engine
	stmt uintptr
}

func (e *engine) prepare(sql string) (run, error) {
	text, err := libc.CString(sql)
	if err != nil {
		return run{}, err
	}
	defer libc.Xfree(e.tls, text)
	out := e.tls.Alloc(8)
	defer e.tls.Free(8)
	if code := sqlite3.Xsqlite3_prepare_v2(e.tls, e.db, text, -1, out, 0); code != sqlite3.SQLITE_OK {
		return run{}, e.failed(code)
	}
	return run{e, at[uintptr](out)}, nil
}

// next returns whether there is another row.
func (r run) next() (bool, error) {
	switch code := sqlite3.Xsqlite3_step(r.tls, r.stmt); code {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, r.failed(code)
	}
}

func (r run) text(column int32) string {
	return libc.GoString(sqlite3.Xsqlite3_column_text(r.tls, r.stmt, column))
}

func (r run) close() { sqlite3.Xsqlite3_finalize(r.tls, r.stmt) }

// bind binds values as the driver returns them.
func (r run) bind(values []any) error {
	for i, value := range values {
		var code int32
		at := int32(i + 1) //nolint:gosec // at most 2000 columns
		switch v := value.(type) {
		case nil:
			code = sqlite3.Xsqlite3_bind_null(r.tls, r.stmt, at)
		case int64:
			code = sqlite3.Xsqlite3_bind_int64(r.tls, r.stmt, at, v)
		case float64:
			code = sqlite3.Xsqlite3_bind_double(r.tls, r.stmt, at, v)
		case string:
			code = r.bindBytes(at, []byte(v), sqlite3.Xsqlite3_bind_text)
		case []byte:
			code = r.bindBytes(at, v, sqlite3.Xsqlite3_bind_blob)
		default:
			return fmt.Errorf("cannot bind %T", value)
		}
		if code != sqlite3.SQLITE_OK {
			return r.failed(code)
		}
	}
	return nil
}

func (r run) bindBytes(at int32, value []byte, bind func(*libc.TLS, uintptr, int32, uintptr, int32, uintptr) int32) int32 {
	copied := r.tls.Alloc(len(value) + 1)
	defer r.tls.Free(len(value) + 1)
	copy(unsafe.Slice(*(**byte)(unsafe.Pointer(&copied)), len(value)+1), value)
	return bind(r.tls, r.stmt, at, copied, int32(len(value)), ^uintptr(0)) //nolint:gosec // limited; SQLite copies it
}

// exec runs one statement, with values for its parameters, and ignores its rows.
func (e *engine) exec(sql string, values ...any) error {
	r, err := e.prepare(sql)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.bind(values); err != nil {
		return err
	}
	for {
		if more, err := r.next(); err != nil || !more {
			return err
		}
	}
}

// value returns the first value of a query as text.
func (e *engine) value(sql string) (string, error) {
	r, err := e.prepare(sql)
	if err != nil {
		return "", err
	}
	defer r.close()
	more, err := r.next()
	if err != nil || !more {
		return "", err
	}
	return r.text(0), nil
}

// cost runs a statement and returns what it did, in steps of SQLite's virtual
// machine. An access to a page counts as several steps. A run that exceeds the
// limit ends there and costs as much.
func (e *engine) cost(sql string) (int64, error) {
	r, err := e.prepare(sql)
	if err != nil {
		return 0, err
	}
	defer r.close()
	e.limit, e.steps = mostSteps, 0
	defer func() { e.limit = 0 }()
	e.pages()
	e.found = 0
	more := true
	for more && err == nil {
		if more, err = r.next(); more {
			e.found++
		}
	}
	if e.ctx.Err() != nil {
		return 0, e.ctx.Err()
	}
	steps := int64(sqlite3.Xsqlite3_stmt_status(e.tls, r.stmt, sqlite3.SQLITE_STMTSTATUS_VM_STEP, 0))
	steps += pageWeight * e.pages()
	if errors.Is(err, errStopped) && e.steps > e.limit {
		return max(steps, e.limit), nil
	}
	if errors.Is(err, errConstraint) {
		err = nil
	}
	return steps, err
}

// pages returns how many pages were accessed since the last call.
func (e *engine) pages() (n int64) {
	out := e.tls.Alloc(8)
	defer e.tls.Free(8)
	for _, what := range []int32{sqlite3.SQLITE_DBSTATUS_CACHE_HIT, sqlite3.SQLITE_DBSTATUS_CACHE_MISS} {
		sqlite3.Xsqlite3_db_status(e.tls, e.db, what, out, out+4, 1)
		n += int64(at[int32](out))
	}
	return n
}

// reset prepares a statement for another run.
func (r run) reset() { sqlite3.Xsqlite3_reset(r.tls, r.stmt) }

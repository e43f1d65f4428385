package daemon

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"vega/daemon/databases"
	"vega/daemon/measure"
	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/fault"
	"vega/store/sqlite"
)

// measuring is the part of a Daemon that runs the queries of the metric blocks.
type measuring struct {
	daemon   *Daemon
	measures *measure.Set
}

func newMeasuring(d *Daemon) measuring {
	m := measuring{daemon: d}
	m.measures = measure.New(measure.Options{Log: d.options.Log, Query: m.query})
	return m
}

// Measures returns the metric blocks with their values.
func (m measuring) Measures() *measure.Set { return m.measures }

// query runs the query of a metric block on the databases of the current configuration,
// which stay open until the rows are closed.
func (m measuring) query(ctx context.Context, database, query string) (measure.Rows, error) {
	m.daemon.mu.RLock()
	set := m.daemon.now.databases
	set.Retain()
	m.daemon.mu.RUnlock()
	own := database == databases.OwnDatabase
	rows, err := set.Query(telemetry.WithID(ctx, telemetry.NewID()), database, query)
	if err != nil {
		return nil, errors.Join(storeTrouble(own, err), set.Release())
	}
	return measuredRows{rows, set, own}, nil
}

// measuredRows are the rows of a metric block's query.
type measuredRows struct {
	plugins.Rows
	set *databases.Set
	own bool // of vega's own store
}

// Err returns the error that ended the rows, or nil if all were read.
func (r measuredRows) Err() error { return storeTrouble(r.own, r.Rows.Err()) }

// Close closes the rows, and the databases if nothing else uses them.
func (r measuredRows) Close() error { return errors.Join(r.Rows.Close(), r.set.Release()) }

// ofQuery lists the result codes of SQLite that are about a query, not about the file.
var ofQuery = []int{
	1,  // SQLITE_ERROR
	9,  // SQLITE_INTERRUPT
	18, // SQLITE_TOOBIG
	20, // SQLITE_MISMATCH
	23, // SQLITE_AUTH
	25, // SQLITE_RANGE
}

// storeTrouble returns err as vega's own trouble if it says that vega's own store can't be
// read. On any other database, such an error is the database's.
func storeTrouble(own bool, err error) error {
	if !own || err == nil {
		return err
	}
	lite, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	if ok && !slices.Contains(ofQuery, lite.Code()&0xff) || errors.Is(err, sqlite.ErrLocked) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return fault.New(err, "vega's own database can't be read now", "search vega's log for the store")
	}
	return err
}

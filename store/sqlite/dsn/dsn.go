// Package dsn says how the files of vega's store are opened: Writer, Reader and the
// other functions return the name of a database for the SQLite driver, and Open opens
// it.
package dsn

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// LogKept is the size in bytes to which an emptied write-ahead log is truncated.
const LogKept = 64 << 20

// busyTimeout is how long, in milliseconds, a connection waits for a lock that
// another process holds. Within vega no connection waits in SQLite, because
// there is only one writer.
const busyTimeout = "5000"

// Open opens at most n connections and keeps them open: a warm page cache is
// worth more than the memory. Queries are not profiled.
func Open(dsn string, n int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// Writer returns the name for the store's writing connection. Its transactions take
// the write lock when they begin. Otherwise, a transaction that reads before it
// writes would fail whenever another process wrote in between, regardless of
// the timeout.
func Writer(path string) string {
	return dsn(path, url.Values{
		"_txlock": {"immediate"},
		// Takes effect on a new file only. It allows returning the space of
		// deleted rows to the file system in small steps.
		"_auto_vacuum": {"INCREMENTAL"},
		"_pragma": {
			"journal_mode(WAL)",
			// With a write-ahead log, no transaction is lost when vega is
			// killed, and at most the last ones when the power fails.
			"synchronous(NORMAL)",
			"foreign_keys(1)",
			fmt.Sprintf("journal_size_limit(%d)", LogKept),
			"cache_size(-16384)",
			"temp_store(1)", // in files, because an unindexed sort in memory took 3.9 GB
		},
	})
}

// Reader returns the name for vega's own queries.
func Reader(path string) string {
	return dsn(path, url.Values{
		"_query_only": {"1"},
		"_pragma":     {"cache_size(-16384)", "temp_store(1)"},
	})
}

// Guest returns the name for queries that vega did not write. Unlike a
// pragma, mode=ro cannot be undone by a query. The cache is small because these
// databases are read rarely.
func Guest(path string) string {
	return dsn(path, url.Values{
		"mode":       {"ro"},
		"_defensive": {"1"},
		"_pragma":    {"cache_size(-2048)", "temp_store(1)", "trusted_schema(0)"},
	})
}

// Holder returns the name for a connection that only takes the write lock. It
// does not create the file.
func Holder(path string) string {
	return dsn(path, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}})
}

// Checkpointer returns the name for a connection that only moves the write-ahead log
// into the file. It does not create the file.
func Checkpointer(path string) string { return dsn(path, url.Values{"mode": {"rw"}}) }

// Unshared returns the name for reading a file that no process is writing. It
// avoids the two side files that a reader of a write-ahead log creates.
func Unshared(path string) string {
	return Guest(path) + "&immutable=1"
}

// Private returns the name for a new file that no other process knows. It has no
// journal and takes no locks, which the file system may not have.
func Private(path string) string {
	return dsn(path, url.Values{"nolock": {"1"}, "_pragma": {"journal_mode(OFF)", "synchronous(OFF)", "temp_store(1)"}})
}

// Look returns the name for reading the file without changing it. If there is
// no write-ahead log next to it, no process is writing.
func Look(path string) string {
	if _, err := os.Stat(path + "-wal"); err == nil {
		return Guest(path)
	}
	return Unshared(path)
}

// WithoutWait returns the name for connections that do not wait for a lock.
func WithoutWait(dsn string) string {
	return strings.Replace(dsn, "_busy_timeout="+busyTimeout, "_busy_timeout=0", 1)
}

// Plain returns a name for statements of SQL, such as VACUUM INTO. With nolock, SQLite
// takes no locks on the file.
func Plain(path string, query url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	return u.String()
}

// dsn returns a URI in which no character of path can be mistaken for a
// parameter.
func dsn(path string, query url.Values) string {
	query.Set("_busy_timeout", busyTimeout)
	// Use SQLite's last error message only if it belongs to the returned code;
	// otherwise it may be stale.
	query.Set("_error_rc", "1")
	if vfs := patientVFS(); vfs != "" && !query.Has("nolock") {
		query.Set("vfs", vfs)
	}
	return Plain(path, query)
}

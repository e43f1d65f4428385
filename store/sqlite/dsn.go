package sqlite

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// busyTimeout is how long, in milliseconds, a connection waits for a lock that
// another process holds. Within vega no connection waits in SQLite, because
// there is only one writer.
const busyTimeout = "5000"

// writerDSN returns the DSN of the writer's connection. Its transactions take
// the write lock when they begin. Otherwise, a transaction that reads before it
// writes would fail whenever another process wrote in between, regardless of
// the timeout.
func writerDSN(path string) string {
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
			fmt.Sprintf("journal_size_limit(%d)", walKept),
			"cache_size(-16384)",
			"temp_store(1)", // in files, because an unindexed sort in memory took 3.9 GB
		},
	})
}

func readerDSN(path string) string {
	return dsn(path, url.Values{
		"_query_only": {"1"},
		"_pragma":     {"cache_size(-16384)", "temp_store(1)"},
	})
}

// guestDSN returns the DSN for queries that vega did not write. Unlike a
// pragma, mode=ro cannot be undone by a query. The cache is small because these
// databases are read rarely.
func guestDSN(path string) string {
	return dsn(path, url.Values{
		"mode":       {"ro"},
		"_defensive": {"1"},
		"_pragma":    {"cache_size(-2048)", "temp_store(1)", "trusted_schema(0)"},
	})
}

// holderDSN returns the DSN of a connection that only takes the write lock. It
// does not create the file.
func holderDSN(path string) string {
	return dsn(path, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}})
}

// unsharedDSN returns a DSN for reading a file that no process is writing. It
// avoids the two side files that a reader of a write-ahead log creates.
func unsharedDSN(path string) string {
	return guestDSN(path) + "&immutable=1"
}

// withoutWait returns a DSN of connections that do not wait for a lock.
func withoutWait(dsn string) string {
	return strings.Replace(dsn, "_busy_timeout="+busyTimeout, "_busy_timeout=0", 1)
}

// dsn returns a URI in which no character of path can be mistaken for a
// parameter.
func dsn(path string, query url.Values) string {
	query.Set("_busy_timeout", busyTimeout)
	// Use SQLite's last error message only if it belongs to the returned code;
	// otherwise it may be stale.
	query.Set("_error_rc", "1")
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	u := url.URL{Scheme: "file", Path: path}
	return u.String() + "?" + query.Encode()
}

package sqlite

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// How long a connection waits for a lock that another process holds. Within
// vega nobody waits in SQLite: there is one writer.
const busyTimeout = "5000"

// writerDSN is the connection that writes. Transactions take the write lock
// when they begin: one that reads first and then writes would otherwise fail
// whenever another process wrote in between, whatever the timeout.
func writerDSN(path string) string {
	return dsn(path, url.Values{
		"_txlock": {"immediate"},
		// Only a new file can be given this. It lets old rows' space go back
		// to the file system in small steps.
		"_auto_vacuum": {"INCREMENTAL"},
		"_pragma": {
			"journal_mode(WAL)",
			// With a write-ahead log this loses nothing when vega is killed,
			// and the last transactions at most when the power fails.
			"synchronous(NORMAL)",
			"foreign_keys(1)",
			fmt.Sprintf("journal_size_limit(%d)", walKept),
			"cache_size(-16384)",
			"temp_store(1)", // files: an unindexed sort in memory took 3.9 GB
		},
	})
}

func readerDSN(path string) string {
	return dsn(path, url.Values{
		"_query_only": {"1"},
		"_pragma":     {"cache_size(-16384)", "temp_store(1)"},
	})
}

// guestDSN is for queries that were not written here. mode=ro is not a pragma:
// nothing that a query says takes it back. The smaller cache is because these
// databases are looked at rarely.
func guestDSN(path string) string {
	return dsn(path, url.Values{
		"mode":       {"ro"},
		"_defensive": {"1"},
		"_pragma":    {"cache_size(-2048)", "temp_store(1)", "trusted_schema(0)"},
	})
}

// holderDSN is for who takes the write lock and writes nothing. It does not
// make the file.
func holderDSN(path string) string {
	return dsn(path, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}})
}

// unsharedDSN reads a file that no process is writing, without making the two
// side files that a reader of a write-ahead log otherwise makes.
func unsharedDSN(path string) string {
	return guestDSN(path) + "&immutable=1"
}

// dsn names path as a URI, so that no character of it is taken for a
// parameter.
func dsn(path string, query url.Values) string {
	query.Set("_busy_timeout", busyTimeout)
	query.Set("_error_rc", "1") // messages that belong to their error
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	u := url.URL{Scheme: "file", Path: path}
	return u.String() + "?" + query.Encode()
}

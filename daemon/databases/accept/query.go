package accept

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vega/store/sqlite"
)

// ErrRefused means that vega does not run a query, whatever the database would
// answer.
var ErrRefused = sqlite.ErrRefused

// Query returns an error that wraps ErrRefused if vega would not run a query on
// a database of the given driver. It accepts some queries that the database
// then refuses: only the database can tell whether a function writes.
func Query(driver, query string) error {
	if driver != "sqlite" {
		return onServer(driver, query)
	}
	return sqlite.CheckQuery(query)
}

// reads lists the words with which a statement on a database server may begin.
var reads = []string{"select", "with", "values", "table", "show", "explain", "describe", "desc"}

// writesFile matches the keywords that write files on the server, which a
// read-only transaction does not prevent. MySQL also accepts a keyword right
// after the version of an executable comment: /*!50000OUTFILE 'x'*/.
var writesFile = regexp.MustCompile(`(?i)(?:^|[^a-z_$])(?:outfile|dumpfile)\b`)

// onServer refuses statements that a read-only transaction does not prevent,
// such as COPY, SET GLOBAL, KILL and COMMIT.
func onServer(driver, query string) error {
	switch {
	case !slices.Contains(reads, firstWord(query)):
		return fmt.Errorf("%w: a query must begin with one of %s, after spaces, parentheses and plain comments", ErrRefused, strings.ToUpper(strings.Join(reads, ", ")))
	case writesFile.MatchString(query):
		return fmt.Errorf("%w: a query must not contain OUTFILE or DUMPFILE", ErrRefused)
	case several(driver, query):
		return fmt.Errorf("%w: a query must be a single statement", ErrRefused)
	}
	return nil
}

// console matches what vega sends to the admin console of PgBouncer, which has
// no read-only transactions: SHOW and names.
var console = regexp.MustCompile(`(?i)^\s*show(\s+\w+){1,3}\s*;?\s*$`)

// ConsoleQuery is like Query, for the admin console of PgBouncer.
func ConsoleQuery(query string) error {
	if !console.MatchString(query) {
		return fmt.Errorf("%w: on the console of PgBouncer, a query must be SHOW and a name, such as SHOW POOLS", ErrRefused)
	}
	return nil
}

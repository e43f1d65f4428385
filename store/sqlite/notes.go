package sqlite

import (
	"fmt"
	"time"

	"vega/store/profile"
)

// A write-ahead log goes back to its beginning once nobody reads from it any
// more, and is cut to walKept bytes. One that is longer, or is pinned for
// longer than pinTime and grows, will fill the disk.
const (
	walKept   = 64 << 20
	walPinned = 16 << 20
	pinTime   = time.Second
)

// Notes say what else is wrong with a database file, a sentence or two each:
// what keeps its write-ahead log from being emptied. open are the rows of its
// Stats that are not closed, the longest first.
func Notes(i Info, open []profile.OpenRows) []string {
	notes := []string{}
	wal := int64(i.WALMB * (1 << 20))
	switch {
	case wal > walPinned && len(open) > 0 && open[0].OpenMS >= float64(pinTime.Milliseconds()):
		notes = append(notes, pinned(i.WALMB, &open[0]))
	case wal > walKept:
		notes = append(notes, fmt.Sprintf("The write-ahead log is %.0f MiB, and no rows of vega are open: "+
			"another program that reads %s keeps it, or one transaction wrote as much. Look for that program with lsof.", i.WALMB, i.Path))
	}
	return notes
}

// pinned names who keeps the log.
func pinned(mib float64, r *profile.OpenRows) string {
	who := r.Function
	if r.CorrelationID != "" {
		who += ", correlation ID " + r.CorrelationID
	}
	return fmt.Sprintf("The write-ahead log is %.0f MiB and grows as long as somebody reads what it holds: rows of %q (%s, pool %s) "+
		"have been open for %.1f s. Rows are to be closed once they are read.", mib, r.Statement, who, r.Pool, r.OpenMS/1000)
}

package sqlite

import (
	"fmt"
	"time"

	"vega/store/profile"
)

// A write-ahead log is reused from its beginning, and truncated to walKept
// bytes, once no reader needs it. A longer log, or one that grows while rows
// have been open for more than pinTime, fills the disk in the end.
const (
	walKept   = 64 << 20
	walPinned = 16 << 20
	pinTime   = time.Second
)

// Notes explains, in one or two sentences each, other problems of a database
// file: what keeps its write-ahead log from being reset. open lists the rows
// that are open, longest first.
func Notes(i Info, open []profile.OpenRows) []string {
	notes := []string{}
	wal := int64(i.WALMB * (1 << 20))
	switch {
	case wal > walPinned && len(open) > 0 && open[0].OpenMS >= float64(pinTime.Milliseconds()):
		notes = append(notes, pinned(i.WALMB, &open[0]))
	case wal > walKept:
		notes = append(notes, fmt.Sprintf("The write-ahead log is %.0f MiB, but vega has no open rows: "+
			"another program is reading %s, or a single transaction wrote that much. Find the program with lsof.", i.WALMB, i.Path))
	}
	return notes
}

// pinned names the rows that keep the log from being reset.
func pinned(mib float64, r *profile.OpenRows) string {
	who := r.Function
	if r.CorrelationID != "" {
		who += ", correlation ID " + r.CorrelationID
	}
	return fmt.Sprintf("The write-ahead log is %.0f MiB and keeps growing because rows of %q (%s, pool %s) "+
		"have been open for %.1f s. Close rows after reading them.", mib, r.Statement, who, r.Pool, r.OpenMS/1000)
}

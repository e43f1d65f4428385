package salvage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options selects the rows of Merge, and says how they relate to those that are
// there.
type Options struct {
	// Since leaves out runs that began, conversations that were held, and incidents and
	// silences that ended, before this time. The zero time stands for all.
	Since time.Time
	// Newer says that the rows were written after those of the database that they
	// are added to. Added runs then follow its runs, and values that probes keep
	// replace its values. Incidents and silences keep their numbers, with which the
	// vega that wrote them goes on. Otherwise, added runs come before its runs, and
	// its values and numbers stay.
	Newer bool
}

// Merge adds the rows of an intact database to another one, which other
// connections may use meanwhile: it writes in short transactions. Both must have
// a schema of vega, and that of from must not be the newer one.
//
// A run with the same integration, times, status and message is the same run,
// and a conversation with the same time and texts is the same conversation:
// neither is added twice. Of a memory that both have, the one that was updated
// last stays, and of an incident, the version that knows more of its course. What
// was deleted in one of them comes back from the other.
//
// If Merge fails, the rows that the report counts are added; calling it again
// adds the others.
func Merge(ctx context.Context, from, into *sql.DB, o Options) (Report, error) {
	s, err := newSink(ctx, into, o.Newer)
	if err != nil {
		return Report{}, fmt.Errorf("merge databases: %w", err)
	}
	s.goesOn = o.Newer
	theirs, err := readTables(ctx, from)
	if err != nil {
		return Report{}, fmt.Errorf("merge databases: %w", err)
	}
	m := &merger{sink: s, from: from, since: o.Since}
	for _, t := range inOrder(s.tables) {
		i := slices.IndexFunc(theirs, func(other *table) bool { return other.name == t.name })
		if i < 0 {
			continue // an older schema
		}
		if err := m.copyTable(ctx, t, theirs[i]); err != nil {
			return s.report, fmt.Errorf("merge the table %s: %w", t.name, err)
		}
	}
	return s.report, nil
}

// inOrder sorts tables so that names come before the runs that refer to them.
func inOrder(tables []*table) []*table {
	all := slices.Clone(tables)
	slices.SortStableFunc(all, func(a, b *table) int {
		switch {
		case a.name == "run_names" && b.name != "run_names":
			return -1
		case b.name == "run_names" && a.name != "run_names":
			return 1
		default:
			return 0
		}
	})
	return all
}

type merger struct {
	sink  *sink
	from  *sql.DB
	since time.Time
}

// selection is how a table is read.
type selection struct {
	of     *table
	absent []bool // columns that the source does not have
	query  string // up to the last condition
	key    string // columns of the primary key
	keys   int    // number of them; they follow the columns of the table
}

// copyTable reads a table in the order of its key. A reading transaction that
// stays open for the whole table would keep the write-ahead log from being
// emptied, so it reads in parts.
func (m *merger) copyTable(ctx context.Context, t, theirs *table) error {
	if t.name == "runs" {
		if err := m.from.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM runs`).Scan(&m.sink.highestRun); err != nil {
			return err
		}
	}
	sel := m.selection(t, theirs)
	marks := strings.TrimSuffix(strings.Repeat("?, ", sel.keys), ", ")
	query := sel.query
	for after := []any(nil); ; {
		last, err := m.copyPart(ctx, sel, query+" ORDER BY "+sel.key, after)
		if err != nil {
			return err
		}
		if err := m.sink.flush(ctx); err != nil || last == nil {
			return err
		}
		after, query = last, sel.query+" AND ("+sel.key+") > ("+marks+")"
	}
}

// selection returns how to read a table. A column that the source does not have
// has its default.
func (m *merger) selection(t, theirs *table) *selection {
	sel := &selection{of: t, absent: make([]bool, len(t.columns))}
	names, key := make([]string, len(t.columns)), []string{}
	for i, c := range t.columns {
		names[i] = quote(c.name)
		if sel.absent[i] = theirs.find(c.name) < 0; sel.absent[i] {
			names[i] = "NULL"
		}
	}
	for n := 1; ; n++ {
		i := slices.IndexFunc(t.columns, func(c column) bool { return c.key == n })
		if i < 0 {
			break
		}
		key = append(key, quote(t.columns[i].name))
	}
	if len(key) == 0 {
		key = []string{"rowid"}
	}
	sel.query = "SELECT " + strings.Join(append(names, key...), ", ") + " FROM " + quote(t.name) + " WHERE " + m.where(t)
	sel.key, sel.keys = strings.Join(key, ", "), len(key)
	return sel
}

// where returns the condition for the rows of a table.
func (m *merger) where(t *table) string {
	incidents := fmt.Sprintf("(ended IS NULL OR ended >= %d)", m.since.UnixMicro())
	switch {
	case m.since.IsZero():
	case t.name == "runs":
		return fmt.Sprintf("began >= %d", m.since.UnixMilli())
	case t.name == "conversations":
		return fmt.Sprintf("ts >= %d", m.since.UnixMicro())
	case t.name == "figures":
		return fmt.Sprintf("minute >= %d", m.since.Unix()/60)
	case t.name == "silences":
		return fmt.Sprintf("over >= %d", m.since.UnixMicro())
	case t.name == "incidents":
		return incidents
	case t.name == "incident_events" || t.name == "deliveries":
		return "incident IN (SELECT id FROM incidents WHERE " + incidents + ")"
	}
	return "true"
}

// copyPart reads as many rows as fit into one transaction. It returns the key of
// the last one, or nil after the last row.
func (m *merger) copyPart(ctx context.Context, sel *selection, query string, after []any) (last []any, err error) {
	rows, err := m.from.QueryContext(ctx, query, after...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for bytes, n := 0, 0; rows.Next(); n++ {
		if bytes >= maxBytes || n >= maxRows {
			return last, rows.Close()
		}
		values := make([]any, len(sel.of.columns)+sel.keys)
		into := make([]any, len(values))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, c := range sel.of.columns {
			if sel.absent[i] {
				values[i] = c.preset
			}
		}
		last = values[len(sel.of.columns):]
		r := row{sel.of, values[:len(sel.of.columns):len(sel.of.columns)]}
		bytes += r.size()
		if err := m.sink.add(ctx, r); err != nil {
			return nil, err
		}
	}
	return nil, rows.Err()
}

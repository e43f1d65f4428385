package databases

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ServerStats is what a PostgreSQL server counts by itself, for all of its
// clients: what grew between Since and At. Lists are never nil.
type ServerStats struct {
	At          time.Time         `json:"at"`
	Since       time.Time         `json:"since"` // the first look, or the one after the last reset
	Version     string            `json:"version"`
	Connections ServerConnections `json:"connections"` // as of At
	// CacheHitPercent is how many of the pages that were read in this database
	// were in the server's memory; nil: none was read.
	CacheHitPercent *float64 `json:"cache_hit_percent"`
	Commits         int64    `json:"commits"`
	Rollbacks       int64    `json:"rollbacks"`
	Deadlocks       int64    `json:"deadlocks"`
	TempBytes       int64    `json:"temp_bytes"` // written to files for want of work_mem
	// Tables are those with the most dead rows, as of At.
	Tables []ServerTable `json:"tables"`
	// MissingIndexes are large tables that are read whole again and again.
	MissingIndexes []ScannedTable `json:"missing_indexes"`
	// Statements are those that took the most time; StatementsUnavailable says
	// why there are none, or not all.
	Statements            []ServerStatement `json:"statements"`
	StatementsUnavailable string            `json:"statements_unavailable,omitempty"`
}

// ServerConnections are those of all clients to the whole server. State is
// "hidden" where vega's role may not see it.
type ServerConnections struct {
	Total                int64            `json:"total"`
	Max                  int64            `json:"max"`
	ByState              map[string]int64 `json:"by_state"`
	LongestTransactionMS float64          `json:"longest_transaction_ms"` // that is open
}

// ServerTable is a table whose dead rows wait for a vacuum.
type ServerTable struct {
	Schema         string     `json:"schema"`
	Table          string     `json:"table"`
	LiveRows       int64      `json:"live_rows"`
	DeadRows       int64      `json:"dead_rows"`
	DeadPercent    float64    `json:"dead_percent"`
	LastAutovacuum *time.Time `json:"last_autovacuum"`
}

// ScannedTable is a table that wants an index. Hint says so in words.
type ScannedTable struct {
	Schema     string `json:"schema"`
	Table      string `json:"table"`
	Rows       int64  `json:"rows"`
	SeqScans   int64  `json:"seq_scans"`
	RowsRead   int64  `json:"rows_read_by_scans"`
	IndexScans int64  `json:"index_scans"`
	Hint       string `json:"hint"`
}

// ServerStatement is a kind of query, of any client, without its values.
type ServerStatement struct {
	Statement        string   `json:"statement"` // "" where vega's role may not see it
	QueryID          string   `json:"query_id"`
	Calls            int64    `json:"calls"`
	Rows             int64    `json:"rows"`
	TotalMS          float64  `json:"total_ms"`
	AvgMS            float64  `json:"avg_ms"`
	SharedHitPercent *float64 `json:"shared_hit_percent"`
	TempBlocks       int64    `json:"temp_blocks"`
}

// From when on a table that is read whole is worth an index.
const (
	largeTable = 10_000
	fewScans   = 10
)

// since is what grew from before to l. texts gives the statement of an ID.
func (l *look) since(before *look, texts map[int64]statementText) *ServerStats {
	a, b := &before.database, &l.database
	s := &ServerStats{
		At: l.at, Since: before.at, Version: l.version, Connections: l.sessions,
		CacheHitPercent: share(grown(a.hit, b.hit), grown(a.read, b.read)),
		Commits:         grown(a.commits, b.commits),
		Rollbacks:       grown(a.rollbacks, b.rollbacks),
		Deadlocks:       grown(a.deadlocks, b.deadlocks),
		TempBytes:       grown(a.tempBytes, b.tempBytes),
		Tables:          l.deadRows(), MissingIndexes: []ScannedTable{}, Statements: []ServerStatement{},
		StatementsUnavailable: l.unavailable,
	}
	for _, id := range l.top(before) {
		if t := texts[id]; !t.own && len(s.Statements) < shownEntries {
			s.Statements = append(s.Statements, l.statement(before, id, t.text))
		}
	}
	s.MissingIndexes = l.scanned(before, s.Statements)
	return s
}

// grown is how far a counter came. One that is lower than before was reset.
func grown[N int64 | float64](before, now N) N {
	if now < before {
		return now
	}
	return now - before
}

// share is hits in percent of all; nil of nothing.
func share(hit, read int64) *float64 {
	if hit+read == 0 {
		return nil
	}
	p := 100 * float64(hit) / float64(hit+read)
	return &p
}

func (l *look) deadRows() []ServerTable {
	list := []ServerTable{}
	for _, t := range l.tables {
		if t.dead == 0 {
			continue
		}
		s := ServerTable{Schema: t.schema, Table: t.name, LiveRows: t.live, DeadRows: t.dead, DeadPercent: *share(t.dead, t.live)}
		if t.lastAutovacuum.Valid {
			at := t.lastAutovacuum.Time.UTC()
			s.LastAutovacuum = &at
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b ServerTable) int {
		return cmp.Or(cmp.Compare(b.DeadRows, a.DeadRows), cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Table, b.Table))
	})
	return list[:min(len(list), shownEntries)]
}

// spent is what a statement took since before. A call that is counted less
// than then was forgotten meanwhile, and counts anew.
func (l *look) spent(before *look, id int64) statementCounters {
	c, old := l.statements[id], before.statements[id]
	if c.calls < old.calls {
		return c
	}
	return statementCounters{c.calls - old.calls, c.rows - old.rows, c.ms - old.ms, c.hit - old.hit, c.read - old.read, c.tempBlocks - old.tempBlocks}
}

// top are the IDs of the statements that took the most time since before,
// enough of them to leave out those of looks.
func (l *look) top(before *look) []int64 {
	type entry struct {
		id int64
		ms float64
	}
	var list []entry
	for id := range l.statements {
		if c := l.spent(before, id); c.calls > 0 {
			list = append(list, entry{id, c.ms})
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Or(cmp.Compare(b.ms, a.ms), cmp.Compare(a.id, b.id)) })
	ids := make([]int64, 0, 2*shownEntries)
	for _, e := range list[:min(len(list), 2*shownEntries)] {
		ids = append(ids, e.id)
	}
	return ids
}

func (l *look) statement(before *look, id int64, text string) ServerStatement {
	c := l.spent(before, id)
	return ServerStatement{
		Statement: text, QueryID: fmt.Sprint(id), Calls: c.calls, Rows: c.rows, TotalMS: c.ms, AvgMS: c.ms / float64(c.calls),
		SharedHitPercent: share(c.hit, c.read), TempBlocks: c.tempBlocks,
	}
}

// scanned are large tables that were read whole often, and mostly so.
func (l *look) scanned(before *look, statements []ServerStatement) []ScannedTable {
	list := []ScannedTable{}
	for _, name := range slices.Sorted(maps.Keys(l.tables)) {
		t, old := l.tables[name], before.tables[name]
		s := ScannedTable{
			Schema: t.schema, Table: t.name, Rows: t.live,
			SeqScans: grown(old.scans, t.scans), RowsRead: grown(old.scanned, t.scanned), IndexScans: grown(old.indexed, t.indexed),
		}
		if t.live < largeTable || s.SeqScans < fewScans || s.RowsRead < s.SeqScans*t.live/2 {
			continue
		}
		s.Hint = s.hint(statements)
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b ScannedTable) int { return cmp.Compare(b.RowsRead, a.RowsRead) })
	return list[:min(len(list), shownEntries)]
}

// hint says what to do, with the statement that most likely reads the table.
func (s *ScannedTable) hint(statements []ServerStatement) string {
	text := fmt.Sprintf("%s.%s was read whole %d times: an index on what its statements compare would end that", s.Schema, s.Table, s.SeqScans)
	n := slices.IndexFunc(statements, func(x ServerStatement) bool {
		return slices.Contains(strings.FieldsFunc(x.Statement, func(r rune) bool { return strings.ContainsRune(" .,()\";", r) }), s.Table)
	})
	if n >= 0 {
		text += fmt.Sprintf("; most time on it goes to %q", statements[n].Statement)
	}
	return text + "."
}

package databases

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ServerStats holds the statistics of a PostgreSQL server, over all of its clients,
// for the time from Since to At. Lists are never nil.
type ServerStats struct {
	At          time.Time         `json:"at"`
	Since       time.Time         `json:"since"` // the first snapshot, or the first after a reset
	Version     string            `json:"version"`
	Connections ServerConnections `json:"connections"` // as of At
	// CacheHitPercent is the share of page reads in this database that were served
	// from the server's cache, or nil if there were no reads.
	CacheHitPercent *float64 `json:"cache_hit_percent"`
	Commits         int64    `json:"commits"`
	Rollbacks       int64    `json:"rollbacks"`
	Deadlocks       int64    `json:"deadlocks"`
	TempBytes       int64    `json:"temp_bytes"` // written to temporary files because work_mem was too small
	// Tables lists the tables with the most dead rows, as of At.
	Tables []ServerTable `json:"tables"`
	// MissingIndexes lists large tables with many sequential scans.
	MissingIndexes []ScannedTable `json:"missing_indexes"`
	// Statements lists the statements that took the most time. StatementsUnavailable
	// is the reason why some or all are missing.
	Statements            []ServerStatement `json:"statements"`
	StatementsUnavailable string            `json:"statements_unavailable,omitempty"`
}

// ServerConnections counts the connections of all clients to all databases of the
// server. The state of a connection is "hidden" if vega's role may not see it.
type ServerConnections struct {
	Total                int64            `json:"total"`
	Max                  int64            `json:"max"`
	ByState              map[string]int64 `json:"by_state"`
	LongestTransactionMS float64          `json:"longest_transaction_ms"` // age of the oldest open transaction
}

// ServerTable is a table with dead rows that have not been vacuumed.
type ServerTable struct {
	Schema         string     `json:"schema"`
	Table          string     `json:"table"`
	LiveRows       int64      `json:"live_rows"`
	DeadRows       int64      `json:"dead_rows"`
	DeadPercent    float64    `json:"dead_percent"`
	LastAutovacuum *time.Time `json:"last_autovacuum"`
}

// ScannedTable is a table that needs an index. Hint explains why.
type ScannedTable struct {
	Schema     string `json:"schema"`
	Table      string `json:"table"`
	Rows       int64  `json:"rows"`
	SeqScans   int64  `json:"seq_scans"`
	RowsRead   int64  `json:"rows_read_by_scans"`
	IndexScans int64  `json:"index_scans"`
	Hint       string `json:"hint"`
}

// ServerStatement is a normalized statement, of any client, without values.
type ServerStatement struct {
	Statement        string   `json:"statement"` // "" if vega's role may not see it
	QueryID          string   `json:"query_id"`
	Calls            int64    `json:"calls"`
	Rows             int64    `json:"rows"`
	TotalMS          float64  `json:"total_ms"`
	AvgMS            float64  `json:"avg_ms"`
	SharedHitPercent *float64 `json:"shared_hit_percent"`
	TempBlocks       int64    `json:"temp_blocks"`
}

// A table is reported to need an index if it has at least this many rows and
// sequential scans.
const (
	largeTable = 10_000
	fewScans   = 10
)

// since returns the statistics for the time from before to s. texts holds statements
// by ID.
func (s *snapshot) since(before *snapshot, texts map[int64]statementText) *ServerStats {
	a, b := &before.database, &s.database
	stats := &ServerStats{
		At: s.at, Since: before.at, Version: s.version, Connections: s.sessions,
		CacheHitPercent: percentOf(growth(a.hit, b.hit), growth(a.read, b.read)),
		Commits:         growth(a.commits, b.commits),
		Rollbacks:       growth(a.rollbacks, b.rollbacks),
		Deadlocks:       growth(a.deadlocks, b.deadlocks),
		TempBytes:       growth(a.tempBytes, b.tempBytes),
		Tables:          s.deadRows(), MissingIndexes: []ScannedTable{}, Statements: []ServerStatement{},
		StatementsUnavailable: s.unavailable,
	}
	for _, id := range s.top(before) {
		if t := texts[id]; !t.own && len(stats.Statements) < maxShown {
			stats.Statements = append(stats.Statements, s.statement(before, id, t.text))
		}
	}
	stats.MissingIndexes = s.missingIndexes(before, stats.Statements)
	return stats
}

// growth returns the increase of a counter. If the counter is lower than before, it
// was reset, and its value is the increase.
func growth[N int64 | float64](before, now N) N {
	if now < before {
		return now
	}
	return now - before
}

// percentOf returns part as a percentage of part and rest together, or nil if
// both are 0.
func percentOf(part, rest int64) *float64 {
	if part+rest == 0 {
		return nil
	}
	p := 100 * float64(part) / float64(part+rest)
	return &p
}

func (s *snapshot) deadRows() []ServerTable {
	list := []ServerTable{}
	for _, t := range s.tables {
		if t.dead == 0 {
			continue
		}
		entry := ServerTable{Schema: t.schema, Table: t.name, LiveRows: t.live, DeadRows: t.dead, DeadPercent: *percentOf(t.dead, t.live)}
		if t.lastAutovacuum.Valid {
			at := t.lastAutovacuum.Time.UTC()
			entry.LastAutovacuum = &at
		}
		list = append(list, entry)
	}
	slices.SortFunc(list, func(a, b ServerTable) int {
		return cmp.Or(cmp.Compare(b.DeadRows, a.DeadRows), cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Table, b.Table))
	})
	return list[:min(len(list), maxShown)]
}

// statementGrowth returns the growth of a statement's counters since before. If the
// statement has fewer calls than before, the server discarded it and started
// counting again.
func (s *snapshot) statementGrowth(before *snapshot, id int64) statementCounters {
	c, old := s.statements[id], before.statements[id]
	if c.calls < old.calls {
		return c
	}
	return statementCounters{c.calls - old.calls, c.rows - old.rows, c.ms - old.ms, c.hit - old.hit, c.read - old.read, c.tempBlocks - old.tempBlocks}
}

// top returns the IDs of the statements that took the most time since before. It
// returns more than are shown, because vega's own statements are removed later.
func (s *snapshot) top(before *snapshot) []int64 {
	type entry struct {
		id int64
		ms float64
	}
	var list []entry
	for id := range s.statements {
		if c := s.statementGrowth(before, id); c.calls > 0 {
			list = append(list, entry{id, c.ms})
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Or(cmp.Compare(b.ms, a.ms), cmp.Compare(a.id, b.id)) })
	ids := make([]int64, 0, 2*maxShown)
	for _, e := range list[:min(len(list), 2*maxShown)] {
		ids = append(ids, e.id)
	}
	return ids
}

func (s *snapshot) statement(before *snapshot, id int64, text string) ServerStatement {
	c := s.statementGrowth(before, id)
	return ServerStatement{
		Statement: text, QueryID: fmt.Sprint(id), Calls: c.calls, Rows: c.rows, TotalMS: c.ms, AvgMS: c.ms / float64(c.calls),
		SharedHitPercent: percentOf(c.hit, c.read), TempBlocks: c.tempBlocks,
	}
}

// missingIndexes returns large tables with many sequential scans that mostly read
// the whole table.
func (s *snapshot) missingIndexes(before *snapshot, statements []ServerStatement) []ScannedTable {
	list := []ScannedTable{}
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		t, old := s.tables[name], before.tables[name]
		entry := ScannedTable{
			Schema: t.schema, Table: t.name, Rows: t.live,
			SeqScans: growth(old.scans, t.scans), RowsRead: growth(old.scanned, t.scanned), IndexScans: growth(old.indexed, t.indexed),
		}
		if t.live < largeTable || entry.SeqScans < fewScans || entry.RowsRead < entry.SeqScans*t.live/2 {
			continue
		}
		entry.Hint = entry.hint(statements)
		list = append(list, entry)
	}
	slices.SortStableFunc(list, func(a, b ScannedTable) int { return cmp.Compare(b.RowsRead, a.RowsRead) })
	return list[:min(len(list), maxShown)]
}

// hint returns a suggestion, with the statement that most likely scans the table.
func (s *ScannedTable) hint(statements []ServerStatement) string {
	text := fmt.Sprintf("%s.%s had %d sequential scans; create an index on the columns that its queries filter by", s.Schema, s.Table, s.SeqScans)
	n := slices.IndexFunc(statements, func(x ServerStatement) bool {
		return slices.Contains(strings.FieldsFunc(x.Statement, func(r rune) bool { return strings.ContainsRune(" .,()\";", r) }), s.Table)
	})
	if n >= 0 {
		text += fmt.Sprintf("; the most expensive query is %q", statements[n].Statement)
	}
	return text + "."
}

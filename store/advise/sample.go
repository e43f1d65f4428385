package advise

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	sampled    = 200 // rows sampled of a table, spread over its rowids
	enoughRows = 50  // fewer rows do not show what is rare
	enoughHits = 20  // fewer hits do not show how dense the rowids are
)

// sample holds statistics of a table's rows, without any value.
type sample struct {
	span      int64 // rowids between the first and the last
	rows      int64 // approximate number; 0 if unknown or empty
	read      int64 // number of rows sampled
	failed    bool  // they could not be read in time; do not retry soon
	columns   map[*column]spread
	fractions map[string]float64 // of the rows that meet a condition
}

// spread describes the distribution of a column's values.
type spread struct {
	width     float64 // average bytes per value
	distinct  float64 // distinct values in the whole table; 0 if unknown
	ascending bool    // in the order of the rowid, like times of events
}

// sampler caches samples until the size of their table doubles or halves.
type sampler struct {
	db     *sql.DB
	tables map[*table]*sample
}

// sample collects the statistics of t that are not known yet. Those that cannot
// be read stay unknown, and the advice does without them.
func (s *sampler) sample(ctx context.Context, t *table, statistics []statistic, columns []*column, conditions []condition) *sample {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return &sample{}
	}
	defer func() { _ = conn.Close() }()
	known := s.tables[t]
	span := spanOf(ctx, conn, t)
	if known == nil || span > 2*known.span || 2*span < known.span {
		known = &sample{span: span, rows: analyzed(t, statistics), columns: map[*column]spread{}, fractions: map[string]float64{}}
		s.tables[t] = known
	}
	var newColumns []*column
	for _, c := range columns {
		if _, ok := known.columns[c]; !ok {
			newColumns = append(newColumns, c)
		}
	}
	var newConditions []condition
	for _, c := range conditions {
		if _, ok := known.fractions[c.text]; !ok {
			newConditions = append(newConditions, c)
		}
	}
	if known.failed || known.read > 0 && len(newColumns)+len(newConditions) == 0 {
		return known
	}
	known.failed = known.look(ctx, conn, t, newColumns, newConditions) != nil
	return known
}

// spanOf returns the range of the rowids, or 0 if there are none.
func spanOf(ctx context.Context, conn *sql.Conn, t *table) int64 {
	rowid := t.hidden()
	if t.withoutRowid || rowid == "" {
		return 0
	}
	var low, high sql.NullInt64
	query := fmt.Sprintf("SELECT (SELECT min(%[1]s) FROM %[2]s), (SELECT max(%[1]s) FROM %[2]s)", rowid, identifier(t.name))
	if err := conn.QueryRowContext(ctx, query).Scan(&low, &high); err != nil || !low.Valid || high.Int64-low.Int64 < 0 {
		return 0
	}
	return high.Int64 - low.Int64 + 1
}

// analyzed returns the number of rows according to sqlite_stat1, if it has one.
func analyzed(t *table, statistics []statistic) int64 {
	for _, s := range statistics {
		if strings.EqualFold(s.table.String, t.name) {
			first, _, _ := strings.Cut(s.stat.String, " ")
			if n, err := strconv.ParseInt(first, 10, 64); err == nil {
				return n
			}
		}
	}
	return 0
}

// look samples the rows. Their values do not leave SQLite.
func (s *sample) look(ctx context.Context, conn *sql.Conn, t *table, columns []*column, conditions []condition) error {
	var inner, outer strings.Builder
	for i, c := range columns {
		fmt.Fprintf(&inner, ", t.%[1]s AS v%[2]d, lag(t.%[1]s) OVER rising AS p%[2]d", identifier(c.name), i)
		fmt.Fprintf(&outer, ", count(DISTINCT v%[1]d) + max(v%[1]d IS NULL), avg(%[2]s), sum(v%[1]d >= p%[1]d)", i, fmt.Sprintf(width, fmt.Sprintf("v%d", i)))
	}
	for i, c := range conditions {
		fmt.Fprintf(&inner, ", (%s) IS TRUE AS q%d", c.text, i)
		fmt.Fprintf(&outer, ", avg(q%d)", i)
	}
	var asked, hits sql.NullInt64
	got := make([]sql.NullFloat64, 3*len(columns)+len(conditions))
	targets := []any{&asked, &hits, &s.read}
	for i := range got {
		targets = append(targets, &got[i])
	}
	rowid := t.hidden()
	spread := s.span > 0
	query := fmt.Sprintf(firstRows, outer.String(), inner.String(), identifier(t.name), sampled)
	if spread {
		query = fmt.Sprintf(spreadRows, outer.String(), inner.String(), identifier(t.name), sampled-1, rowid)
	}
	if err := conn.QueryRowContext(ctx, query).Scan(targets...); err != nil {
		return err
	}
	if spread && hits.Int64 >= enoughHits {
		s.rows = int64(float64(s.span) * float64(hits.Int64) / float64(asked.Int64))
	} else if spread && s.span <= sampled {
		s.rows = s.read
	}
	for i, c := range columns {
		s.columns[c] = s.spread(spread, got[3*i].Float64, got[3*i+1].Float64, got[3*i+2].Float64)
	}
	for i, c := range conditions {
		s.fractions[c.text] = got[3*len(columns)+i].Float64
	}
	return nil
}

// width is SQL for the number of bytes that a value takes in a record.
const width = `CASE typeof(%[1]s) WHEN 'null' THEN 0 WHEN 'real' THEN 8 WHEN 'integer' THEN
	CASE WHEN %[1]s IN (0, 1) THEN 0 WHEN %[1]s BETWEEN -128 AND 127 THEN 1 WHEN %[1]s BETWEEN -32768 AND 32767 THEN 2
	WHEN %[1]s BETWEEN -8388608 AND 8388607 THEN 3 WHEN %[1]s BETWEEN -2147483648 AND 2147483647 THEN 4
	WHEN %[1]s BETWEEN -140737488355328 AND 140737488355327 THEN 6 ELSE 8 END
	ELSE octet_length(%[1]s) END`

// spreadRows selects the row at or after each of a number of evenly spaced
// rowids.
const spreadRows = `WITH RECURSIVE
	vega_ends(low, high) AS MATERIALIZED (SELECT (SELECT min(%[5]s) FROM %[3]s), (SELECT max(%[5]s) FROM %[3]s)),
	vega_count(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM vega_count WHERE i < %[4]d),
	vega_wanted(want) AS (SELECT DISTINCT low + CAST((high - low) * (i / %[4]d.0) AS INTEGER) FROM vega_ends, vega_count),
	vega_found(want, vega_row) AS MATERIALIZED (SELECT want, (SELECT %[5]s FROM %[3]s WHERE %[5]s >= want ORDER BY %[5]s LIMIT 1) FROM vega_wanted)
SELECT (SELECT count(*) FROM vega_found), (SELECT sum(want = vega_row) FROM vega_found), count(*)%[1]s
FROM (SELECT 1%[2]s FROM (SELECT DISTINCT vega_row FROM vega_found WHERE vega_row IS NOT NULL) CROSS JOIN %[3]s AS t ON t.%[5]s = vega_row
	WINDOW rising AS (ORDER BY vega_row))`

// firstRows is for tables without rowids.
const firstRows = `SELECT 0, 0, count(*)%[1]s
FROM (SELECT 1%[2]s FROM (SELECT * FROM %[3]s LIMIT %[4]d) AS t WINDOW rising AS ())`

// spread extrapolates from the sample to the whole table.
func (s *sample) spread(spreadOut bool, distinct, bytes, rising float64) spread {
	v := spread{width: bytes}
	if !spreadOut || s.read < 2 {
		return v
	}
	v.distinct = distinctOf(distinct, float64(s.read), float64(s.rows))
	v.ascending = s.read >= enoughHits && rising >= 0.95*float64(s.read-1) && 2*distinct > float64(s.read)
	return v
}

// distinctOf estimates how many distinct values there are if n draws show seen
// of them: it solves seen = d (1 - (1 - 1/d)^n) for d.
func distinctOf(seen, n, rows float64) float64 {
	most := max(rows, n)
	if seen >= n {
		return min(most, n*n/2)
	}
	low, high := seen, most
	for range 60 {
		d := (low + high) / 2
		if d*(1-math.Pow(1-1/d, n)) < seen {
			low = d
		} else {
			high = d
		}
	}
	return max(1, low)
}

// usual is the number of bytes per value where no sample exists.
var usual = map[string]float64{"INTEGER": 4, "REAL": 8, "NUMERIC": 6, "TEXT": 16, "BLOB": 16}

// of returns the distribution of a term's values.
func (s *sample) of(t term) spread {
	if t.column == nil {
		return spread{width: usual["TEXT"]}
	}
	if v, ok := s.columns[t.column]; ok && s.read > 0 {
		return v
	}
	return spread{width: usual[t.column.affinity]}
}

// fraction returns the fraction of the rows that meet a condition, and whether
// the sample is large enough. A condition that no sampled row meets counts as
// half a row.
func (s *sample) fraction(condition string) (float64, bool) {
	f, ok := s.fractions[condition]
	if !ok || s.read < enoughRows {
		return 1, false
	}
	return max(f, 0.5/float64(s.read)), true
}

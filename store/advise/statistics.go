package advise

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// analyze returns the cost of a statement with new statistics, or nil.
func (a *Advisor) analyze(t tried) []int64 {
	defer func() { _ = t.assume(a.live.statistics) }() // if it fails, so will the next measurement
	statistics, err := a.gather(t.trial)
	if err != nil || t.assume(statistics) != nil {
		return nil
	}
	costs, err := t.measure(t.forms, nil)
	if err != nil {
		return nil
	}
	return costs
}

// gather runs ANALYZE in the copy, and scales the result to the size of the live
// tables.
func (a *Advisor) gather(t *trial) ([]statistic, error) {
	if err := t.exec("ANALYZE"); err != nil {
		return nil, err
	}
	r, err := t.prepare("SELECT tbl, coalesce(idx, ''), stat FROM sqlite_stat1")
	if err != nil {
		return nil, err
	}
	defer r.close()
	var all []statistic
	for {
		more, err := r.next()
		if err != nil || !more {
			return all, err
		}
		of := a.clone.tables[strings.ToLower(r.text(0))]
		if of == nil || t.rows[of] == 0 {
			continue
		}
		live := t.rows[of]
		if known := a.tables[of]; known != nil {
			live = max(live, known.rows)
		}
		all = append(all, statistic{
			table: sql.NullString{String: r.text(0), Valid: true},
			index: sql.NullString{String: r.text(1), Valid: r.text(1) != ""},
			stat:  sql.NullString{String: scaled(r.text(2), live), Valid: true},
		})
	}
}

// scaled returns a row of statistics as ANALYZE would write it for a table of
// live rows: the number of rows, and the average number of rows with one value
// of the first column, of the first two, and so on.
func scaled(stat string, live int64) string {
	parts := strings.Fields(stat)
	rows := 0.0
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		switch {
		case err != nil: // a word, such as "unordered"
		case i == 0:
			rows = n
			parts[i] = strconv.FormatInt(live, 10)
		case rows > 0:
			distinct := distinctOf(rows/max(n, 1), rows, float64(live))
			parts[i] = fmt.Sprintf("%.0f", max(1, float64(live)/distinct))
		}
	}
	return strings.Join(parts, " ")
}

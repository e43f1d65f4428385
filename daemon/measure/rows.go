package measure

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vega/daemon/config/telemetry"
	"vega/policies/check"
)

// Rows is the result of a query, as of *sql.Rows.
type Rows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

const (
	// maxLabel limits the value of a label, in bytes.
	maxLabel = 256
	// namedColumns limits how many columns a message lists.
	namedColumns = 10
)

// reader reads the rows of a block's query.
type reader struct {
	settings telemetry.Measure
	hide     func(string) string
	at       time.Time

	value  cell
	labels []cell
	into   []any // a destination for each column
	all    []Sample
	seen   map[string]int // the number of the row with these labels
}

// read returns a sample for each row, in order of labels. It does not close rows.
func (r *reader) read(rows Rows) ([]Sample, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	if err := r.bind(columns); err != nil {
		return nil, err
	}
	r.seen = map[string]int{}
	for rows.Next() {
		if len(r.all) == r.settings.MaxSeries {
			return nil, fmt.Errorf("the query returns more than %d rows: add a WHERE or LIMIT clause, or raise max_series", r.settings.MaxSeries)
		}
		if err := rows.Scan(r.into...); err != nil {
			return nil, err
		}
		if err := r.add(); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(r.all, byLabels)
	return r.all, nil
}

// bind sets the destination of each column.
func (r *reader) bind(columns []string) error {
	r.into = make([]any, len(columns))
	for n := range r.into {
		r.into[n] = ignored{}
	}
	names := slices.Sorted(slices.Values(r.settings.Labels))
	r.labels = make([]cell, len(names))
	for n, name := range names {
		if err := r.column(columns, name, "labels", &r.labels[n]); err != nil {
			return err
		}
	}
	return r.column(columns, r.settings.Value, "value", &r.value)
}

func (r *reader) column(columns []string, name, attribute string, into *cell) error {
	n := slices.Index(columns, name)
	if n < 0 {
		listed := slices.Clone(columns[:min(len(columns), namedColumns)])
		for i := range listed {
			listed[i] = strconv.Quote(check.Clip(r.hide(listed[i]), maxLabel))
		}
		return fmt.Errorf("the query has no column %q, which %s names; its columns are: %s", name, attribute, strings.Join(listed, ", "))
	}
	if slices.Contains(columns[n+1:], name) {
		return fmt.Errorf("the query has several columns %q, one of which %s names: rename them with AS", name, attribute)
	}
	into.name = name
	r.into[n] = into
	return nil
}

// add makes a sample of the row that was scanned.
func (r *reader) add() error {
	row := len(r.all) + 1
	value, err := r.value.number()
	if err != nil {
		return fmt.Errorf("row %d: %w", row, err)
	}
	s := Sample{Metric: r.settings.Name, Value: value, At: r.at}
	for _, c := range r.labels {
		text, err := c.label()
		if err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}
		s.Labels = append(s.Labels, Label{c.name, check.OneLine(r.hide(text))})
	}
	series := s.Series()
	before, twice := r.seen[series]
	switch {
	case twice && len(r.labels) == 0:
		return errors.New("the query returns several rows, but the block has no labels: set labels to the columns that tell them apart, or return one row")
	case twice:
		return fmt.Errorf("rows %d and %d have the same labels: group by them, or add a column to labels", before, row)
	}
	r.seen[series] = row
	r.all = append(r.all, s)
	return nil
}

// ignored is the destination of a column that is not read.
type ignored struct{}

// Scan implements sql.Scanner.
func (ignored) Scan(any) error { return nil }

// cell is the destination of a column.
type cell struct {
	name string
	got  any // a copy of what the driver returned
}

var _ sql.Scanner = (*cell)(nil)

// Scan implements sql.Scanner.
func (c *cell) Scan(src any) error {
	if b, ok := src.([]byte); ok {
		src = string(b)
	}
	c.got = src
	return nil
}

// number returns the value of a metric.
func (c *cell) number() (float64, error) {
	var f float64
	switch v := c.got.(type) {
	case int64:
		f = float64(v)
	case uint64:
		f = float64(v)
	case float32:
		f, _ = strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64) // 0.1, not 0.10000000149
	case float64:
		f = v
	case bool:
		if v {
			f = 1
		}
	case string:
		return c.decimal(v)
	case nil:
		return 0, fmt.Errorf("column %q is NULL, not a number: use coalesce, or leave such rows out", c.name)
	case time.Time:
		return 0, fmt.Errorf("column %q is a time, not a number: convert it in the query, such as to seconds", c.name)
	default:
		return 0, fmt.Errorf("column %q is no number: convert it in the query with CAST", c.name)
	}
	return c.finite(f)
}

// decimal reads a number that the driver returned as text. The error does not quote the
// text, which is data.
func (c *cell) decimal(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case text == "" || strings.Trim(text, "+-.0123456789eE") != "" || err != nil && !math.IsInf(f, 0):
		if isInfinite(text) {
			f = math.NaN()
			break
		}
		return 0, fmt.Errorf("column %q is text, not a number: convert it in the query with CAST", c.name)
	}
	return c.finite(f)
}

// isInfinite reports whether text is a number that a database has, but that is not finite.
func isInfinite(text string) bool {
	return slices.Contains([]string{"nan", "infinity", "-infinity", "inf", "-inf"}, strings.ToLower(text))
}

func (c *cell) finite(f float64) (float64, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("column %q is not a finite number: leave such rows out, or use nullif and coalesce", c.name)
	}
	return f, nil
}

// label returns the value of a label. NULL is "".
func (c *cell) label() (string, error) {
	var text string
	switch v := c.got.(type) {
	case nil:
	case string:
		text = v
	case time.Time:
		text = v.UTC().Format(time.RFC3339Nano)
	case float32:
		text = strconv.FormatFloat(float64(v), 'g', -1, 32)
	default:
		text = fmt.Sprint(v)
	}
	if len(text) > maxLabel {
		return "", fmt.Errorf("column %q has more than %d bytes, which is too long for a label: shorten it in the query, such as with substr", c.name, maxLabel)
	}
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("column %q is not UTF-8 text, which a label has to be: convert it in the query, such as with hex or encode", c.name)
	}
	return text, nil
}

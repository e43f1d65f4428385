package salvage

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"unicode/utf8"
)

// table is a table of the database that rows are added to.
type table struct {
	name    string
	columns []column
	number  int   // position of the column that is the row's number, or -1
	keyed   bool  // WITHOUT ROWID: rows are stored in the index of the primary key
	stored  []int // positions of the columns in the order in which records hold them
}

type column struct {
	name     string
	kind     string // INTEGER, REAL, TEXT, BLOB, or another word for any value
	required bool   // NOT NULL
	key      int    // 1-based position in the primary key, or 0
	preset   any    // default
}

// row is a row of a table. Values are in the order of the table's columns, and
// are nil, int64, float64, string or []byte.
type row struct {
	of     *table
	values []any
}

// readTables returns the tables of a database, without those of SQLite itself.
func readTables(ctx context.Context, db *sql.DB) ([]*table, error) {
	rows, err := db.QueryContext(ctx, `SELECT t.name, t.wr, c.name, upper(c.type), c."notnull" OR c.pk, c.pk, coalesce(c.dflt_value, 'NULL')
		FROM pragma_table_list t, pragma_table_info(t.name) c
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
		ORDER BY (SELECT rowid FROM sqlite_schema s WHERE s.name = t.name), c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*table
	var presets []string
	for rows.Next() {
		var name, preset string
		var keyed bool
		var c column
		if err := rows.Scan(&name, &keyed, &c.name, &c.kind, &c.required, &c.key, &preset); err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, &table{name: name, number: -1, keyed: keyed})
		}
		t := all[len(all)-1]
		t.columns = append(t.columns, c)
		presets = append(presets, preset)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, t := range all {
		t.findNumber()
		t.findOrder()
		for i := range t.columns {
			// The text comes from vega's own schema.
			if err := db.QueryRowContext(ctx, "SELECT "+presets[i]).Scan(&t.columns[i].preset); err != nil {
				return nil, err
			}
		}
		presets = presets[len(t.columns):]
	}
	return all, nil
}

// findNumber finds the column that SQLite does not store, because it is the
// row's number: the only column of the primary key, of type INTEGER.
func (t *table) findNumber() {
	if t.keyed {
		return
	}
	keys := 0
	for i, c := range t.columns {
		if c.key == 0 {
			continue
		}
		if keys++; c.kind == "INTEGER" {
			t.number = i
		}
	}
	if keys != 1 {
		t.number = -1
	}
}

// findOrder sets the order in which records hold the columns: those of the
// primary key come first if rows are stored in its index.
func (t *table) findOrder() {
	for n := 1; t.keyed && n <= len(t.columns); n++ {
		for i, c := range t.columns {
			if c.key == n {
				t.stored = append(t.stored, i)
			}
		}
	}
	for i, c := range t.columns {
		if !t.keyed || c.key == 0 {
			t.stored = append(t.stored, i)
		}
	}
}

// find returns the position of a column, or -1.
func (t *table) find(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// fits reports whether every value has the type of its column.
func (r *row) fits() bool {
	if len(r.values) != len(r.of.columns) {
		return false
	}
	for i, c := range r.of.columns {
		if !c.takes(r.values[i]) {
			return false
		}
	}
	return true
}

func (c *column) takes(value any) bool {
	switch v := value.(type) {
	case nil:
		return !c.required
	case int64:
		return c.kind == "INTEGER" || c.kind == "REAL" || c.any()
	case float64:
		return c.kind == "REAL" || c.any()
	case string:
		return (c.kind == "TEXT" || c.any()) && utf8.ValidString(v)
	case []byte:
		return c.kind == "BLOB" || c.any()
	default:
		return false
	}
}

func (c *column) any() bool {
	return !slices.Contains([]string{"INTEGER", "REAL", "TEXT", "BLOB"}, c.kind)
}

// size returns about how many bytes the values take in memory.
func (r *row) size() int {
	n := 64
	for _, value := range r.values {
		n += 16
		switch v := value.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}

// get returns the value of a column, or nil for an unknown column.
func (r *row) get(name string) any {
	if i := r.of.find(name); i >= 0 {
		return r.values[i]
	}
	return nil
}

func (r *row) integer(name string) int64 {
	n, _ := r.get(name).(int64)
	return n
}

func (r *row) text(name string) string {
	s, _ := r.get(name).(string)
	return s
}

func (r *row) set(name string, value any) {
	if i := r.of.find(name); i >= 0 {
		r.values[i] = value
	}
}

// insert returns the statement that adds a row, without a clause for conflicts.
func (t *table) insert() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quote(c.name)
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
	return `INSERT INTO ` + quote(t.name) + ` (` + strings.Join(names, ", ") + `) VALUES (` + marks + `)`
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

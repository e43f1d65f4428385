package salvage

import (
	"context"
	"database/sql"

	"vega/store/sqlite/pages"
)

// index is an index of the database that rows are added to.
type index struct {
	name, table string
	columns     []int // positions of its columns; -1 stands for an expression
	partial     bool
}

func readIndexes(ctx context.Context, db *sql.DB) (all []index, err error) {
	rows, err := db.QueryContext(ctx, `SELECT x.name, t.name, x.partial, c.cid
		FROM sqlite_schema t, pragma_index_list(t.name) x, pragma_index_info(x.name) c
		WHERE t.type = 'table' ORDER BY t.name, x.name, c.seqno`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var x index
		var column int
		if err := rows.Scan(&x.name, &x.table, &x.partial, &column); err != nil {
			return nil, err
		}
		if n := len(all) - 1; n >= 0 && all[n].name == x.name {
			all[n].columns = append(all[n].columns, column)
			continue
		}
		x.columns = []int{column}
		all = append(all, x)
	}
	return all, rows.Err()
}

// rowOf returns the row that a record holds. It returns false if the record is
// not one of the table. A record that was written under an older schema may lack
// the last columns.
func (t *table) rowOf(r pages.Record, leaf pages.Kind) (row, bool) {
	order := t.stored
	if len(r.Values) > len(order) || len(r.Values) == 0 || t.keyed != (leaf == pages.IndexLeaf) {
		return row{}, false
	}
	got := row{t, make([]any, len(order))}
	for i, at := range order {
		if got.values[at] = t.columns[at].preset; i < len(r.Values) {
			got.values[at] = r.Values[i]
		}
	}
	if t.number >= 0 {
		if got.values[t.number] != nil {
			return row{}, false
		}
		got.values[t.number] = r.Number
	}
	return got, got.fits()
}

// leafOf returns the kind of leaf in the trees that a page can belong to.
func leafOf(p *pages.Page) pages.Kind {
	switch p.Kind() {
	case pages.TableLeaf, pages.TableInterior:
		return pages.TableLeaf
	case pages.IndexLeaf, pages.IndexInterior:
		return pages.IndexLeaf
	default:
		return pages.None
	}
}

// guess returns the only table that a record can belong to, or nil.
func (c *recovery) guess(r pages.Record, leaf pages.Kind) (found *table) {
	for _, t := range c.sink.tables {
		if _, ok := t.rowOf(r, leaf); !ok {
			continue
		}
		if found != nil {
			return nil
		}
		found = t
	}
	return found
}

// nameOf returns the name that an entry of the index on run_names holds: that
// index has all columns of the table.
func nameOf(names *table, r pages.Record) (row, bool) {
	if len(r.Values) != 2 {
		return row{}, false
	}
	got := row{names, []any{r.Values[1], r.Values[0]}}
	return got, got.fits()
}

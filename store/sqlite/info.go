package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Info is what a database file holds, without reading it through.
type Info struct {
	Path   string           `json:"path"`
	SizeMB float64          `json:"size_mb"` // MiB
	WALMB  float64          `json:"wal_mb"`  // MiB of the write-ahead log
	Tables map[string]int64 `json:"tables"`  // about how many rows each has
	// Indexes are in order of table and name. Those that SQLite makes for
	// PRIMARY KEY and UNIQUE are among them.
	Indexes []IndexInfo `json:"indexes"`
}

// IndexInfo is an index that there is.
type IndexInfo struct {
	Name    string   `json:"name"`
	Table   string   `json:"table"`
	Columns []string `json:"columns"` // "" is an expression
	Unique  bool     `json:"unique"`
	Partial bool     `json:"partial"`
	// Finding says that it costs more than it gives; nil: it does not, as far
	// as is known by now.
	Finding *Finding `json:"finding,omitempty"`
}

// Info looks at the store's file. It takes about a millisecond.
func (s *Store) Info(ctx context.Context) (Info, error) { return s.advisor.info(ctx, s.path) }

// Info looks at the file, as Store.Info.
func (r *Reader) Info(ctx context.Context) (Info, error) { return r.advisor.info(ctx, r.path) }

func (a *advisor) info(ctx context.Context, path string) (Info, error) {
	i := Info{Path: path, SizeMB: mib(path), WALMB: mib(path + "-wal"), Tables: map[string]int64{}, Indexes: []IndexInfo{}}
	db, err := a.open(path)
	if err != nil {
		return i, err
	}
	if err := errors.Join(i.readTables(ctx, db), i.readIndexes(ctx, db)); err != nil {
		return i, fmt.Errorf("look at %s: %w", path, err)
	}
	return i, nil
}

// LogPath is where the write-ahead log of the store's file lies.
func (s *Store) LogPath() string { return s.path + "-wal" }

// LogPath is where the write-ahead log of the file lies, if it has one.
func (r *Reader) LogPath() string { return r.path + "-wal" }

// mib is a file's size; one that is not there has none.
func mib(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}

// readTables estimates: to count the rows of a table is to read it through.
// Row numbers mostly grow by one, so that the span of them is close; a table
// without them has what ANALYZE last found.
func (i *Info) readTables(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT name, wr FROM pragma_table_list
		WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var numbered []string
	for rows.Next() {
		var name string
		var without bool
		if err := rows.Scan(&name, &without); err != nil {
			return err
		}
		i.Tables[name] = 0
		if !without {
			numbered = append(numbered, name)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := i.readStatistics(ctx, db); err != nil {
		return err
	}
	for _, name := range numbered {
		table := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		var n int64
		err := db.QueryRowContext(ctx, `SELECT coalesce((SELECT max(rowid) FROM `+table+`) - (SELECT min(rowid) FROM `+table+`) + 1, 0)`).Scan(&n)
		if err != nil {
			continue // a table with a column called rowid, of text
		}
		i.Tables[name] = n
	}
	return nil
}

func (i *Info) readStatistics(ctx context.Context, db *sql.DB) error {
	var has bool
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'`).Scan(&has); err != nil || !has {
		return err
	}
	rows, err := db.QueryContext(ctx, `SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		if _, ok := i.Tables[name]; ok {
			i.Tables[name] = n
		}
	}
	return rows.Err()
}

func (i *Info) readIndexes(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT x.name, t.name, coalesce(c.name, ''), x."unique", x.partial
		FROM sqlite_schema t, pragma_index_list(t.name) x, pragma_index_info(x.name) c
		WHERE t.type = 'table' ORDER BY t.name, x.name, c.seqno`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var x IndexInfo
		var column string
		if err := rows.Scan(&x.Name, &x.Table, &column, &x.Unique, &x.Partial); err != nil {
			return err
		}
		if n := len(i.Indexes) - 1; n >= 0 && i.Indexes[n].Name == x.Name {
			i.Indexes[n].Columns = append(i.Indexes[n].Columns, column)
			continue
		}
		x.Columns = []string{column}
		i.Indexes = append(i.Indexes, x)
	}
	return rows.Err()
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"vega/store/profile"
	"vega/store/sqlite/dsn"
)

// Info describes a database file. It is read without scanning any table.
type Info struct {
	Path   string           `json:"path"`
	SizeMB float64          `json:"size_mb"` // MiB
	WALMB  float64          `json:"wal_mb"`  // MiB of the write-ahead log
	Tables map[string]int64 `json:"tables"`  // approximate number of rows of each
	// Indexes are sorted by table and name. They include those that SQLite
	// creates for PRIMARY KEY and UNIQUE.
	Indexes []IndexInfo `json:"indexes"`
}

// IndexInfo describes an existing index.
type IndexInfo struct {
	Name    string   `json:"name"`
	Table   string   `json:"table"`
	Columns []string `json:"columns"` // "" stands for an expression
	Unique  bool     `json:"unique"`
	Partial bool     `json:"partial"`
	// Finding is set if the index is known to cost more than it is worth.
	Finding *Finding `json:"finding,omitempty"`
}

// Info describes the store's file. It takes about a millisecond.
func (s *Store) Info(ctx context.Context) (Info, error) { return s.advisor.info(ctx, s.path) }

// Info describes the file, as Store.Info does.
func (r *Reader) Info(ctx context.Context) (Info, error) { return r.advisor.info(ctx, r.path) }

func (a *advisor) info(ctx context.Context, path string) (Info, error) {
	i := Info{Path: path, SizeMB: mib(path), WALMB: mib(path + "-wal"), Tables: map[string]int64{}, Indexes: []IndexInfo{}}
	db, err := a.open(path)
	if err != nil {
		return i, err
	}
	if err := errors.Join(i.readTables(ctx, db), i.readIndexes(ctx, db)); err != nil {
		return i, fmt.Errorf("inspect %s: %w", path, err)
	}
	return i, nil
}

// LogPath returns the path of the store's write-ahead log.
func (s *Store) LogPath() string { return s.path + "-wal" }

// LogPath returns the path that the write-ahead log of the file has, if there
// is one.
func (r *Reader) LogPath() string { return r.path + "-wal" }

// mib returns the size of a file in MiB, or 0 if it can't be read.
func mib(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}

// readTables estimates the number of rows, because counting them reads the
// whole table. Row IDs mostly grow by one, so their range is close to the
// count. For tables without row IDs it takes what ANALYZE last found.
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
			continue // the table has a text column named rowid
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

// A write-ahead log is reused from its beginning, and truncated to dsn.LogKept
// bytes, once no reader needs it. A longer log, or one that grows while rows
// have been open for more than pinTime, fills the disk in the end.
const (
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
	case wal > dsn.LogKept:
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

package profile

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"
)

const (
	maxNames  = 20_000      // columns whose names are kept
	namesLife = time.Minute // before they are read again
)

// names holds the names of the columns of a SQLite database, in lower case.
type names struct {
	mu    sync.Mutex
	all   map[string]bool
	read  time.Time // last
	since uint64    // Profiler.schema at that time
}

func (n *names) has(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all[name]
}

func (n *names) add(list ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all == nil {
		n.all = map[string]bool{}
	}
	for _, name := range list {
		if len(n.all) < maxNames {
			n.all[name] = true
		}
	}
}

// due reports whether to read the names, and counts it as done.
func (n *names) due(schema uint64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.read.IsZero() && n.since == schema && time.Since(n.read) < namesLife {
		return false
	}
	n.read, n.since = time.Now(), schema
	return true
}

// normalize parses a query. If it has a word in double quotes that SQLite would
// take for text without a column of that name, it reads the names of the
// columns.
func (c *connector) normalize(query string) normalized {
	p := c.profiler
	dialect := p.options.Dialect
	n := normalize(query, dialect, c.names.has)
	if n.columns != nil {
		c.names.add(n.columns...)
	}
	if n.doubtful && c.names.due(p.schema.Load()) && c.readNames() {
		return normalize(query, dialect, c.names.has)
	}
	return n
}

const selectNames = "SELECT DISTINCT lower(c.name) FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c"

// readNames reads the names of all columns. Without them, words in double quotes
// are hidden.
func (c *connector) readNames() bool {
	ctx, cancel := context.WithTimeout(context.Background(), planTime)
	defer cancel()
	err := c.aside(ctx, func(other driver.Conn) error {
		table, err := Session{other}.Query(ctx, selectNames, nil)
		for _, row := range table {
			c.names.add(row[0])
		}
		return err
	})
	return err == nil
}

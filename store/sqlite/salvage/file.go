package salvage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"vega/store/sqlite/pages"
)

// ErrNothing means that a file holds no row of vega that can be read.
var ErrNothing = errors.New("nothing of vega's could be read from it")

// ErrForeign means that a file is an intact database of another program.
var ErrForeign = errors.New("it is a database of another program")

// NewerError means that a file was written by a newer vega.
type NewerError struct{ Schema, Known int }

// Error returns both versions of the schema.
func (e *NewerError) Error() string {
	return fmt.Sprintf("it was written by a newer vega (its schema is %d, this vega knows %d)", e.Schema, e.Known)
}

// names is the table of the names that runs share.
const names = "run_names"

// recovery reads a damaged database.
type recovery struct {
	file    *pages.File
	sink    *sink
	indexes []index
	schema  bool             // all of the file's schema was read
	roots   map[int64]string // names of tables and indexes, "" if unknown
	losses  map[string]*loss // by table
}

// File adds what can be read of a damaged database, the file source with its
// write-ahead log, to another one. It changes nothing in the source, which no
// process may write meanwhile.
//
// Tables are read page by page, from their roots and then from the pages that no
// readable page leads to, unless these are free.
// Rows that vega can't have written are refused. The rows of a source whose last
// run is later than the other database's are treated as with Options.Newer, and
// else as without.
//
// File returns ErrNothing, ErrForeign or a *NewerError if nothing was added.
func File(ctx context.Context, source string, into *sql.DB) (Report, error) {
	r, err := recoverFile(ctx, source, into)
	if err != nil {
		return r, fmt.Errorf("recover %s: %w", source, err)
	}
	return r, nil
}

func recoverFile(ctx context.Context, source string, into *sql.DB) (r Report, err error) {
	s, err := newSink(ctx, into, false)
	if err != nil {
		return r, err
	}
	c := &recovery{sink: s, roots: map[int64]string{}, losses: map[string]*loss{}}
	if c.indexes, err = readIndexes(ctx, into); err != nil {
		return r, err
	}
	for _, t := range s.tables {
		c.losses[t.name] = newLoss()
	}
	c.file, err = pages.Open(source)
	if errors.Is(err, pages.ErrNoPages) {
		return r, ErrNothing
	}
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.file.Close()) }()
	s.report.Frames = c.file.DamagedFrames()
	if err := c.findRoots(ctx); err != nil {
		return r, err
	}
	if err := c.readTables(ctx); err != nil {
		return s.report, err
	}
	if err := s.flush(ctx); err != nil {
		return s.report, err
	}
	if err := c.count(ctx); err != nil {
		return s.report, err
	}
	return s.report, c.verdict()
}

func (c *recovery) verdict() error {
	for _, t := range c.sink.report.Tables {
		if t.Added+t.Known > 0 {
			return nil
		}
	}
	if h := c.file.Header; h.Intact && c.sink.report.Whole() {
		return nil // an empty database
	}
	return ErrNothing
}

// findRoots finds the roots of the trees: those in the schema, and those that
// only the pointer map knows.
func (c *recovery) findRoots(ctx context.Context) error {
	if err := c.readSchema(ctx); err != nil {
		return err
	}
	for n := c.file.Next(3); n <= c.file.Pages(); n = c.file.Next(n + 1) {
		if use, _ := c.file.Use(n); use != pages.Root {
			continue
		}
		if _, ok := c.roots[n]; !ok {
			c.roots[n] = c.identify(n)
		}
	}
	if len(c.roots) > 0 {
		return nil
	}
	return c.guessRoots(ctx)
}

// guessRoots takes the interior pages that no other one leads to for roots.
func (c *recovery) guessRoots(ctx context.Context) error {
	below := map[int64][]int64{}
	for n := c.file.Next(2); n <= c.file.Pages(); n = c.file.Next(n + 1) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if children := c.file.Page(n).Below(); children != nil {
			below[n] = children
		}
	}
	led := map[int64]bool{}
	for _, children := range below {
		for _, n := range children {
			if below[n] != nil {
				led[n] = true
			}
		}
	}
	for n := range below {
		if name := c.identify(n); !led[n] && name != "" {
			c.roots[n] = name
		}
	}
	return nil
}

// readSchema reads the roots that the table of the schema has.
func (c *recovery) readSchema(ctx context.Context) error {
	c.schema = true
	err := c.file.Walk(1, pages.Visitor{
		Page: func(p *pages.Page, _ pages.Span) error {
			read := 0
			err := p.Records(func(r pages.Record) error {
				if len(r.Values) != 5 {
					return nil
				}
				read++
				name, _ := r.Values[1].(string)
				if root, _ := r.Values[3].(int64); root > 1 && name != "" {
					c.roots[root] = name
				}
				return nil
			})
			c.schema = c.schema && read == p.Rows()
			return err
		},
		Lost: func(pages.Lost) error { c.schema = false; return nil },
	})
	c.schema = c.schema && len(c.roots) > 0
	if err != nil {
		return err
	}
	var known int
	if err := c.sink.db.QueryRowContext(ctx, `SELECT user_version FROM pragma_user_version`).Scan(&known); err != nil {
		return err
	}
	h, ours := c.file.Header, slices.Contains(c.rootNames(), names)
	switch {
	case h.Intact && len(c.roots) > 0 && !ours && h.ApplicationID != applicationID:
		return ErrForeign
	case h.Intact && h.ApplicationID == applicationID && int(h.UserVersion) > known:
		return &NewerError{int(h.UserVersion), known}
	}
	return nil
}

// applicationID marks a file as vega's. It is "vega" in ASCII.
const applicationID = 0x76656761

func (c *recovery) rootNames() (all []string) {
	for _, name := range c.roots {
		all = append(all, name)
	}
	return all
}

// identify returns the name of the table or index with a root, by its records, or
// "".
func (c *recovery) identify(root int64) (name string) {
	p := c.file.Edge(root, false)
	if p == nil {
		return ""
	}
	leaf := leafOf(p)
	_ = p.Records(func(r pages.Record) error {
		if t := c.guess(r, leaf); t != nil && name == "" {
			name = t.name
		}
		if x := c.namesIndex(); leaf == pages.IndexLeaf && name == "" && x != "" {
			if _, ok := nameOf(c.table(names), r); ok {
				name = x
			}
		}
		return nil
	})
	return name
}

// namesIndex returns the name of the index on the names that runs share, or "" if
// its entries could be those of another index.
func (c *recovery) namesIndex() (name string) {
	for _, x := range c.indexes {
		t := c.table(x.table)
		if t == nil || t.keyed || len(x.columns) != 1 || x.columns[0] < 0 || t.columns[x.columns[0]].kind != "TEXT" {
			continue
		}
		if x.table != names || name != "" {
			return ""
		}
		name = x.name
	}
	return name
}

func (c *recovery) table(name string) *table {
	i := slices.IndexFunc(c.sink.tables, func(t *table) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return c.sink.tables[i]
}

// rootOf returns the root of a table or index, or 0.
func (c *recovery) rootOf(name string) (root int64) {
	for n, other := range c.roots {
		if other == name && (root == 0 || n < root) {
			root = n
		}
	}
	return root
}

// readTables reads names first, because runs refer to them.
func (c *recovery) readTables(ctx context.Context) error {
	if err := c.readNames(ctx); err != nil {
		return err
	}
	if err := c.compareAge(ctx); err != nil {
		return err
	}
	for _, t := range c.sink.tables {
		if t.name == names {
			continue
		}
		if err := c.walk(ctx, t); err != nil {
			return err
		}
	}
	if !c.lost() {
		return nil
	}
	return c.readStrays(ctx, "")
}

// readNames reads the names from their table. If a part of that is lost, it reads
// them from the index on the table, too, and from pages that belong to neither.
func (c *recovery) readNames(ctx context.Context) error {
	t := c.table(names)
	if t == nil {
		return nil
	}
	if err := c.walk(ctx, t); err != nil {
		return err
	}
	if c.losses[names].none() {
		return c.sink.flush(ctx)
	}
	whole := true
	for _, x := range c.indexes {
		root := c.rootOf(x.name)
		if x.table != names || x.partial || root == 0 {
			continue
		}
		err := c.file.Walk(root, pages.Visitor{
			Page: func(p *pages.Page, _ pages.Span) error {
				return errors.Join(ctx.Err(), p.Records(func(r pages.Record) error { return c.addName(ctx, r) }))
			},
			Lost: func(pages.Lost) error { whole = false; return nil },
		})
		if err != nil {
			return err
		}
		if whole {
			c.losses[names] = newLoss()
			return c.sink.flush(ctx)
		}
	}
	return errors.Join(c.readStrays(ctx, names), c.sink.flush(ctx))
}

func (c *recovery) addName(ctx context.Context, r pages.Record) error {
	if got, ok := nameOf(c.table(names), r); ok {
		if _, has := c.sink.names[got.integer("id")]; !has {
			return c.sink.add(ctx, got)
		}
	}
	return nil
}

// compareAge finds out whether the source's last run is later than the other
// database's.
func (c *recovery) compareAge(ctx context.Context) error {
	var last sql.NullInt64
	err := c.sink.db.QueryRowContext(ctx, `SELECT began FROM runs ORDER BY id DESC LIMIT 1`).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	t, p := c.table("runs"), c.file.Edge(c.rootOf("runs"), true)
	if p == nil {
		return nil
	}
	return p.Records(func(r pages.Record) error {
		if got, ok := t.rowOf(r, leafOf(p)); ok {
			c.sink.newer = got.integer("began") > last.Int64
			c.sink.highestRun = max(c.sink.highestRun, got.integer("id"))
		}
		return nil
	})
}

// walk reads a table from its root.
func (c *recovery) walk(ctx context.Context, t *table) error {
	root, l := c.rootOf(t.name), c.losses[t.name]
	if root == 0 {
		l.rootless = !c.schema // else the file's schema is older than the table
		return nil
	}
	return c.file.Walk(root, pages.Visitor{
		Page: func(p *pages.Page, s pages.Span) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if p.Rows() == 0 && p.Number != root { // only a root may be empty
				l.lose(pages.Lost{Number: p.Number, Span: s, Leaf: true})
				return nil
			}
			return c.readPage(ctx, t, p, s)
		},
		Lost: func(lost pages.Lost) error {
			l.lose(lost)
			return nil
		},
	})
}

// readPage adds the rows of a page of a table.
func (c *recovery) readPage(ctx context.Context, t *table, p *pages.Page, s pages.Span) error {
	leaf, l := leafOf(p), c.losses[t.name]
	var ids []int64
	n := 0
	err := p.Records(func(r pages.Record) error {
		got, ok := t.rowOf(r, leaf)
		if !ok {
			return nil
		}
		n++
		if !t.keyed {
			ids = append(ids, r.Number)
		}
		return c.sink.add(ctx, got)
	})
	l.read(n, p.Rows(), ids, s)
	return err
}

// readStrays reads the pages that no readable page of a tree leads to. If only is
// not "", it reads those of that table.
func (c *recovery) readStrays(ctx context.Context, only string) error {
	for n := c.file.Next(2); n <= c.file.Pages(); n = c.file.Next(n + 1) {
		if err := ctx.Err(); err != nil {
			return err
		}
		state := c.file.State(n)
		if c.file.Seen(n) || state == pages.Dead {
			continue
		}
		name, known := c.roots[c.file.Tree(n)]
		t := c.table(name)
		if known && name != "" && (t == nil || only != "" && name != only) {
			continue // of an index, or not wanted yet
		}
		p := c.file.Page(n)
		if p.Rows() == 0 {
			if t != nil && p.Kind() != pages.TableInterior {
				c.losses[name].lost[n] = true
			}
			continue
		}
		if err := c.readStray(ctx, p, t, only, state); err != nil {
			return err
		}
	}
	return nil
}

// readStray adds the rows of a page that no readable page leads to. Without a
// pointer map or a list of free pages, it has to be one that a lost page led to.
func (c *recovery) readStray(ctx context.Context, p *pages.Page, t *table, only string, state pages.State) error {
	leaf := leafOf(p)
	var rows []row
	all := p.Rows()
	err := p.Records(func(r pages.Record) error {
		if t == nil {
			t = c.guess(r, leaf)
		}
		if t != nil {
			if got, ok := t.rowOf(r, leaf); ok {
				rows = append(rows, got)
			}
		}
		return nil
	})
	if err != nil || t == nil || only != "" && t.name != only {
		return err
	}
	l, within, ids := c.losses[t.name], pages.All, numbersOf(rows)
	if len(ids) > 0 {
		within = pages.Span{After: ids[0] - 1, Last: ids[len(ids)-1]}
	}
	if state == pages.Doubt {
		if !l.misses(within) {
			return nil
		}
		c.sink.report.table(t.name).Doubtful += int64(len(rows))
	}
	c.file.Mark(p.Number)
	l.find(len(rows), all, ids)
	for _, r := range rows {
		if err := c.sink.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// numbersOf returns the numbers of rows, if they have numbers.
func numbersOf(rows []row) (all []int64) {
	for _, r := range rows {
		if r.of.number >= 0 {
			id, _ := r.values[r.of.number].(int64)
			all = append(all, id)
		}
	}
	return all
}

package advise

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// schema describes the copy. Names are in lower case.
type schema struct {
	tables  map[string]*table
	views   map[string]statement // their text
	indexes []*index             // in the order of sqlite_schema
	missing []string             // what could not be copied, in lower case
	trigger []token              // the text of all triggers
}

type table struct {
	name         string
	columns      []*column
	rowid        string // the column that is the rowid, if any
	withoutRowid bool
	virtual      bool
	indexes      []*index
	children     [][]string // columns of each foreign key, in lower case
}

type column struct {
	name      string
	affinity  string // TEXT, NUMERIC, INTEGER, REAL or BLOB
	collation string
	key       int // its place in the primary key, from 1
	generated bool
}

type index struct {
	name    string
	table   *table
	terms   []term
	unique  bool
	origin  string // c: CREATE INDEX, u: UNIQUE, pk: PRIMARY KEY
	where   string // of a partial index, in its tokens
	partial bool
}

// term is a column or an expression that an index is sorted by.
type term struct {
	column     *column
	expression string
	collation  string // if not the column's own
	desc       bool
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if strings.EqualFold(c.name, name) {
			return c
		}
	}
	return nil
}

// hidden returns the name of the rowid, or "" if columns use all of its names.
func (t *table) hidden() string {
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if c := t.column(name); c == nil || strings.EqualFold(c.name, t.rowid) {
			return name
		}
	}
	return ""
}

// affinity returns the affinity that SQLite derives from a declared type.
func affinity(declared string) string {
	d := strings.ToUpper(declared)
	has := func(s string) bool { return strings.Contains(d, s) }
	switch {
	case has("INT"):
		return "INTEGER"
	case has("CHAR"), has("CLOB"), has("TEXT"):
		return "TEXT"
	case d == "", has("BLOB"), d == "ANY":
		return "BLOB"
	case has("REAL"), has("FLOA"), has("DOUB"):
		return "REAL"
	}
	return "NUMERIC"
}

// describe reads the tables and indexes of the copy.
func describe(ctx context.Context, conn *sql.Conn, objects []object) (*schema, error) {
	s := &schema{tables: map[string]*table{}, views: map[string]statement{}}
	for _, step := range []func(context.Context, *sql.Conn) error{
		s.readTables, s.readColumns, s.readCollations, s.readForeignKeys, s.readIndexes, s.readTerms,
	} {
		if err := step(ctx, conn); err != nil {
			return nil, err
		}
	}
	for _, o := range objects {
		s.readText(o)
	}
	return s, nil
}

// each calls row for every row of a query on the copy.
func each(ctx context.Context, conn *sql.Conn, query string, row func(*sql.Rows) error) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *schema) readTables(ctx context.Context, conn *sql.Conn) error {
	const query = "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
	return each(ctx, conn, query, func(rows *sql.Rows) error {
		var name, kind string
		t := &table{}
		if err := rows.Scan(&name, &kind, &t.withoutRowid); err != nil {
			return err
		}
		if strings.HasPrefix(strings.ToLower(name), "sqlite_") {
			return nil
		}
		t.name, t.virtual = name, kind == "virtual"
		s.tables[strings.ToLower(name)] = t
		return nil
	})
}

func (s *schema) readColumns(ctx context.Context, conn *sql.Conn) error {
	const query = "SELECT m.name, x.name, x.type, x.pk, x.hidden IN (2, 3) FROM sqlite_schema m, pragma_table_xinfo(m.name) x WHERE m.type = 'table'"
	err := each(ctx, conn, query, func(rows *sql.Rows) error {
		var of, declared string
		c := &column{collation: "BINARY"}
		if err := rows.Scan(&of, &c.name, &declared, &c.key, &c.generated); err != nil {
			return err
		}
		t := s.tables[strings.ToLower(of)]
		if t == nil {
			return nil
		}
		c.affinity = affinity(declared)
		t.columns = append(t.columns, c)
		if c.key == 1 && strings.EqualFold(declared, "INTEGER") {
			t.rowid = c.name
		}
		return nil
	})
	for _, t := range s.tables {
		composite := slices.ContainsFunc(t.columns, func(c *column) bool { return c.key > 1 })
		if composite || t.withoutRowid || t.virtual {
			t.rowid = ""
		}
	}
	return err
}

// readCollations reads the collation of each column from an index on it, the
// only place that shows it without parsing.
func (s *schema) readCollations(ctx context.Context, conn *sql.Conn) error {
	const name = "vega_collations"
	for _, t := range s.tables {
		textual := slices.ContainsFunc(t.columns, func(c *column) bool { return c.affinity != "INTEGER" && c.affinity != "REAL" })
		if t.virtual || !textual {
			continue
		}
		terms := make([]term, len(t.columns))
		for i, c := range t.columns {
			terms[i] = term{column: c}
		}
		if _, err := conn.ExecContext(ctx, createIndex(name, t, terms, "")); err != nil {
			continue // the collation is unknown here, so comparing will fail
		}
		err := each(ctx, conn, "SELECT seqno, coll FROM pragma_index_xinfo('"+name+"') WHERE key = 1", func(rows *sql.Rows) error {
			var i int
			var collation string
			if err := rows.Scan(&i, &collation); err != nil {
				return err
			}
			t.columns[i].collation = strings.ToUpper(collation)
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "DROP INDEX "+name); err != nil {
			return err
		}
	}
	return nil
}

func (s *schema) readForeignKeys(ctx context.Context, conn *sql.Conn) error {
	const query = `SELECT m.name, f.seq, f."from" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`
	return each(ctx, conn, query, func(rows *sql.Rows) error {
		var of, from string
		var seq int
		if err := rows.Scan(&of, &seq, &from); err != nil {
			return err
		}
		t := s.tables[strings.ToLower(of)]
		if t == nil {
			return nil
		}
		if seq == 0 {
			t.children = append(t.children, nil)
		}
		last := len(t.children) - 1
		t.children[last] = append(t.children[last], strings.ToLower(from))
		return nil
	})
}

func (s *schema) readIndexes(ctx context.Context, conn *sql.Conn) error {
	const query = `SELECT m.name, l.name, l."unique", l.origin, l.partial FROM sqlite_schema m, pragma_index_list(m.name) l WHERE m.type = 'table' ORDER BY m.rowid, l.seq DESC`
	return each(ctx, conn, query, func(rows *sql.Rows) error {
		var of string
		x := &index{}
		if err := rows.Scan(&of, &x.name, &x.unique, &x.origin, &x.partial); err != nil {
			return err
		}
		if x.table = s.tables[strings.ToLower(of)]; x.table != nil {
			s.indexes = append(s.indexes, x)
			x.table.indexes = append(x.table.indexes, x)
		}
		return nil
	})
}

func (s *schema) readTerms(ctx context.Context, conn *sql.Conn) error {
	for _, x := range s.indexes {
		query := "SELECT name, \"desc\", coll FROM pragma_index_xinfo(" + literal(x.name) + ") WHERE key = 1"
		err := each(ctx, conn, query, func(rows *sql.Rows) error {
			var name sql.NullString
			var t term
			if err := rows.Scan(&name, &t.desc, &t.collation); err != nil {
				return err
			}
			t.collation = strings.ToUpper(t.collation)
			if name.Valid {
				if t.column = x.table.column(name.String); t.column != nil && t.column.collation == t.collation {
					t.collation = ""
				}
			}
			x.terms = append(x.terms, t)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readText stores what pragmas do not return: the text of views, triggers,
// expressions and conditions.
func (s *schema) readText(o object) {
	tokens, err := lex(o.sql)
	if err != nil {
		return
	}
	name := strings.ToLower(o.name)
	switch o.kind {
	case "view":
		s.views[name] = statement{sql: o.sql, tokens: tokens}
	case "trigger":
		s.trigger = append(s.trigger, tokens...)
	case "index":
		for _, x := range s.indexes {
			if strings.EqualFold(x.name, o.name) {
				x.readText(o.sql, tokens)
			}
		}
	}
}

func (x *index) readText(sql string, tokens []token) {
	open := slices.IndexFunc(tokens, func(t token) bool { return t.is("(") })
	if open < 0 {
		return
	}
	for i, start := open+1, open+1; i < len(tokens); i++ {
		t := tokens[i]
		end := t.depth == 0 && t.is(")")
		if !end && (t.depth != 1 || !t.is(",")) {
			continue
		}
		part, _ := plain(sql, tokens[start:i])
		if n := countCommas(tokens[open:i]); n < len(x.terms) && x.terms[n].column == nil {
			x.terms[n].expression = strings.ToLower(part)
		}
		start = i + 1
		if end {
			if rest := tokens[start:]; len(rest) > 1 && rest[0].is("where") {
				x.where, _ = plain(sql, rest[1:])
			}
			return
		}
	}
}

func countCommas(tokens []token) (n int) {
	for _, t := range tokens {
		if t.depth == 1 && t.is(",") {
			n++
		}
	}
	return n
}

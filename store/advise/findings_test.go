package advise_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func scratch(t *testing.T, statements ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, s := range statements {
		run(t, db, s)
	}
	return db
}

func findings(t *testing.T, db *sql.DB, statements ...string) string {
	t.Helper()
	found, err := advisor(t, db).Indexes(t.Context(), statements)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range found {
		all = append(all, f.Index+"<"+f.With)
		if f.SQL != "DROP INDEX "+f.Index || !strings.Contains(f.String(), f.SQL) {
			t.Errorf("%s: %s", f.Index, f)
		}
	}
	return strings.Join(all, " ")
}

const things = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c TEXT COLLATE NOCASE)"

func TestSuperfluousIndexes(t *testing.T) {
	for name, c := range map[string]struct {
		schema []string
		want   string
	}{
		"none":                         {[]string{things, "CREATE INDEX x ON t (a)", "CREATE INDEX y ON t (b, a)"}, ""},
		"a prefix":                     {[]string{things, "CREATE INDEX x ON t (a)", "CREATE INDEX y ON t (a, b)"}, "x<y"},
		"the same twice":               {[]string{things, "CREATE INDEX y ON t (a, b)", "CREATE INDEX x ON t (a, b)"}, "y<x"},
		"the same backwards":           {[]string{things, "CREATE INDEX x ON t (a, b DESC)", "CREATE INDEX y ON t (a DESC, b)"}, "y<x"},
		"another order":                {[]string{things, "CREATE INDEX x ON t (a, b)", "CREATE INDEX y ON t (a, b DESC)"}, ""},
		"a prefix backwards":           {[]string{things, "CREATE INDEX x ON t (a DESC)", "CREATE INDEX y ON t (a, b)"}, "x<y"},
		"another collation":            {[]string{things, "CREATE INDEX x ON t (a COLLATE NOCASE)", "CREATE INDEX y ON t (a, b)"}, ""},
		"the column's collation":       {[]string{things, "CREATE INDEX x ON t (c COLLATE NOCASE)", "CREATE INDEX y ON t (c, b)"}, "x<y"},
		"a unique one enforces":        {[]string{things, "CREATE UNIQUE INDEX x ON t (a)", "CREATE INDEX y ON t (a, b)"}, ""},
		"next to a unique one":         {[]string{things, "CREATE INDEX a ON t (a)", "CREATE UNIQUE INDEX y ON t (a)"}, "a<y"},
		"next to a constraint":         {[]string{"CREATE TABLE t (a TEXT UNIQUE, b)", "CREATE INDEX x ON t (a)"}, "x<sqlite_autoindex_t_1"},
		"the rowid":                    {[]string{things, "CREATE INDEX x ON t (id, a)"}, "x<the rowid"},
		"a key without rowid":          {[]string{"CREATE TABLE t (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID", "CREATE INDEX x ON t (a)"}, "x<sqlite_autoindex_t_1"},
		"a partial one is smaller":     {[]string{things, "CREATE INDEX x ON t (a) WHERE b = 1", "CREATE INDEX y ON t (a, b)"}, ""},
		"two partial ones":             {[]string{things, "CREATE INDEX x ON t (a) WHERE b = 1", "CREATE INDEX y ON t (a, c) WHERE b  =  1"}, "x<y"},
		"two partial ones that differ": {[]string{things, "CREATE INDEX x ON t (a) WHERE b = 1", "CREATE INDEX y ON t (a, c) WHERE b = 2"}, ""},
		"expressions":                  {[]string{things, "CREATE INDEX x ON t (lower(a))", "CREATE INDEX y ON t (lower(a), b)"}, "x<y"},
		"expressions that differ":      {[]string{things, "CREATE INDEX x ON t (lower(a))", "CREATE INDEX y ON t (upper(a), b)"}, ""},
		"a name that needs quotes":     {[]string{things, `CREATE INDEX "a ""b" ON t (a)`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := findings(t, scratch(t, c.schema...)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A prefix that returns rows in the order of the rowid is worth its cost if a
// statement needs that order.
func TestPrefixThatIsNeededForItsOrderStays(t *testing.T) {
	db := scratch(t, things, "CREATE INDEX x ON t (a)", "CREATE INDEX y ON t (a, b)")
	if got := findings(t, db, "SELECT * FROM t WHERE a = ? ORDER BY id DESC LIMIT 10", "SELECT * FROM t WHERE a = ? ORDER BY b"); got != "" {
		t.Error(got)
	}
	if got := findings(t, db, "SELECT * FROM t WHERE a = ?", "SELECT * FROM t WHERE a = ? ORDER BY b"); got != "x<y" {
		t.Error(got)
	}
}

func TestUnusedIndexes(t *testing.T) {
	db := scratch(t, things, "CREATE INDEX x ON t (a)", "CREATE INDEX y ON t (b)", "CREATE UNIQUE INDEX u ON t (c, b)", "CREATE INDEX p ON t (c) WHERE b = 1",
		"CREATE TABLE other (a, b)", "CREATE INDEX o ON other (a)",
		"CREATE TABLE child (parent REFERENCES t (id), note)", "CREATE INDEX fk ON child (parent)", "CREATE INDEX n ON child (note)",
		"CREATE TABLE logged (a, b)", "CREATE INDEX l ON logged (a)", "CREATE TRIGGER r AFTER INSERT ON other BEGIN DELETE FROM logged WHERE a = new.a; END")
	for name, c := range map[string]struct {
		statements []string
		want       string
	}{
		"nothing was sent":        {nil, ""},
		"nothing about the table": {[]string{"SELECT 1"}, ""},
		"one used":                {[]string{"SELECT * FROM t WHERE a = ?"}, "y<"},
		"both are":                {[]string{"SELECT * FROM t WHERE a = ?", "DELETE FROM t WHERE b = ?"}, ""},
		"by an OR":                {[]string{"SELECT * FROM t WHERE a = ? OR b = ?"}, ""},
		"writes only":             {[]string{"INSERT INTO t (a) VALUES (?)"}, "x< y<"},
		"one that is not known":   {[]string{"SELECT * FROM t WHERE a = ?", "SELECT nope(b) FROM t"}, ""},
		"one that is no text":     {[]string{"SELECT * FROM t WHERE a = ?", "SELECT '"}, ""},
		"a pattern":               {[]string{"SELECT * FROM t WHERE a LIKE ?"}, ""},
		"a foreign key":           {[]string{"SELECT count(*) FROM child WHERE note > ?"}, ""},
		"a foreign key, unused":   {[]string{"INSERT INTO child VALUES (?, ?)"}, "n<"},
		"a trigger":               {[]string{"INSERT INTO logged VALUES (?, ?)"}, ""},
		"another program's":       {[]string{"PRAGMA user_version", "BEGIN", "INSERT INTO t (a) VALUES (?)"}, "x< y<"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := findings(t, db, c.statements...); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Savings are measured on rows like those of the table.
func TestFindingsHaveACost(t *testing.T) {
	db := conversations(t)
	run(t, db, "CREATE INDEX ix_source ON conversations (source)")
	run(t, db, "CREATE INDEX ix_source_ts ON conversations (source, ts)")
	found, err := advisor(t, db).Indexes(t.Context(), nil)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	f := found[0]
	if f.With != "ix_source_ts" || f.BytesPerRow < 5 || f.BytesPerRow > 40 || f.Rows != 50_000 || f.TotalBytes < 250_000 || f.WALBytesPerInsert < 1000 {
		t.Errorf("%+v", f)
	}
	t.Log(f)
	if found, err = advisor(t, db).Indexes(t.Context(), nil); err != nil || len(found) != 1 {
		t.Errorf("the database was changed: %v, %v", found, err)
	}
}

func TestALargeSchemaIsNotLookedAtForEver(t *testing.T) {
	db := scratch(t)
	var script strings.Builder
	script.WriteString("BEGIN;")
	var statements []string
	for i := range 500 {
		fmt.Fprintf(&script, "CREATE TABLE t%[1]d (a, b); CREATE INDEX x%[1]d ON t%[1]d (a); CREATE INDEX y%[1]d ON t%[1]d (a, b);", i)
		statements = append(statements, fmt.Sprintf("SELECT * FROM t%d WHERE a = ?", i))
	}
	run(t, db, script.String()+"COMMIT")
	a := advisor(t, db)
	if found, err := a.Indexes(t.Context(), statements); err != nil || len(found) != 500 {
		t.Errorf("%d findings, %v", len(found), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Indexes(ctx, statements); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

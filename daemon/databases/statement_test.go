package databases

import (
	"errors"
	"testing"

	"vega/plugins"
)

// TestFirstWord checks that text before the first word is skipped only if both
// servers skip it in the same way, and refused otherwise.
func TestFirstWord(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                               "select",
		" \t\r\n\f((select 1))":                  "select",
		"-- orders\nSELECT 1":                    "select",
		"-- a\n/* b */ -- c\n(VALUES (1))":       "values",
		"/**/select 1":                           "select",
		"/* app='x', route='/orders' */ TABLE t": "table",
		"select/*!50000 1 */":                    "select",
		"Show\nTABLES":                           "show",
		"DELETE FROM t":                          "delete",
		"/* select */ DELETE FROM t":             "delete",

		// MySQL ends these comments at the end of the line, and runs the statement
		// after it.
		"/**/#\nDROP TABLE t -- */select": "",
		"#\nDROP TABLE t":                 "",
		"--select\nDROP TABLE t":          "",
		"--\nselect 1":                    "",
		// MySQL executes the text in these comments.
		"/*!50000 DELETE */ FROM t -- select": "",
		"/*M!100000 DELETE */ FROM t":         "",
		"/* a *//*! DROP TABLE t */ select 1": "",
		// PostgreSQL skips an empty statement and runs the next one.
		"/**/;COPY t TO PROGRAM 'id' -- */select": "",
		";select 1": "",
		// PostgreSQL nests comments.
		"/* /* */ select */ DELETE FROM t":   "",
		"/* /*/ select */ */ DELETE FROM t":  "",
		"/*/* */ select */ */ DELETE FROM t": "",
		"/*/ select */ DELETE FROM t":        "delete",
		// PostgreSQL ends a line at a carriage return.
		"-- x\rDELETE FROM t --\nselect 1": "",

		"selection":      "selection",
		"select_1":       "",
		"select1":        "",
		"select$$":       "",
		"selectä":        "",
		"\vselect 1":     "",
		"\u00a0select 1": "",
		"'select'":       "",
		"/* select 1":    "",
		"-- select 1":    "",
		"(((":            "",
		"":               "",
	} {
		if got := firstWord(query); got != want {
			t.Errorf("%q begins with %q, want %q", query, got, want)
		}
	}
}

func TestMustRead(t *testing.T) {
	for _, query := range []string{
		"COMMIT", "SELECT 1 INTO OUTFILE 'x'", "select 1 into/**/dumpfile 'x'", "TABLE t INTO OUTFILE 'x'",
		"SELECT 1 INTO /*!50000OUTFILE*/ 'x'", "SELECT 1 INTO /*M!100000DUMPFILE*/ 'x'", "SELECT 1 INTO/*!outfile*/'x'", "SELECT 1 INTO\xa0OUTFILE 'x'", "BEGIN NOT ATOMIC COMMIT; END",
		"EXECUTE IMMEDIATE CONCAT('SELECT 1 INTO OUT', 'FILE')", "SELECTED", "",
	} {
		if err := mustRead(query); !errors.Is(err, plugins.ErrRefused) {
			t.Errorf("%q: %v", query, err)
		}
	}
	for _, query := range []string{"SELECT 1", "with t as (select 1) select * from t", "SHOW STATUS", "DESC t", "EXPLAIN SELECT 1", "SELECT no_outfile, outfile_size FROM t"} {
		if err := mustRead(query); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	}
}

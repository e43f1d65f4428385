package accept

import (
	"errors"
	"testing"
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

func TestQueriesThatWriteAreRefused(t *testing.T) {
	for _, query := range []string{
		"COMMIT", "SELECT 1 INTO OUTFILE 'x'", "select 1 into/**/dumpfile 'x'", "TABLE t INTO OUTFILE 'x'",
		"SELECT 1 INTO /*!50000OUTFILE*/ 'x'", "SELECT 1 INTO /*M!100000DUMPFILE*/ 'x'", "SELECT 1 INTO/*!outfile*/'x'", "SELECT 1 INTO\xa0OUTFILE 'x'", "BEGIN NOT ATOMIC COMMIT; END",
		"EXECUTE IMMEDIATE CONCAT('SELECT 1 INTO OUT', 'FILE')", "SELECTED", "",
	} {
		for _, driver := range []string{"postgres", "mysql"} {
			if err := Query(driver, query); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %q: %v", driver, query, err)
			}
		}
	}
	for _, query := range []string{"SELECT 1", "with t as (select 1) select * from t", "SHOW STATUS", "DESC t", "EXPLAIN SELECT 1", "SELECT no_outfile, outfile_size FROM t"} {
		for _, driver := range []string{"postgres", "mysql"} {
			if err := Query(driver, query); err != nil {
				t.Errorf("%s: %q: %v", driver, query, err)
			}
		}
	}
}

func TestSecondStatementIsRefused(t *testing.T) {
	for _, driver := range []string{"postgres", "mysql", "sqlite"} {
		for query, refused := range map[string]bool{
			"SELECT 1; SELECT 2":                  true,
			"SELECT 1;; SELECT 2":                 true,
			"SELECT 1 /* ; */; SELECT 2":          true,
			"SELECT ';' ; SELECT 2":               true,
			"SELECT 1;":                           false,
			"SELECT 1 ; ; -- and that is all\n":   false,
			"SELECT 1; /* and that is all */":     false,
			"SELECT ';', \";\" AS \"a;b\"":        false,
			"SELECT 'it''s; fine' -- ; here too":  false,
			"SELECT 1 /* ; in a comment */ + 1\n": false,
		} {
			if err := Query(driver, query); errors.Is(err, ErrRefused) != refused {
				t.Errorf("%s: %q: %v", driver, query, err)
			}
		}
	}
	for _, c := range []struct{ driver, query string }{
		{"postgres", "SELECT $$;$$, $a$ $$ ; $a$"}, {"postgres", `SELECT E'\';', '\'`}, {"mysql", `SELECT '\';'`}, {"mysql", "SELECT 1 # ;"},
	} {
		if err := Query(c.driver, c.query); err != nil {
			t.Errorf("%s: %q: %v", c.driver, c.query, err)
		}
	}
}

func TestConsoleOfPgBouncer(t *testing.T) {
	for query, refused := range map[string]bool{
		"SHOW POOLS": false, " show stats_totals ; ": false, "SHOW MEM": false,
		"SHUTDOWN": true, "KILL app": true, "SHOW POOLS; SHUTDOWN": true, "SELECT 1": true, "show": true, "": true,
	} {
		if err := ConsoleQuery(query); errors.Is(err, ErrRefused) != refused {
			t.Errorf("%q: %v", query, err)
		}
	}
}

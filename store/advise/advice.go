package advise

import (
	"fmt"
	"strings"
)

// Advice explains one statement. Its texts contain names and parts of the
// statement, but no values from the database.
type Advice struct {
	// Plan is SQLite's query plan, one line per step.
	Plan []string
	// Problems lists what is wrong with the plan, in SQLite's order of steps.
	Problems []string
	// Rewrite is a form of the statement that reads only its page. It assumes
	// that the columns it pages by are not NULL, and takes the key of the last
	// row of the previous page as parameters.
	Rewrite string
	// Indexes solve all problems or most of them. Usually there is one.
	Indexes []Index
	// Analyze is set if new statistics suffice: run ANALYZE.
	Analyze bool
	// Tried is set if indexes were tried on a copy of some of the rows.
	Tried bool
	// Mixed is set if Indexes make the statement slower for values that most
	// rows have, and much faster for others.
	Mixed bool
	// Prefix is set if an index supports a pattern that is not known, and only
	// if it does not begin with a wildcard.
	Prefix bool
	// Before and After are the cost of the statement in a copy of some of the
	// rows, without and with Analyze or Indexes: the steps of SQLite's virtual
	// machine, of which an access to a page counts as 16. They are 0 if there
	// is neither.
	Before, After int64
	// PlanAfter is the plan with Rewrite and Indexes applied.
	PlanAfter []string
	// Reason is why a statement could not be analyzed, or "".
	Reason string
}

// Index is an index to create.
type Index struct {
	SQL     string // CREATE INDEX …
	Name    string
	Table   string
	Columns []string // columns and expressions, as in SQL
	Where   string   // of a partial index
	Cost
}

// Empty reports whether there is nothing to report.
func (a Advice) Empty() bool { return len(a.Problems) == 0 && a.Reason == "" }

// String returns one or two sentences on what is wrong and what to do.
func (a Advice) String() string {
	if a.Reason != "" {
		return "No advice: " + a.Reason + "."
	}
	if a.Empty() {
		return ""
	}
	s := sentence(strings.Join(a.Problems, "; "))
	if a.Rewrite != "" {
		s += " Rewrite the statement as " + strings.Join(strings.Fields(a.Rewrite), " ") + "."
	}
	if a.Analyze {
		s += " ANALYZE solves this: SQLite has no statistics of the table, or old ones."
	}
	for i, x := range a.Indexes {
		verb := "solves"
		if len(a.Indexes) > 1 {
			verb = "helps to solve"
		}
		if i == 0 && a.Rewrite != "" {
			verb = "supports"
		}
		s += fmt.Sprintf(" %s %s this, at a cost of %s.", x.SQL, verb, x.Cost)
	}
	switch {
	case a.Mixed:
		s += fmt.Sprintf(" On a copy of some of the rows, the statement then takes %s steps instead of %s for values that few rows have. It takes more for those that most rows have.", count(a.After), count(a.Before))
	case a.After > 0:
		s += fmt.Sprintf(" On a copy of some of the rows, the statement then takes %s steps instead of %s.", count(a.After), count(a.Before))
	case a.Tried:
		s += " None of the indexes that were tried on a copy of some of the rows makes it faster."
	}
	if a.Prefix {
		s += " A pattern that begins with a wildcard still takes as long."
	}
	return s
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// String returns the cost in words.
func (c Cost) String() string {
	s := "about " + size(c.BytesPerRow) + " per row"
	if c.TotalBytes > 0 {
		s += " (" + size(float64(c.TotalBytes)) + " now)"
	}
	return s + " and " + size(c.WALBytesPerInsert) + " of WAL per insert"
}

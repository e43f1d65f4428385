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

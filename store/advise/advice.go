package advise

import (
	"fmt"
	"strings"
)

// Advice is about one statement. Texts hold names and what stands in the
// statement, never a value of the database.
type Advice struct {
	// Plan is SQLite's, a line a step.
	Plan []string
	// Problems are what is wrong with it, the gravest as SQLite lists them.
	Problems []string
	// Rewrite is the statement in a form that reads only its page. It takes
	// the columns it pages by not to be NULL, and the key of the last row of
	// the page before as parameters.
	Rewrite string
	// Indexes end the problems, or most of them. Usually there is one.
	Indexes []Index
	// PlanAfter is the plan with Rewrite and Indexes in place.
	PlanAfter []string
	// Reason is why a statement could not be looked at.
	Reason string
}

// Index is one to create.
type Index struct {
	SQL     string // CREATE INDEX …
	Name    string
	Table   string
	Columns []string // columns and expressions, as in SQL
	Where   string   // of a partial index
	Cost
}

// Empty is whether there is nothing to say.
func (a Advice) Empty() bool { return len(a.Problems) == 0 && a.Reason == "" }

// String says in a sentence or two what is wrong and what to do.
func (a Advice) String() string {
	if a.Reason != "" {
		return "No advice: " + a.Reason + "."
	}
	if a.Empty() {
		return ""
	}
	s := sentence(strings.Join(a.Problems, "; "))
	if a.Rewrite != "" {
		s += " Write " + strings.Join(strings.Fields(a.Rewrite), " ") + "."
	}
	for i, x := range a.Indexes {
		verb := "ends"
		if len(a.Indexes) > 1 {
			verb = "helps to end"
		}
		if i == 0 && a.Rewrite != "" {
			verb = "serves"
		}
		s += fmt.Sprintf(" %s %s it, for %s.", x.SQL, verb, x.Cost)
	}
	return s
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// String gives the cost in words.
func (c Cost) String() string {
	s := "about " + size(c.BytesPerRow) + " a row"
	if c.TotalBytes > 0 {
		s += " (" + size(float64(c.TotalBytes)) + " now)"
	}
	return s + " and " + size(c.WALBytesPerInsert) + " of WAL an insert"
}

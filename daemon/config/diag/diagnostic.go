// Package diag describes what is wrong with a configuration: diagnostics with
// their codes, places and fixes, and the formats they are printed in.
//
// A Collector gathers problems while a configuration is judged. Its Diagnostics
// method returns them in order, with secrets removed; WriteText, WriteJSON,
// WriteSARIF and WriteGitHub print them. Explain returns the long explanation
// of a code.
package diag

// Severity determines whether a diagnostic keeps the configuration from being
// used.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// MaxDiagnostics limits the diagnostics that are shown. One more counts the
// rest.
const MaxDiagnostics = 100

// Diagnostic is one mistake: what, where, and how to fix it. No field holds a
// value of env() or file().
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Code     Code     `json:"code"`
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail"`
	Fix      string   `json:"fix,omitempty"`
	Range    Range    `json:"range"`
	Snippet  string   `json:"snippet"` // the first line of the range, with literals of secrets hidden
	// Edits carry out Fix, where that is safe. Apply all of them or none.
	Edits []Edit `json:"edits,omitempty"`

	caret, width int              // where in Snippet the range lies, in characters
	hidden       map[Severity]int // in the closing diagnostic: how many are not shown
}

// Range is a part of a file. End is just past it.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// Pos is a position in a file. Line and Column count from 1, Column in
// characters; Byte counts from 0.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Diagnostics are sorted by file and position.
type Diagnostics []Diagnostic

// HasErrors reports whether any of them is an error.
func (ds Diagnostics) HasErrors() bool { return ds.Count(Error) > 0 }

// Count counts the diagnostics of a severity, including those that are not
// shown.
func (ds Diagnostics) Count(s Severity) int {
	n := 0
	for _, d := range ds {
		switch {
		case d.Code == More:
			n += d.hidden[s]
		case d.Severity == s:
			n++
		}
	}
	return n
}

// CountCode counts the diagnostics with a code.
func (ds Diagnostics) CountCode(code Code) int {
	n := 0
	for _, d := range ds {
		if d.Code == code {
			n++
		}
	}
	return n
}

// Same reports whether two diagnostics report the same mistake at the same
// place.
func (d Diagnostic) Same(o Diagnostic) bool {
	return d.Severity == o.Severity && d.Code == o.Code && d.Range == o.Range && d.Detail == o.Detail && d.Fix == o.Fix
}

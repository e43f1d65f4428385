package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Severity says whether a diagnostic keeps the configuration from being used.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// MaxDiagnostics is how many are shown; one more says how many are not.
const MaxDiagnostics = 100

// kept bounds what is held in memory while a hostile file is judged.
const kept = 10_000

// Diagnostic is one mistake: what, where, and how to mend it. No value of
// env() or file() stands in any of its fields.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Code     Code     `json:"code"`
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail"`
	Fix      string   `json:"fix,omitempty"`
	Range    Range    `json:"range"`
	Snippet  string   `json:"snippet"` // the first line of the range, literals of secrets hidden
	// Edits do what Fix says, where that is certain: all of them together.
	Edits []Edit `json:"edits,omitempty"`

	caret, width int              // where in Snippet the range lies, in characters
	hidden       map[Severity]int // on the closing diagnostic: those not shown
}

// Range is a part of a file. End is just past it.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// Pos is a place in a file. Line and Column count from 1, Column in
// characters; Byte counts from 0.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Diagnostics are in order of file and position.
type Diagnostics []Diagnostic

// HasErrors reports whether any of them is an error.
func (ds Diagnostics) HasErrors() bool { return ds.count(Error) > 0 }

func (ds Diagnostics) count(s Severity) int {
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

// MarshalJSON writes the report that programs read.
func (ds Diagnostics) MarshalJSON() ([]byte, error) { return json.Marshal(ds.Report()) }

// FormatVersion is of what vega prints for programs. A change that a program
// could trip over raises the first number, an addition the second.
const FormatVersion = "1.0"

// Report is diagnostics as programs read them.
type Report struct {
	FormatVersion string       `json:"format_version"`
	Valid         bool         `json:"valid"`
	ErrorCount    int          `json:"error_count"`
	WarningCount  int          `json:"warning_count"`
	Diagnostics   []Diagnostic `json:"diagnostics"` // never null
}

// Report is what MarshalJSON writes, for an answer that holds more.
func (ds Diagnostics) Report() Report {
	return Report{FormatVersion, !ds.HasErrors(), ds.count(Error), ds.count(Warning), append([]Diagnostic{}, ds...)}
}

// problem is a diagnostic before its place is looked up.
type problem struct {
	severity    Severity
	code        Code
	at          place
	detail, fix string
	edits       []edit
}

// same reports whether two problems say the same.
func (p *problem) same(o *problem) bool {
	return p.severity == o.severity && p.code == o.code && p.at == o.at && p.detail == o.detail && p.fix == o.fix
}

// report gathers problems. Warnings are kept apart, so that no number of them
// keeps an error from being told.
type report struct {
	list     []problem // errors
	warnings []problem
	dropped  map[Severity]int
	errors   int
}

// err and warn return the problem for edits to be added at once: it moves when
// the next is reported.
func (r *report) err(code Code, at place, detail, fix string) *problem {
	r.errors++
	return r.add(&r.list, problem{severity: Error, code: code, at: at, detail: detail, fix: fix})
}

func (r *report) warn(code Code, at place, detail, fix string) *problem {
	return r.add(&r.warnings, problem{severity: Warning, code: code, at: at, detail: detail, fix: fix})
}

func (r *report) add(to *[]problem, p problem) *problem {
	if len(*to) < kept {
		*to = append(*to, p)
		return &(*to)[len(*to)-1]
	}
	if r.dropped == nil {
		r.dropped = map[Severity]int{}
	}
	r.dropped[p.severity]++
	return &p
}

// take adds what another gathered.
func (r *report) take(o *report) {
	r.errors += o.errors
	for _, p := range o.list {
		r.add(&r.list, p)
	}
	for _, p := range o.warnings {
		r.add(&r.warnings, p)
	}
	for severity, n := range o.dropped {
		if r.dropped == nil {
			r.dropped = map[Severity]int{}
		}
		r.dropped[severity] += n
	}
}

// diagnostics sorts, cuts and resolves the problems: errors come before
// warnings where there is not room for all. masked returns a line of a file as it
// may be shown; scrub takes secrets out of text.
func (r *report) diagnostics(masked func(*file, int) []byte, scrub func(string) string) Diagnostics {
	r.list, r.warnings = ordered(r.list), ordered(r.warnings)
	errs := r.list[:min(len(r.list), MaxDiagnostics)]
	warnings := r.warnings[:min(len(r.warnings), MaxDiagnostics-len(errs))]
	var out Diagnostics
	for _, p := range ordered(slices.Concat(errs, warnings)) {
		d := Diagnostic{Severity: p.severity, Code: p.code, Summary: p.code.Title(), Range: p.at.rng()}
		d.Detail, d.Fix = scrub(clean(p.detail)), scrub(clean(p.fix))
		d.Snippet, d.caret, d.width = snippet(p.at, masked)
		d.Snippet = scrub(d.Snippet)
		d.Edits = editsOf(p.edits, scrub)
		out = append(out, d)
	}
	hiddenErrs, hiddenWarnings := r.list[len(errs):], r.warnings[len(warnings):]
	hidden := map[Severity]int{
		Error:   len(hiddenErrs) + r.dropped[Error],
		Warning: len(hiddenWarnings) + r.dropped[Warning],
	}
	return append(out, closing(slices.Concat(hiddenErrs, hiddenWarnings), hidden)...)
}

func ordered(list []problem) []problem {
	slices.SortStableFunc(list, func(a, b problem) int {
		return cmp.Or(a.at.compare(b.at), cmp.Compare(a.code, b.code), cmp.Compare(a.detail, b.detail))
	})
	return slices.CompactFunc(list, func(a, b problem) bool { return a.same(&b) })
}

// closing says that there are more, and is an error if some of those are.
func closing(rest []problem, hidden map[Severity]int) Diagnostics {
	if len(rest) == 0 { // what was dropped is beyond what is kept
		return nil
	}
	d := Diagnostic{
		Severity: Warning, Code: More, Summary: More.Title(), hidden: hidden, Range: rest[0].at.rng(),
		Detail: fmt.Sprintf("%d more are not shown.", hidden[Error]+hidden[Warning]), Fix: "mend these first",
	}
	if hidden[Error] > 0 {
		d.Severity = Error
	}
	return Diagnostics{d}
}

// Same reports whether two diagnostics say the same of the same place.
func (d Diagnostic) Same(o Diagnostic) bool {
	return d.Severity == o.Severity && d.Code == o.Code && d.Range == o.Range && d.Detail == o.Detail && d.Fix == o.Fix
}

package diag

import (
	"cmp"
	"fmt"
	"slices"
)

// maxKept limits the problems held in memory, because a hostile file can cause
// very many.
const maxKept = 10_000

// Problem is a diagnostic whose line and column are not looked up yet.
type Problem struct {
	severity    Severity
	code        Code
	at          Place
	detail, fix string
	edits       []edit

	of        string // the instance that has the problem; "" for none
	origin    Place  // where in the block of the instance it arises
	moved     bool   // at is the place of a value that only this instance has
	unfixable bool   // no edit at that place would fix it
}

// same reports whether two problems are equal.
func (p *Problem) same(o *Problem) bool {
	return p.severity == o.severity && p.code == o.code && p.at == o.at && p.detail == o.detail && p.fix == o.fix
}

// Collector gathers problems. It keeps warnings apart, so that no number of
// them crowds out an error.
type Collector struct {
	errs     []Problem
	warnings []Problem
	dropped  map[Severity]int
	reported int

	instance *Instance // being judged; nil for none
	before   [2]int    // errors and warnings before the first instance
	tallies  map[alike]*tally
}

// Errors returns how many errors were reported.
func (c *Collector) Errors() int { return c.reported }

// Err reports an error. The returned Problem is valid only until the next
// report, so add edits immediately.
func (c *Collector) Err(code Code, at Place, detail, fix string) *Problem {
	c.reported++
	return c.add(&c.errs, Problem{severity: Error, code: code, at: at, detail: detail, fix: fix})
}

// Warn reports a warning, like Err.
func (c *Collector) Warn(code Code, at Place, detail, fix string) *Problem {
	return c.add(&c.warnings, Problem{severity: Warning, code: code, at: at, detail: detail, fix: fix})
}

func (c *Collector) add(to *[]Problem, p Problem) *Problem {
	if p = c.placed(p); c.instance != nil && !c.counted(p) {
		return &p
	}
	if len(*to) < maxKept {
		*to = append(*to, p)
		return &(*to)[len(*to)-1]
	}
	c.drop(p.severity, 1)
	return &p
}

// Only reports whether all errors have the code.
func (c *Collector) Only(code Code) bool {
	return !slices.ContainsFunc(c.errs, func(p Problem) bool { return p.code != code })
}

func (c *Collector) drop(s Severity, n int) {
	if c.dropped == nil {
		c.dropped = map[Severity]int{}
	}
	c.dropped[s] += n
}

// Merge adds what another collector gathered.
func (c *Collector) Merge(o *Collector) {
	c.reported += o.reported
	for _, p := range o.errs {
		c.add(&c.errs, p)
	}
	for _, p := range o.warnings {
		c.add(&c.warnings, p)
	}
	for severity, n := range o.dropped {
		c.drop(severity, n)
	}
}

// Diagnostics sorts the problems, cuts them to MaxDiagnostics and looks up
// their positions. Errors come before warnings if not all fit. masked returns a
// line of a source, by its index, with secrets masked; scrub removes secrets
// from a string.
func (c *Collector) Diagnostics(masked func(*Source, int) []byte, scrub func(string) string) Diagnostics {
	c.errs, c.warnings = ordered(c.errs), ordered(c.warnings)
	errs := c.errs[:min(len(c.errs), MaxDiagnostics)]
	warnings := c.warnings[:min(len(c.warnings), MaxDiagnostics-len(errs))]
	var out Diagnostics
	for _, p := range ordered(slices.Concat(errs, warnings)) {
		d := Diagnostic{Severity: p.severity, Code: p.code, Summary: p.code.Title(), Range: p.at.Range()}
		d.Detail, d.Fix = scrub(Clean(p.detail)), scrub(Clean(p.fix))
		d.Snippet, d.caret, d.width = snippet(p.at, masked)
		d.Snippet = scrub(d.Snippet)
		d.Edits = resolve(p.edits, scrub)
		out = append(out, d)
	}
	hiddenErrs, hiddenWarnings := c.errs[len(errs):], c.warnings[len(warnings):]
	hidden := map[Severity]int{
		Error:   len(hiddenErrs) + c.dropped[Error],
		Warning: len(hiddenWarnings) + c.dropped[Warning],
	}
	return append(out, closing(slices.Concat(hiddenErrs, hiddenWarnings), hidden)...)
}

func ordered(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.code, b.code), cmp.Compare(a.detail, b.detail))
	})
	return slices.CompactFunc(list, func(a, b Problem) bool { return a.same(&b) })
}

// closing counts the problems that are not shown. It is an error if one of them
// is.
func closing(rest []Problem, hidden map[Severity]int) Diagnostics {
	if len(rest) == 0 { // a problem is dropped only after maxKept others
		return nil
	}
	d := Diagnostic{
		Severity: Warning, Code: More, Summary: More.Title(), hidden: hidden, Range: rest[0].at.Range(),
		Detail: fmt.Sprintf("%d more are not shown.", hidden[Error]+hidden[Warning]), Fix: "fix these first",
	}
	if hidden[Error] > 0 {
		d.Severity = Error
	}
	return Diagnostics{d}
}

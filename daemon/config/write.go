package config

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteText writes the diagnostics for a person: what, where, the line with
// what is meant underlined, and how to mend it; at the end how many there are.
func (ds Diagnostics) WriteText(w io.Writer, color bool) error {
	out := bufio.NewWriter(w)
	t := diagnosticPrinter{newPrinter(out, color)}
	for i := range ds {
		t.one(&ds[i])
	}
	if len(ds) > 0 {
		t.printf("%s.\n", ds.tally())
	}
	return out.Flush()
}

func (ds Diagnostics) tally() string {
	return plural(ds.count(Error), "error") + ", " + plural(ds.count(Warning), "warning")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// diagnosticPrinter writes one diagnostic after another.
type diagnosticPrinter struct{ *textWriter }

func (t diagnosticPrinter) one(d *Diagnostic) {
	tone := red
	if d.Severity == Warning {
		tone = yellow
	}
	t.printf("%s%s\n", t.in(tone, fmt.Sprintf("%s[%s]", d.Severity, d.Code)), t.in(bold, ": "+d.Summary))
	line := strconv.Itoa(d.Range.Start.Line)
	margin := strings.Repeat(" ", len(line))
	bar := t.in(blue, "|")
	if d.Code != More {
		t.printf("%s %s %s:%d:%d\n", margin, t.in(blue, "-->"), d.Range.Filename, d.Range.Start.Line, d.Range.Start.Column)
	}
	if d.Snippet != "" {
		t.printf("%s %s\n", margin, bar)
		t.printf("%s %s %s\n", t.in(blue, line), bar, d.Snippet)
		t.printf("%s %s %s%s\n", margin, bar, strings.Repeat(" ", d.caret), t.in(tone, strings.Repeat("^", d.width)))
	}
	t.printf("%s %s %s\n", margin, t.in(blue, "="), d.Detail)
	if d.Fix != "" {
		t.printf("%s %s %s\n", margin, t.in(blue, "= fix:"), d.Fix)
	}
	t.printf("\n")
}

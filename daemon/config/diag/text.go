package diag

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteText writes the diagnostics for a terminal: each with its summary,
// place, underlined line and fix, and at the end the number of errors and
// warnings.
func (ds Diagnostics) WriteText(w io.Writer, color bool) error {
	out := bufio.NewWriter(w)
	t := diagnosticPrinter{NewPrinter(out, color)}
	for i := range ds {
		t.one(&ds[i])
	}
	if len(ds) > 0 {
		t.Printf("%s.\n", ds.tally())
	}
	return out.Flush()
}

func (ds Diagnostics) tally() string {
	return plural(ds.Count(Error), "error") + ", " + plural(ds.Count(Warning), "warning")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// diagnosticPrinter writes diagnostics as text.
type diagnosticPrinter struct{ *Printer }

func (t diagnosticPrinter) one(d *Diagnostic) {
	tone := red
	if d.Severity == Warning {
		tone = yellow
	}
	t.Printf("%s%s\n", t.colored(tone, fmt.Sprintf("%s[%s]", d.Severity, d.Code)), t.colored(bold, ": "+d.Summary))
	line := strconv.Itoa(d.Range.Start.Line)
	margin := strings.Repeat(" ", len(line))
	bar := t.colored(blue, "|")
	if d.Code != More {
		t.Printf("%s %s %s:%d:%d\n", margin, t.colored(blue, "-->"), cleanName(d.Range.Filename), d.Range.Start.Line, d.Range.Start.Column)
	}
	if d.Snippet != "" {
		t.Printf("%s %s\n", margin, bar)
		t.Printf("%s %s %s\n", t.colored(blue, line), bar, d.Snippet)
		t.Printf("%s %s %s%s\n", margin, bar, strings.Repeat(" ", d.caret), t.colored(tone, strings.Repeat("^", d.width)))
	}
	t.Printf("%s %s %s\n", margin, t.colored(blue, "="), d.Detail)
	if d.Fix != "" {
		t.Printf("%s %s %s\n", margin, t.colored(blue, "= fix:"), d.Fix)
	}
	t.Printf("\n")
}

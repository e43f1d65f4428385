package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteGitHub writes workflow commands, which GitHub Actions shows at the lines
// they refer to. A range of several lines gets no columns, because the runner
// would drop them with a warning.
func (ds Diagnostics) WriteGitHub(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i := range ds {
		d := &ds[i]
		at := d.Range
		fmt.Fprintf(out, "::%s file=%s,line=%d,", d.Severity, githubProperty.Replace(at.Filename), at.Start.Line) // bufio keeps the error for Flush
		if at.Start.Line == at.End.Line {
			fmt.Fprintf(out, "col=%d,endLine=%d,endColumn=%d", at.Start.Column, at.End.Line, at.End.Column)
		} else {
			fmt.Fprintf(out, "endLine=%d", at.End.Line)
		}
		fmt.Fprintf(out, ",title=%s::%s\n", githubProperty.Replace(string(d.Code)+": "+d.Summary), githubText.Replace(d.sentences()))
	}
	return out.Flush()
}

var (
	githubText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// sentences returns the detail and the fix as one text.
func (d *Diagnostic) sentences() string {
	if d.Fix == "" {
		return d.Detail
	}
	return d.Detail + " Fix: " + d.Fix
}

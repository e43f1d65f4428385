package config

import (
	"fmt"

	"vega/daemon/config/diag"
)

// InvalidError reports a configuration that is not valid.
type InvalidError struct{ Diagnostics diag.Diagnostics }

// Error returns the first error in a line, and how many more there are.
func (e *InvalidError) Error() string {
	var text string
	more := -1
	for _, d := range e.Diagnostics {
		if d.Severity != diag.Error {
			continue
		}
		if more++; more == 0 {
			text = fmt.Sprintf("%s:%d:%d: %s: %s", d.Range.Filename, d.Range.Start.Line, d.Range.Start.Column, d.Summary, d.Detail)
		}
	}
	if more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

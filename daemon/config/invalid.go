package config

import "fmt"

// InvalidError is the error of a configuration that is not valid.
type InvalidError struct{ Diagnostics Diagnostics }

// Error returns the first error in a line, and how many more there are.
func (e *InvalidError) Error() string {
	var text string
	more := -1
	for _, d := range e.Diagnostics {
		if d.Severity != Error {
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

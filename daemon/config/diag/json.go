package diag

import (
	"encoding/json"
	"io"
)

// FormatVersion is the version of what vega prints for programs. A change that
// could break a program raises the first number, an addition the second.
const FormatVersion = "1.0"

// Report holds diagnostics as programs read them.
type Report struct {
	FormatVersion string       `json:"format_version"`
	Valid         bool         `json:"valid"`
	ErrorCount    int          `json:"error_count"`
	WarningCount  int          `json:"warning_count"`
	Diagnostics   []Diagnostic `json:"diagnostics"` // never null
}

// Report returns what MarshalJSON encodes, to be part of a larger answer.
func (ds Diagnostics) Report() Report {
	return Report{FormatVersion, !ds.HasErrors(), ds.Count(Error), ds.Count(Warning), append([]Diagnostic{}, ds...)}
}

// MarshalJSON encodes the report that programs read.
func (ds Diagnostics) MarshalJSON() ([]byte, error) { return json.Marshal(ds.Report()) }

// WriteJSON writes the report that programs read, indented.
func (ds Diagnostics) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(ds)
}

package diag

import (
	"encoding/json"
	"io"
)

// FormatVersion is the version of vega's machine-readable output. A breaking
// change raises the first number, an addition the second.
const FormatVersion = "1.0"

// Report is the machine-readable form of diagnostics.
type Report struct {
	FormatVersion string       `json:"format_version"`
	Valid         bool         `json:"valid"`
	ErrorCount    int          `json:"error_count"`
	WarningCount  int          `json:"warning_count"`
	Diagnostics   []Diagnostic `json:"diagnostics"` // never null
}

// Report returns the value that MarshalJSON encodes, to be part of a larger
// response.
func (ds Diagnostics) Report() Report {
	return Report{FormatVersion, !ds.HasErrors(), ds.Count(Error), ds.Count(Warning), append([]Diagnostic{}, ds...)}
}

// MarshalJSON encodes the report of the diagnostics.
func (ds Diagnostics) MarshalJSON() ([]byte, error) { return json.Marshal(ds.Report()) }

// WriteJSON writes the report as indented JSON.
func (ds Diagnostics) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(ds)
}

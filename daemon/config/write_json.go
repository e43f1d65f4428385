package config

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the report that programs read, indented.
func (ds Diagnostics) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(ds)
}

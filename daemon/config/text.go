package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
)

// Format formats the source of a configuration or plugin.hcl in the usual HCL
// style; see syntax.Format. Diagnostics refer to the source by name.
func Format(name string, src []byte) ([]byte, diag.Diagnostics, error) {
	return syntax.Format(name, src, topLevel(), schema.Public(schema.Table, nil))
}

// topLevel returns the words that begin a top-level block in any of vega's
// files.
func topLevel() []string {
	return append(schema.Table.BlockNames(), schema.ManifestTable.BlockNames()...)
}

// Masked returns the source of a configuration with each character of a
// possible secret replaced. Line breaks stay.
func Masked(src []byte) string {
	return syntax.MaskText(src, topLevel(), schema.Public(schema.Table, nil))
}

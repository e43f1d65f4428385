package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
)

// Format returns the text of a configuration, or of a plugin.hcl, as HCL is
// commonly written: see syntax.Format. name is what diagnostics call the text.
func Format(name string, src []byte) ([]byte, diag.Diagnostics, error) {
	return syntax.Format(name, src, topLevel(), schema.Public(schema.Table, nil))
}

// topLevel returns the words that begin a top-level block in any of vega's
// files.
func topLevel() []string {
	return append(schema.Table.BlockNames(), schema.ManifestTable.BlockNames()...)
}

// Masked returns the text of a configuration with possible secrets hidden,
// character by character. The lines stay the same.
func Masked(src []byte) string {
	return syntax.MaskText(src, topLevel(), schema.Public(schema.Table, nil))
}

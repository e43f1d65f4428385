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

// topLevel returns the words that begin a block in any file of vega's.
func topLevel() []string {
	return append(schema.Table.BlockNames(), schema.ManifestTable.BlockNames()...)
}

// Masked returns the text of a configuration as it may be shown: what may be a
// secret is hidden, character by character, and the lines are the same.
func Masked(src []byte) string {
	return syntax.MaskText(src, topLevel(), schema.Public(schema.Table, nil))
}

package config

import _ "embed"

// Init is the configuration a newcomer starts with, which `vega init` writes.
// It is the vega.hcl at the root of the repository; a test keeps them equal.
//
//go:embed init.hcl
var Init []byte

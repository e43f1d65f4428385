package plugins

import _ "embed"

//go:embed core/core.wasm
var core []byte

// Core is the bundled plugin. The caller must not change it.
func Core() []byte { return core }

package plugins

import (
	_ "embed"
	"sync"

	"vega/plugins/extras"
	"vega/plugins/manifest"
)

//go:embed core/core.wasm
var core []byte

// Core returns the bundled plugin. The caller must not change it.
func Core() []byte { return core }

// embedded holds the digests of the modules that are part of this binary.
var embedded = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{manifest.Digest(core): true}
	for _, d := range extras.Digests() {
		all[d] = true
	}
	return all
})

// Embedded reports whether the module ships with vega. It compares digests,
// because another module may have the same name.
func (m *Module) Embedded() bool { return embedded()[m.Digest] }

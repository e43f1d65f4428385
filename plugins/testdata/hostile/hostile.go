package hostile

import "slices"

// Module is one hostile module. Wasm has no manifest.
type Module struct {
	Name  string
	Tries string
	Wasm  func() []byte
}

// MaxKept bounds the modules that are kept as files.
const MaxKept = 8 << 10

// Modules are all hostile modules.
func Modules() []Module {
	return slices.Concat(counts(), endless(), greedy(), large(), slow(), callers(), secret(), foreign(), numerous())
}

package hostile

import "slices"

// Module is one hostile module. Wasm has no manifest.
type Module struct {
	Name  string
	Tries string
	Wasm  func() []byte
}

// MaxKept is the maximum size of a module that is kept as a file.
const MaxKept = 8 << 10

// Modules returns all hostile modules.
func Modules() []Module {
	return slices.Concat(counts(), endless(), greedy(), large(), slow(), callers(), secret(), foreign(), numerous())
}

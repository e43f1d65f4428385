// Package binary reads and writes WebAssembly modules. All code in vega that
// inspects, checks or changes a module uses this package.
//
// Decode parses a whole module into a Module, whose slices point into the
// input, and Module.Walk iterates over the instructions of a function.
// Module.Encode writes a module back. Outline reads only custom sections,
// imports and exports, and Sections only splits a module into its sections.
//
// The grammar is closed: it is WebAssembly 2.0 with functions as the only
// imports. Everything else is refused, even where a runtime would accept it.
// Errors name the problem, the section, the item and the byte. Counts are
// checked against the remaining bytes and the caps in limits.go before anything
// is allocated for them.
package binary

import (
	"bytes"
	"fmt"
	"slices"
)

// The sections of a module.
const (
	Custom    = 0
	Types     = 1
	Imports   = 2
	Functions = 3
	Tables    = 4
	Memories  = 5
	Globals   = 6
	Exports   = 7
	Start     = 8
	Elements  = 9
	Codes     = 10
	Data      = 11
	DataCount = 12
)

// order is the order of sections. Custom sections may appear anywhere.
var order = []byte{Types, Imports, Functions, Tables, Memories, Globals, Exports, Start, Elements, DataCount, Codes, Data}

var sectionNames = [...]string{
	"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count",
}

var magic = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// component is the header of a component model module.
var component = []byte{0, 'a', 's', 'm', 0x0d, 0, 1, 0}

// Header returns the bytes that every module starts with.
func Header() []byte { return slices.Clone(magic) }

// Sections calls yield for each section of a module, in order, and stops at the
// first error.
func Sections(wasm []byte, yield func(id byte, body *Reader) error) error {
	switch {
	case bytes.HasPrefix(wasm, component):
		return fmt.Errorf("this is a WebAssembly component; vega loads core modules (version 1): build for wasip1, for example with GOOS=wasip1 GOARCH=wasm, TinyGo's -target=wasip1, or Rust's --target wasm32-wasip1, and do not run wasm-tools component new")
	case !bytes.HasPrefix(wasm, magic):
		return fmt.Errorf("this is not a WebAssembly core module (version 1)")
	}
	r := &Reader{b: wasm[len(magic):], end: len(wasm)}
	for r.Len() > 0 {
		id := r.Byte()
		size := r.U32()
		end := r.At() + int(size)
		body := &Reader{b: r.Take(size), end: end}
		if err := r.Err(); err != nil {
			return fmt.Errorf("the module is truncated: %w", err)
		}
		if err := yield(id, body); err != nil {
			return err
		}
	}
	return nil
}

// AppendSection appends a section to a module.
func AppendSection(module []byte, id byte, body []byte) []byte {
	module = append(module, id)
	module = AppendU32(module, uint32(len(body)))
	return append(module, body...)
}

// AppendName appends a name to a section's body.
func AppendName(body []byte, name string) []byte {
	body = AppendU32(body, uint32(len(name)))
	return append(body, name...)
}

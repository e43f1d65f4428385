// Package binary reads and writes WebAssembly modules. It is vega's only reader
// of the format: all code that looks into a module, checks or changes it, uses
// this package.
//
// Decode takes a whole module apart, into a Module of slices of its bytes, and
// Module.Walk yields the instructions of a function. Module.Encode writes a
// module back. Outline reads only what a module says of itself, and Sections
// only where its sections are.
//
// The grammar is closed: it is that of WebAssembly 2.0 without imports other
// than functions, and everything that is not in it is refused, also where a
// runtime would take it. The errors say what is wrong, in which section, of
// which item and at which byte. Counts are held against the bytes that follow
// and against the caps in limits.go before anything is allocated by them.
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

// order is how sections follow one another. Custom sections stand anywhere.
var order = []byte{Types, Imports, Functions, Tables, Memories, Globals, Exports, Start, Elements, DataCount, Codes, Data}

var sectionNames = [...]string{
	"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count",
}

var magic = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// component is the header of a module of the component model.
var component = []byte{0, 'a', 's', 'm', 0x0d, 0, 1, 0}

// Header returns the bytes that every module begins with.
func Header() []byte { return slices.Clone(magic) }

// Sections calls yield with each section of a module, in order, and ends at
// the first error.
func Sections(wasm []byte, yield func(id byte, body *Reader) error) error {
	switch {
	case bytes.HasPrefix(wasm, component):
		return fmt.Errorf("this is a component, and no WebAssembly core module (version 1): build it for wasip1")
	case !bytes.HasPrefix(wasm, magic):
		return fmt.Errorf("this is no WebAssembly core module (version 1)")
	}
	r := &Reader{b: wasm[len(magic):], end: len(wasm)}
	for r.Len() > 0 {
		id := r.Byte()
		size := r.U32()
		end := r.At() + int(size)
		body := &Reader{b: r.Take(size), end: end}
		if err := r.Err(); err != nil {
			return fmt.Errorf("the module is cut short: %w", err)
		}
		if err := yield(id, body); err != nil {
			return err
		}
	}
	return nil
}

// AppendSection adds a section to a module.
func AppendSection(module []byte, id byte, body []byte) []byte {
	module = append(module, id)
	module = AppendU32(module, uint32(len(body)))
	return append(module, body...)
}

// AppendName adds a name to a section's body.
func AppendName(body []byte, name string) []byte {
	body = AppendU32(body, uint32(len(name)))
	return append(body, name...)
}

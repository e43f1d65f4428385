// Package guard makes a module safe to compile, to run and to stop, before any
// compiler sees it.
//
// Prepare does all of it. It decodes the module, which refuses what is outside of
// the grammar or beyond a cap; it makes the module pay for its code, gives every
// table a maximum, takes the start function out of where the runtime would call
// it, lifts the data out and exports what a snapshot has to hold; and it decodes
// what it wrote once more, to hold that to the original instruction by
// instruction.
//
// Native code can't be interrupted, so the module meters itself. It pays from a
// tank of fuel, in a global that it does not know of: at the entry of a function
// and the head of a loop for the code that follows, and before an operation
// whose time is its operand's choice by that operand. When the tank is empty it
// calls a function of the host's, which returns only if it may go on.
//
// The meaning of a module stays: paying changes nothing that it can see, and a
// table may always refuse to grow.
package guard

import (
	"fmt"

	"vega/plugins/binary"
)

// Version names what Prepare makes of a module. It changes with every change of
// that, and of what is refused, so that what was kept of another is not used.
const Version = "1"

// What a prepared module imports beside what it imported itself: a function
// without parameters or results, which returns if the guest may go on.
const (
	ImportModule = "vega_guard"
	ImportName   = "check"
)

// MaxPrepared bounds the bytes of a module once it pays for its code.
const MaxPrepared = 128 << 20

// Prepared is a module made fit to be compiled.
type Prepared struct {
	Facts
	// Code is the module to compile.
	Code []byte
	// Image is what its memory starts with; nil where the module brings its own
	// data.
	Image []byte
}

// Facts are what is known of a module.
type Facts struct {
	// Resettable says that memory and globals are all the state that an
	// instance can change: nothing in the module writes a table or drops a
	// segment.
	Resettable bool
	// Known says that all mutable globals are exported and that no data would
	// be laid over a snapshot.
	Known bool
	// Globals are the exports of the mutable globals, where Known.
	Globals []string
	// Go says that Go made it, by its own word.
	Go bool
	// Memory is its memory, if it has one.
	Memory *binary.Limits
	// Payments is how many bytes it pays for its code with.
	Payments int
}

// Prepare decodes a module and makes it fit to be compiled. The error says why
// it can't be.
func Prepare(wasm []byte) (*Prepared, error) {
	m, err := binary.Decode(wasm)
	if err != nil {
		return nil, err
	}
	r := rewriter{from: m}
	if err := r.rewrite(); err != nil {
		return nil, err
	}
	p := &Prepared{Facts: r.facts, Code: r.to.Encode(), Image: r.image}
	if err := verify(wasm, p); err != nil {
		return nil, fmt.Errorf("vega does not trust its own rewriting of it: %w; report this with the module", err)
	}
	return p, nil
}

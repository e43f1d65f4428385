// Package guard makes a module safe to compile, to run and to stop, before any
// compiler sees it.
//
// Prepare does all of this. It decodes the module, which refuses anything
// outside the grammar or beyond a cap. It adds metering, gives every table a
// maximum, exports the start function instead of letting the runtime call it,
// lifts the data out, replaces a large table by functions that all instances
// share, and exports what a snapshot needs. Then it decodes its own
// output and compares it with the original, instruction by instruction.
//
// Native code can't be interrupted, so the module meters itself. It pays from a
// tank of fuel, in a global that its own code cannot refer to: on entry to a
// function and at the head of a loop for the code that follows, and, before an
// operation whose duration depends on its operand, in proportion to that
// operand. When the tank is empty it calls a host function, which returns only
// if the guest may continue.
//
// The module's meaning does not change: paying has no effect that the module
// can observe, and a table may always refuse to grow.
package guard

import (
	"fmt"

	"vega/plugins/binary"
)

// Version identifies the output of Prepare. It must change whenever the output
// or the refusals change, so that cached output of another
// version is not used.
const Version = "2"

// ImportModule and ImportName name the function that a prepared module imports in
// addition to its own imports. It has no parameters or results, and returns if the
// guest may continue.
const (
	ImportModule = "vega_guard"
	ImportName   = "check"
)

// MaxPrepared is the maximum size of a metered module, in bytes.
const MaxPrepared = 128 << 20

// Prepared is a module that is safe to compile.
type Prepared struct {
	Facts
	// Code is the module to compile.
	Code []byte
	// Image is the initial content of its memory, or nil if the module keeps
	// its own data segments.
	Image []byte
}

// Facts describes a module.
type Facts struct {
	// Resettable reports that memory and globals are the only state that an
	// instance can change: the module never writes a table or drops a segment.
	Resettable bool
	// Known reports that all mutable globals are exported and that no data
	// segment would overwrite a snapshot.
	Known bool
	// Globals are the export names of the mutable globals, if Known.
	Globals []string
	// Go reports that the module claims to be compiled by Go.
	Go bool
	// Memory is the module's memory, if it has one.
	Memory *binary.Limits
	// Payments is the number of bytes of metering code.
	Payments int
}

// Prepare decodes a module and makes it safe to compile. The error says why
// that is not possible.
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
		return nil, fmt.Errorf("the module as rewritten by vega failed verification: %w; report this bug and attach the module", err)
	}
	return p, nil
}

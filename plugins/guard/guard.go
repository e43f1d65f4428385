// Package guard makes a module safe to compile and to stop, before any
// compiler sees it.
//
// Check refuses what would make a compiler or decoder fail beyond recovery or
// work for minutes: counts that promise more than the bytes hold, functions
// of a size or shape that no honest compiler makes, tables beyond their cap.
// Rewrite makes the module end when it is told to: native code can't be
// interrupted, so the module meters itself. It pays for its code from a tank
// of fuel, in a global that it does not know of: at the entry of a function
// and the head of a loop by the code that follows, and before an operation
// whose time is its operand's choice by that operand. When the tank is empty
// it calls a function of the host's, which returns only if it may go on.
// Rewrite also gives every table a maximum.
//
// Both keep the meaning of a module: paying changes nothing that it can see,
// and a table may always refuse to grow.
package guard

import (
	"errors"
	"fmt"

	"vega/plugins/binary"
)

// The limits, each well above what honest compilers were seen to make (Go's
// largest in brackets) and below where compiling takes seconds.
const (
	MaxFunctions     = 200_000
	MaxFunction      = 256 << 10 // bytes of one function's code [51 KiB]
	MaxLocals        = 10_000    // of one function
	MaxLocalsBlocks  = 100_000   // locals × blocks of one function [12,000]
	MaxBranchTargets = 16 << 10  // of one br_table [1,144]
	MaxDepth         = 1_000     // of nested blocks
	MaxTable         = 1 << 17   // entries of one table
	MaxTables        = 8
	MaxName          = 4 << 10 // bytes of an import's or export's name
	MaxParams        = 128     // of a function's type, and results
)

// sectionOrder is the order that sections have to stand in; custom ones may
// stand anywhere.
var sectionOrder = map[byte]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 12: 10, 10: 11, 11: 12}

// Facts are what a module can be seen to do.
type Facts struct {
	// Resettable says that memory and globals are all the state that an
	// instance can change: nothing in the module writes a table or drops a
	// segment.
	Resettable bool
}

// Check reports why a module is not fit to be compiled; nil when it is.
func Check(wasm []byte) (Facts, error) {
	c := checker{resettable: true}
	err := binary.Sections(wasm, func(id byte, body *binary.Reader) error {
		if id == binary.Custom {
			return c.custom(body)
		}
		place, ok := sectionOrder[id]
		if !ok || place <= c.last {
			return fmt.Errorf("it has a section %d out of place", id)
		}
		c.last = place
		return c.section(id, body)
	})
	return Facts{Resettable: c.resettable}, err
}

var errCount = errors.New("it promises more than its bytes hold")

// count reads how many items follow, each of at least least bytes.
func count(r *binary.Reader, least int) (uint32, error) {
	n := r.U32()
	if err := r.Err(); err != nil {
		return 0, err
	}
	if uint64(n)*uint64(least) > uint64(r.Len()) {
		return 0, fmt.Errorf("%w: %d items in %d bytes", errCount, n, r.Len())
	}
	return n, nil
}

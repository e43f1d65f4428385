package guard

import (
	"encoding/binary"
	"fmt"

	wasm "vega/plugins/binary"
)

// What computing costs, in bytes of code: the one size that is known of an
// instruction without decoding more of it.
const (
	// tank is what a guest may use between two checks. A byte of code takes
	// some 0.2 ns, and at worst, where each store touches a page for the first
	// time, some 100.
	tank = 1 << 18
	// free is what a function without calls may cost unmetered; who calls it
	// pays as much.
	free = 64
	// perUnit is how many bytes or entries of a bulk operation cost a unit, as
	// a shift.
	perUnit = 3
	// growing is the cost of growing memory, whose pages cost when they are
	// touched.
	growing = 1 << 10
)

const (
	opLocalTee  = 0x22
	opGlobalGet = 0x23
	opGlobalSet = 0x24
	opI32LtS    = 0x48
	opI32Sub    = 0x6b
	opI32ShrU   = 0x76
)

// point is a place in a function that the guest pays at, for all the code that
// it can come through until the next point.
type point struct {
	at   int // in the function's bytes
	cost int
	take bool // what it pays for also depends on the operand on the stack
}

// function meters one function: it pays at the entry for what lies outside of
// loops, at the head of a loop for one round, and before a bulk operation for
// its length.
func (w *rewriter) function(out []byte, r *wasm.Reader) ([]byte, error) {
	body := r.Take(r.U32())
	if err := r.Err(); err != nil {
		return nil, err
	}
	f := metered{rewriter: w, body: body}
	if err := f.read(); err != nil {
		return nil, err
	}
	params := 0
	if w.next < len(w.types) && int(w.types[w.next]) < len(w.params) {
		params = w.params[w.types[w.next]]
	}
	w.next++
	code := f.write(params)
	out = binary.AppendUvarint(out, uint64(len(code)))
	return append(out, code...), nil
}

// metered is a function on its way to being metered.
type metered struct {
	*rewriter
	body   []byte
	start  int // of the instructions
	locals int
	points []point // in order, but the first is the entry
	calls  []int   // where functions are named: their indices shift
	bulk   bool
	// entered says that every way in leads through the first loop's head before
	// anything that costs.
	entered bool
}

func (f *metered) read() error {
	r := wasm.NewReader(f.body)
	var err error
	if f.locals, err = countLocals(r); err != nil {
		return err
	}
	f.start = len(f.body) - r.Len()
	f.points = []point{{at: f.start, cost: f.locals}}
	open := []int{0} // which point pays for the code of each open block
	calling, straight := false, true
	at := f.start
	err = walk(r, func(i instruction, _ int) error {
		k := i.kind
		pays := &f.points[open[len(open)-1]]
		after := len(f.body) - r.Len()
		pays.cost += after - at
		op := f.body[at]
		switch {
		case op == opLoop:
			if straight {
				f.entered = len(f.points) == 1
			}
			open = append(open, len(f.points))
			f.points = append(f.points, point{at: after})
		case k == opens:
			open = append(open, open[len(open)-1])
		case k == closes:
			open = open[:len(open)-1]
		case k == calls:
			calling = true
			pays.cost += free
		case op == opMemoryGrow:
			pays.cost += growing
		case k == bulk, k == bulkSets:
			f.bulk = true
			f.points = append(f.points, point{at: at, take: true, cost: free})
		}
		straight = straight && k == plain && op != opBr && op != opBrIf && op != opBrTable && op != opReturn
		if op == opCall || op == opRefFunc {
			f.calls = append(f.calls, at)
		}
		err := f.checkGlobal(op, f.body[at+1:after])
		at = after
		return err
	})
	if entry := &f.points[0]; err == nil && f.entered && entry.cost <= free {
		f.points[1].cost += entry.cost
		entry.cost = 0
	} else if err == nil && !calling && entry.cost <= free {
		entry.cost = 0
	}
	return err
}

// checkGlobal keeps a module from naming the global that it is about to get.
func (w *rewriter) checkGlobal(op byte, immediate []byte) error {
	if op != opGlobalGet && op != opGlobalSet {
		return nil
	}
	if index := wasm.NewReader(immediate).U32(); index >= w.globals {
		return fmt.Errorf("it uses global %d and has %d", index, w.globals)
	}
	return nil
}

// write is the function with its payments in and its indices shifted.
func (f *metered) write(params int) []byte {
	out := make([]byte, 0, len(f.body)+32*len(f.points)+len(f.calls))
	scratch := uint64(params + f.locals)
	from := f.start
	if f.bulk {
		r := wasm.NewReader(f.body[:f.start])
		out = binary.AppendUvarint(out, uint64(r.U32())+1)
		const i32Type = 0x7f
		out = append(append(out, r.Rest()...), 1, i32Type)
	} else {
		out = append(out, f.body[:f.start]...)
	}
	calls := f.calls
	shiftTo := func(to int) {
		for len(calls) > 0 && calls[0] < to {
			at := calls[0]
			r := wasm.NewReader(f.body[at+1:])
			out = append(out, f.body[from:at+1]...)
			out = shiftIndex(out, r)
			from = len(f.body) - r.Len()
			calls = calls[1:]
		}
		out = append(out, f.body[from:to]...)
		from = to
	}
	for _, p := range f.points {
		if p.cost == 0 {
			continue
		}
		shiftTo(p.at)
		out = f.pay(out, p, scratch)
	}
	shiftTo(len(f.body))
	return out
}

// pay takes the cost from the fuel, and asks the check when there is none left.
func (f *metered) pay(out []byte, p point, scratch uint64) []byte {
	fuel := uint64(f.globals)
	global := func(op byte) { out = binary.AppendUvarint(append(out, op), fuel) }
	constant := func(n int) { out = appendSigned(append(out, opI32Const), n) }
	if p.take {
		out = binary.AppendUvarint(append(out, opLocalTee), scratch)
	}
	global(opGlobalGet)
	if p.take {
		out = binary.AppendUvarint(append(out, opLocalGet), scratch)
		constant(perUnit)
		out = append(out, opI32ShrU, opI32Sub)
	}
	constant(p.cost)
	out = append(out, opI32Sub)
	global(opGlobalSet)
	global(opGlobalGet)
	constant(0)
	const void, check = 0x40, 0
	out = append(out, opI32LtS, opIf, void, opCall, check)
	constant(tank)
	global(opGlobalSet)
	return append(out, opEnd)
}

// appendSigned adds a number in signed LEB128.
func appendSigned(out []byte, n int) []byte {
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if n == 0 && b&0x40 == 0 || n == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

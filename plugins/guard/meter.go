package guard

import (
	"fmt"
	"slices"

	"vega/plugins/binary"
)

// Costs are measured in bytes of code, because an instruction's length is its
// only measure that needs no further decoding.
const (
	// tank is the cost that a guest may run up between two checks. A byte of
	// code takes about 0.2 ns, and about 100 ns at worst, if each store
	// touches a new page.
	tank = 1 << 18
	// free is the maximum cost of a function without calls that is not
	// metered; its callers pay that much.
	free = 64
	// perUnit is the number of bytes or entries of a bulk operation per unit of
	// cost, as a shift.
	perUnit = 3
	// growing is the cost of growing memory, without touching the new pages.
	growing = 1 << 10
)

// effect classifies an instruction for metering.
type effect byte

const (
	plain    effect = iota
	calls           // calls another function
	bulk            // takes time in proportion to its operand
	sets            // writes a table, or drops a segment
	bulkSets        // both
)

func effectOf(op binary.Op) effect {
	switch op {
	case binary.OpCall, binary.OpCallIndirect:
		return calls
	case binary.OpMemoryInit, binary.OpMemoryCopy, binary.OpMemoryFill:
		return bulk
	case binary.OpTableSet, binary.OpDataDrop, binary.OpElemDrop:
		return sets
	case binary.OpTableInit, binary.OpTableCopy, binary.OpTableGrow, binary.OpTableFill:
		return bulkSets
	default:
		return plain
	}
}

// point is a place in a function where the guest pays for all the code that it
// can execute before the next point.
type point struct {
	at   int // offset in the function's body
	cost int
	take bool // the payment also depends on the operand on the stack
}

// codes meters the functions.
func (r *rewriter) codes() error {
	r.to.Codes = slices.Clone(r.from.Codes)
	total := 0
	f := meter{rewriter: r}
	for i := range r.to.Codes {
		if err := f.function(i); err != nil {
			return err
		}
		if total += len(r.to.Codes[i].Body); total > MaxPrepared {
			return fmt.Errorf("it has so many loops and calls that, with metering, it would exceed %d MiB", MaxPrepared>>20)
		}
	}
	return nil
}

// meter works on one function: it pays on entry for the code outside loops, at
// the head of a loop for one iteration, and before a bulk operation for its
// length.
type meter struct {
	*rewriter
	w      binary.Walker
	body   []byte
	points []point // in order; the first is the entry
	calls  []call
	open   []int // for each open block, the point that pays for its code
	bulk   bool
	// calling reports that the function calls another; entered, that every
	// path reaches the first loop's head before anything that costs.
	calling, entered bool
}

// call is a place in the code that refers to a function, whose index shifts, or that
// calls a dispatcher instead of an entry of the table.
type call struct {
	at, end int // start and end of the instruction
	op      binary.Op
	index   uint32
}

func (f *meter) function(i int) error {
	c := &f.from.Codes[i]
	f.body = c.Body
	f.points = append(f.points[:0], point{cost: c.NumLocals})
	f.calls, f.open = f.calls[:0], append(f.open[:0], 0)
	f.bulk, f.calling, f.entered = false, false, false
	if err := f.read(i); err != nil {
		return err
	}
	f.settle()
	params := len(f.from.Types[f.from.Functions[i]].Params)
	code := f.write(uint64(params + c.NumLocals))
	if f.bulk {
		f.to.Codes[i] = c.WithLocals(1, binary.I32, code)
	} else {
		f.to.Codes[i] = c.WithBody(code)
	}
	return nil
}

// read finds the points and the code that each must pay for.
func (f *meter) read(i int) error {
	w := &f.w
	w.Reset(f.from, i)
	straight := true
	for w.Next() {
		pays := &f.points[f.open[len(f.open)-1]]
		pays.cost += w.End() - w.At
		e := effectOf(w.Op)
		switch {
		case w.Op == binary.OpLoop:
			f.entered = f.entered || straight && len(f.points) == 1
			f.open = append(f.open, len(f.points))
			f.points = append(f.points, point{at: w.End()})
		case w.Op == binary.OpBlock, w.Op == binary.OpIf:
			f.open = append(f.open, f.open[len(f.open)-1])
		case w.Op == binary.OpEnd:
			f.open = f.open[:len(f.open)-1]
		case w.Op == binary.OpMemoryGrow:
			pays.cost += growing
		case e == calls:
			f.calling = true
			pays.cost += free
		case e == bulk, e == bulkSets:
			f.bulk = true
			f.points = append(f.points, point{at: w.At, take: true, cost: free})
		}
		straight = straight && goesOn(w.Op, e)
		f.facts.Resettable = f.facts.Resettable && e != sets && e != bulkSets
		switch {
		case w.Op == binary.OpCallIndirect && f.table != nil:
			to := f.from.NumFunctions() + uint32(f.table.dispatcher(f.from.Types[w.Index]))
			f.calls = append(f.calls, call{at: w.At, end: w.End(), op: binary.OpCall, index: to})
		case w.Op == binary.OpCall, w.Op == binary.OpRefFunc:
			f.calls = append(f.calls, call{at: w.At, end: w.End(), op: w.Op, index: w.Index})
		}
	}
	return w.Err()
}

// goesOn reports whether only the next instruction can follow this one, and
// nothing has been paid or taken time until then.
func goesOn(op binary.Op, e effect) bool {
	switch op {
	case binary.OpBlock, binary.OpLoop, binary.OpIf, binary.OpElse, binary.OpEnd, binary.OpMemoryGrow,
		binary.OpBr, binary.OpBrIf, binary.OpBrTable, binary.OpReturn:
		return false
	}
	return e == plain
}

// settle removes the payment on entry if it is small and paid elsewhere: at the
// first loop's head, or, for a function without calls, by its callers.
func (f *meter) settle() {
	entry := &f.points[0]
	switch {
	case entry.cost > free:
	case f.entered:
		f.points[1].cost += entry.cost
		entry.cost = 0
	case !f.calling:
		entry.cost = 0
	}
}

// write returns the function's body with payments added and indices shifted.
func (f *meter) write(scratch uint64) []byte {
	if len(f.calls) == 0 && len(f.points) == 1 && f.points[0].cost == 0 {
		return f.body
	}
	out := make([]byte, 0, len(f.body)+40*len(f.points)+len(f.calls))
	from, calls := 0, f.calls
	upTo := func(to int) {
		for ; len(calls) > 0 && calls[0].at < to; calls = calls[1:] {
			c := calls[0]
			out = append(append(out, f.body[from:c.at]...), byte(c.op))
			out = binary.AppendU32(out, c.index+1)
			from = c.end
		}
		out = append(out, f.body[from:to]...)
		from = to
	}
	for _, p := range f.points {
		if p.cost == 0 {
			continue
		}
		upTo(p.at)
		before := len(out)
		out = f.pay(out, p, uint32(scratch))
		f.facts.Payments += len(out) - before
	}
	upTo(len(f.body))
	return out
}

// pay subtracts the cost from the fuel and calls the check when none is left.
func (f *meter) pay(out []byte, p point, scratch uint32) []byte {
	fuel := uint32(len(f.from.Globals))
	index := func(op binary.Op, i uint32) { out = binary.AppendU32(append(out, byte(op)), i) }
	constant := func(n int32) { out = binary.AppendS32(append(out, byte(binary.OpI32Const)), n) }
	if p.take {
		index(binary.OpLocalTee, scratch)
	}
	index(binary.OpGlobalGet, fuel)
	if p.take {
		index(binary.OpLocalGet, scratch)
		constant(perUnit)
		out = append(out, byte(binary.OpI32ShrU), byte(binary.OpI32Sub))
	}
	constant(int32(p.cost))
	out = append(out, byte(binary.OpI32Sub))
	index(binary.OpGlobalSet, fuel)
	index(binary.OpGlobalGet, fuel)
	constant(0)
	out = append(out, byte(binary.OpI32LtS), byte(binary.OpIf), binary.Void)
	index(binary.OpCall, 0)
	constant(tank)
	index(binary.OpGlobalSet, fuel)
	return append(out, byte(binary.OpEnd))
}

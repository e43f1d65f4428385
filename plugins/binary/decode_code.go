package binary

import "fmt"

func (d *decoder) codes(r *Reader) string {
	n := d.count(r, Codes)
	if r.err == nil && int(n) != len(d.m.Functions) {
		r.refuse("it declares %d functions but has code for %d", len(d.m.Functions), n)
		return ""
	}
	d.m.Codes = make([]Code, n)
	w := &Walker{}
	for i := range d.m.Codes {
		d.m.Codes[i] = d.code(r)
		if r.err == nil && !d.m.frame {
			d.body(r, w, i)
		}
		if r.err != nil {
			return fmt.Sprintf("function %d", len(d.m.Imports)+i)
		}
	}
	return ""
}

// code reads the locals of a function and leaves its body unread.
func (d *decoder) code(r *Reader) Code {
	size := r.U32()
	if d.over(uint64(size), MaxFunction) {
		r.refuse("it has a function of %d bytes; at most %d are allowed", size, MaxFunction)
		return Code{}
	}
	end := r.At() + int(size)
	of := &Reader{b: r.Take(size), end: end}
	if r.err != nil {
		return Code{}
	}
	c := Code{groups: of.count("groups of locals", 2, MaxLocals+1)}
	from := of.Rest()
	locals := uint64(0)
	for range c.groups {
		locals += uint64(of.U32())
		if t := ValueType(of.Byte()); of.err == nil && !t.known() {
			of.refuse("it has locals of type %#x, which vega does not support", byte(t))
		}
		if d.over(locals, MaxLocals) {
			of.refuse("it has a function of at least %d locals; at most %d are allowed", locals, MaxLocals)
		}
		if of.err != nil {
			break
		}
	}
	d.add(of, &d.sums.locals, locals, MaxAllLocals, "locals")
	if of.err != nil {
		r.failAt(of.err, of.At())
		return Code{}
	}
	c.locals = from[:len(from)-of.Len()]
	c.NumLocals, c.Body = int(locals), of.Rest()
	return c
}

// body checks a function's instructions against the grammar and the limits on
// compilation cost.
func (d *decoder) body(r *Reader, w *Walker, i int) {
	w.Reset(d.m, i)
	c := &d.m.Codes[i]
	blocks := 1
	for w.Next() {
		switch w.Op {
		case OpBlock, OpLoop, OpIf:
			blocks++
			if d.over(uint64(c.NumLocals*blocks), MaxLocalsBlocks) {
				w.refuse("it has a function of %d locals and at least %d blocks; their product must be at most %d", c.NumLocals, blocks, MaxLocalsBlocks)
			}
			if w.Type >= 0 {
				d.operands(w, d.m.Types[w.Type])
			}
		case OpBrTable:
			d.sums.targets += uint64(w.Targets)
			if d.over(d.sums.targets, MaxAllTargets) {
				w.refuse("it has at least %d targets of branch tables in total; at most %d are allowed", d.sums.targets, MaxAllTargets)
			}
		case OpCall:
			d.operands(w, d.m.TypeOf(w.Index))
		case OpCallIndirect:
			d.operands(w, d.m.Types[w.Index])
		case OpRefFunc:
			if !d.isDeclared(w.Index) {
				w.refuse("ref.func uses function %d, which is not declared outside code; export it, or list it in an element segment", w.Index)
			}
		}
	}
	if err := w.Err(); err != nil {
		r.failAt(err, r.At()-len(c.Body)+w.At)
	}
}

// operands counts the values that a block or call moves, because the time to
// validate and compile it is linear in their number.
func (d *decoder) operands(w *Walker, t FuncType) {
	d.sums.operands += uint64(len(t.Params) + len(t.Results))
	if d.over(d.sums.operands, MaxOperands) {
		w.refuse("it has blocks and calls that move at least %d values in total; at most %d are allowed", d.sums.operands, MaxOperands)
	}
}

package binary

import "fmt"

// Constant is the encoded expression that initializes a global, an offset or an
// entry: one instruction and its end.
type Constant []byte

// I32 returns the value of an i32.const.
func (c Constant) I32() (uint32, bool) {
	if len(c) == 0 || c[0] != byte(OpI32Const) {
		return 0, false
	}
	v, _ := sleb(c[1:], 32)
	return uint32(v), true
}

// Func returns the function of a ref.func.
func (c Constant) Func() (uint32, bool) {
	if len(c) == 0 || c[0] != byte(OpRefFunc) {
		return 0, false
	}
	v, _ := uleb(c[1:])
	return v, true
}

// ConstI32 returns i32.const v.
func ConstI32(v int32) Constant {
	return append(AppendS32([]byte{byte(OpI32Const)}, v), byte(OpEnd))
}

// ConstFunc returns ref.func f.
func ConstFunc(f uint32) Constant {
	return append(AppendU32([]byte{byte(OpRefFunc)}, f), byte(OpEnd))
}

// constant reads a constant of the given type.
func (d *decoder) constant(r *Reader, want ValueType) Constant {
	all := r.Rest()
	if got := d.constantOp(r); r.Err() == nil && got != want {
		r.refuse("it has a constant of type %v where type %v is expected", got, want)
	}
	switch end := r.Byte(); {
	case r.Err() != nil:
		return nil
	case end != byte(OpEnd):
		r.refuse("it has a constant of more than one instruction; the second begins with %#x", end)
		return nil
	}
	n := len(all) - r.Len()
	return Constant(all[:n:n])
}

// constantOp reads the one instruction and returns the type of its value.
func (d *decoder) constantOp(r *Reader) ValueType {
	switch op := Op(r.Byte()); op {
	case OpI32Const:
		r.signed(32)
		return I32
	case OpI64Const:
		r.signed(64)
		return I64
	case OpF32Const:
		r.Take(4)
		return F32
	case OpF64Const:
		r.Take(8)
		return F64
	case prefixVector:
		if kind := r.Byte(); r.Err() == nil && kind != byte(OpV128Const&0xff) {
			r.refuse("it has a constant with the instruction 0xfd %#x, which is not a constant instruction", kind)
		}
		r.Take(16)
		return V128
	case OpRefNull:
		return d.refType(r)
	case OpRefFunc:
		d.declare(d.index(r, "function", d.has.functions))
		return FuncRef
	case OpGlobalGet:
		r.refuse("it has a constant that refers to a global; constants may only use imported globals, and a plugin can only import functions")
	default:
		r.refuse("it has a constant with the instruction %#x, which is not a constant instruction", byte(op))
	}
	return 0
}

// index reads an index below n.
func (d *decoder) index(r *Reader, what string, n uint32) uint32 {
	i := r.U32()
	if r.err == nil && i >= n && !d.loose {
		r.fail(errIndex(what, i, n))
	}
	return i
}

func errIndex(what string, i, n uint32) error {
	return fmt.Errorf("there is no %s %d; the count is %d", what, i, n)
}

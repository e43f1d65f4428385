package guard

import (
	"encoding/binary"
	"fmt"

	wasm "vega/plugins/binary"
)

// shiftIndex copies an index of a function, one higher.
func shiftIndex(out []byte, r *wasm.Reader) []byte {
	return binary.AppendUvarint(out, uint64(r.U32())+1)
}

// shiftConstant copies an expression that a global, offset or element is set
// by.
func shiftConstant(out []byte, r *wasm.Reader) ([]byte, error) {
	for {
		before := r.Rest()
		k := next(r).kind
		if err := r.Err(); err != nil {
			return nil, err
		}
		instruction := before[:len(before)-r.Len()]
		if instruction[0] == opRefFunc {
			out = shiftIndex(append(out, opRefFunc), wasm.NewReader(instruction[1:]))
		} else {
			out = append(out, instruction...)
		}
		if k == closes {
			return out, nil
		}
	}
}

// shiftGlobals adds the fuel, which starts empty.
func (w *rewriter) shiftGlobals(r *wasm.Reader) ([]byte, error) {
	out := binary.AppendUvarint(nil, uint64(r.U32())+1)
	for range w.globals {
		var err error
		if out, err = shiftConstant(append(out, r.Take(2)...), r); err != nil {
			return nil, err
		}
	}
	const i32Type, mutable = 0x7f, 1
	return append(out, i32Type, mutable, opI32Const, 0, opEnd), r.Err()
}

func (w *rewriter) shiftExports(r *wasm.Reader) ([]byte, error) {
	return list(r, func(out []byte, r *wasm.Reader) ([]byte, error) {
		const function, global = 0, 3
		out = wasm.AppendName(out, string(r.Take(r.U32())))
		kind, index := r.Byte(), r.U32()
		switch {
		case kind == global && index >= w.globals:
			return nil, fmt.Errorf("it exports global %d and has %d", index, w.globals)
		case kind == function:
			return binary.AppendUvarint(append(out, kind), uint64(index)+1), nil
		default:
			return binary.AppendUvarint(append(out, kind), uint64(index)), nil
		}
	})
}

// shiftElement copies a segment of a table, in any of its eight forms.
func shiftElement(out []byte, r *wasm.Reader) ([]byte, error) {
	flags := r.U32()
	out = binary.AppendUvarint(out, uint64(flags))
	var err error
	if flags&1 == 0 { // active
		if flags&2 != 0 {
			out = binary.AppendUvarint(out, uint64(r.U32())) // of which table
		}
		if out, err = shiftConstant(out, r); err != nil {
			return nil, err
		}
	}
	if flags&3 != 0 {
		out = append(out, r.Byte()) // of which kind or type
	}
	n := r.U32()
	out = binary.AppendUvarint(out, uint64(n))
	for range n {
		if flags&4 == 0 {
			out = shiftIndex(out, r)
		} else if out, err = shiftConstant(out, r); err != nil {
			return nil, err
		}
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	return out, r.Err()
}

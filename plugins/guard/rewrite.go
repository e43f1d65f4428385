package guard

import (
	"encoding/binary"
	"fmt"

	wasm "vega/plugins/binary"
)

// pause is an empty loop: the runtime looks at the deadline at its head.
var pause = []byte{opLoop, 0x40, opEnd}

// Rewrite returns the module with its guards in place and without its custom
// sections, which nothing needs in order to run. The module has passed Check.
func Rewrite(module []byte) ([]byte, error) {
	out := wasm.Header()
	err := wasm.Sections(module, func(id byte, body *wasm.Reader) error {
		var rewritten []byte
		var err error
		switch id {
		case wasm.Custom:
			return nil
		case 4:
			rewritten, err = tables(body)
		case 10:
			rewritten, err = functions(body)
		default:
			rewritten = body.Rest()
		}
		out = wasm.AppendSection(out, id, rewritten)
		return err
	})
	return out, err
}

// tables gives each table a maximum: memory has a cap of its own, tables have
// none.
func tables(r *wasm.Reader) ([]byte, error) {
	n := r.U32()
	if n > MaxTables {
		return nil, fmt.Errorf("it has %d tables; at most %d are allowed", n, MaxTables)
	}
	out := binary.AppendUvarint(nil, uint64(n))
	for range n {
		out = append(out, r.Byte(), 1)
		flags, least := r.Byte(), r.U32()
		most := uint32(MaxTable)
		if flags&1 != 0 {
			most = min(most, r.U32())
		}
		out = binary.AppendUvarint(out, uint64(least))
		out = binary.AppendUvarint(out, uint64(max(least, most)))
	}
	return out, r.Err()
}

func functions(r *wasm.Reader) ([]byte, error) {
	n := r.U32()
	out := binary.AppendUvarint(nil, uint64(n))
	for range n {
		body, err := function(r.Take(r.U32()))
		if err != nil {
			return nil, err
		}
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out, r.Err()
}

// function puts a pause at the entry of a function that makes calls, which
// ends recursion and trees of calls, and one before each bulk operation, which
// ends straight lines of them.
func function(body []byte) ([]byte, error) {
	r := wasm.NewReader(body)
	if _, err := countLocals(r); err != nil {
		return nil, err
	}
	start := len(body) - r.Len()
	var cuts []int // where a pause goes
	calling, at := false, start
	err := walk(r, func(k kind, _ uint32, _ int) error {
		switch k {
		case calls:
			calling = true
		case bulk, bulkSets:
			cuts = append(cuts, at)
		}
		at = len(body) - r.Len()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if calling && (len(cuts) == 0 || cuts[0] != start) {
		cuts = append([]int{start}, cuts...)
	}
	return insert(body, cuts), nil
}

func insert(body []byte, cuts []int) []byte {
	out := make([]byte, 0, len(body)+len(cuts)*len(pause))
	from := 0
	for _, cut := range cuts {
		out = append(append(out, body[from:cut]...), pause...)
		from = cut
	}
	return append(out, body[from:]...)
}

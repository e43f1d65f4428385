package binary_test

import (
	"bytes"
	"runtime"
	"testing"

	"vega/plugins/binary"
)

// Decoding the largest allowed file, in its most expensive forms, allocates at
// most three times its size, garbage included.
func TestLargeModulesAllocateLittle(t *testing.T) {
	const size = 16 << 20 // the allowance is a multiple of it
	functions := size / (binary.MaxFunction + 8)
	all := func(body []byte) []byte {
		item := join(leb(uint32(len(body))), body)
		return module(1, twoI32, 3, join(leb(uint32(functions)), make([]byte, functions)), 5, memory, 10, join(leb(uint32(functions)), bytes.Repeat(item, functions)))
	}
	code := func(instructions ...byte) []byte {
		return all(join(none, bytes.Repeat(instructions, (binary.MaxFunction-2)/len(instructions)), []byte{0x0b}))
	}
	small := func(n int, item []byte) []byte { return join(leb(uint32(n)), bytes.Repeat(item, n)) }
	for name, wasm := range map[string][]byte{
		"nothing":   code(0x01),
		"constants": code(0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x1a),
		"blocks":    code(0x02, 0x40, 0x0b),
		"loads":     code(0x41, 0, 0x28, 2, 0x80, 0x80, 0x80, 0x80, 0, 0x1a),
		"data":      module(5, memory, 11, join(leb(1), []byte{1}, leb(size-100), make([]byte, size-100))),
		"segments":  module(5, memory, 11, small(binary.MaxSegments, []byte{0, 0x41, 0, 0x0b, 1, 0})),
		"functions": module(1, twoI32, 3, small(binary.MaxFunctions, []byte{0}), 10, small(binary.MaxFunctions, []byte{2, 0, 0x0b})),
		"entries":   module(1, twoI32, 3, one, 9, join([]byte{1, 1, 0}, small(binary.MaxEntries, []byte{0})), 10, []byte{1, 2, 0, 0x0b}),
	} {
		allowed := uint64(3*len(wasm) + 16<<20) // plus a constant for the counts of small files
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := binary.Decode(wasm); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > allowed {
			t.Errorf("%s: %d MiB were allocated for %d", name, took>>20, len(wasm)>>20)
		} else {
			t.Logf("%s: %d MiB were allocated for %d", name, took>>20, len(wasm)>>20)
		}
	}
}

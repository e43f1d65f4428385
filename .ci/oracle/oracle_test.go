package oracle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"vega/plugins/binary"
	"vega/plugins/testdata/hostile"
)

const (
	wazeroVariable    = "VEGA_ORACLE_WAZERO" // directory of the specification's modules
	mutationsVariable = "VEGA_ORACLE_MUTATIONS"
	mutations         = 3000
)

// seeds returns modules of regular compilers, the hostile corpus and the
// specification's suite.
func seeds(t testing.TB) (all [][]byte) {
	t.Helper()
	patterns := []string{"../../plugins/testdata/*.wasm", "../../plugins/testdata/guests/*.wasm", "../../plugins/extras/*/*.wasm", "../../plugins/core/core.wasm"}
	spec := filepath.Join(os.Getenv(wazeroVariable), "internal", "integration_test", "spectest")
	for _, suite := range []string{"v1", "v2", "extended-const", "tail-call", "threads", "typed-function-references", "exception-handling"} {
		patterns = append(patterns, filepath.Join(spec, suite, "testdata", "*.wasm"))
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(files))
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
	}
	for _, m := range hostile.Modules() {
		if b := m.Wasm(); len(b) <= hostile.MaxKept {
			all = append(all, b)
		}
	}
	return all
}

// Expects wazero to refuse, or to read in the same way, what vega accepts.
func TestSeeds(t *testing.T) {
	count := map[verdict]int{}
	all := seeds(t)
	for _, b := range all {
		v, err := judge(b)
		if err != nil {
			t.Errorf("%x…: %v", b[:min(len(b), 200)], err)
		}
		count[v]++
	}
	t.Logf("%d modules: %d refused by vega, %d by wazero, %d read alike", len(all), count[refusedByUs], count[refusedByRuntime], count[agreed])
	if count[agreed] < len(all)/4 {
		t.Error("too few are read by both for this to say anything")
	}
}

// Expects the same of mutations of the seeds, which are always the same.
func TestMutations(t *testing.T) {
	n := mutations
	if s := os.Getenv(mutationsVariable); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	var small [][]byte
	for _, b := range seeds(t) {
		if len(b) < 64<<10 {
			small = append(small, b)
		}
	}
	count := map[verdict]int{}
	for i := range n {
		r := rand.New(rand.NewPCG(2, uint64(i))) //nolint:gosec // reproducible, not secret
		b := bytes.Clone(small[r.IntN(len(small))])
		for range 1 + r.IntN(3) {
			b = hostile.Mutate(r, b)
		}
		v, err := judge(b)
		if err != nil {
			t.Errorf("mutation %d: %v\n%x", i, err, b[:min(len(b), 400)])
		}
		count[v]++
	}
	t.Logf("%d mutations: %d refused by vega, %d by wazero, %d read alike", n, count[refusedByUs], count[refusedByRuntime], count[agreed])
}

// Expects the same of functions of random instructions, in a module with everything
// that they may refer to. If the validator refuses one, it compares the
// instructions before that.
func TestBodies(t *testing.T) {
	count := map[verdict]int{}
	const n = 20_000
	for i := range n {
		r := random{rand.New(rand.NewPCG(3, uint64(i)))} //nolint:gosec // as above
		var b []byte
		for range 1 + r.IntN(6) {
			b = append(b, r.instruction()...)
		}
		if r.IntN(8) == 0 {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		v, err := judge(within(b))
		if err != nil {
			t.Errorf("body %d: %v\n%x", i, err, b)
		}
		count[v]++
	}
	t.Logf("%d bodies: %d refused by vega, %d by wazero, %d read alike", n, count[refusedByUs], count[refusedByRuntime], count[agreed])
	if count[agreed] < n/20 {
		t.Error("too few are read by both for this to say anything")
	}
}

// within returns a module with a function that starts with a block and continues
// with the given bytes. After the branch in the block, values have any type.
func within(instructions []byte) []byte {
	body := append([]byte{2, 3, 0x7f, 2, 0x7b, 0x02, 0x40, 0x0c, 0}, instructions...)
	body = append(body, 0x00, 0x0b, 0x00, 0x0b)
	out := binary.Header()
	for _, s := range []struct {
		id   byte
		body string
	}{
		{binary.Types, "\x03\x60\x00\x00\x60\x01\x7f\x01\x7f\x60\x02\x7e\x7d\x02\x7c\x70"},
		{binary.Functions, "\x04\x00\x01\x02\x00"},
		{binary.Tables, "\x02\x70\x00\x05\x6f\x01\x05\x09"},
		{binary.Memories, "\x01\x00\x01"},
		{binary.Globals, "\x03\x7f\x01\x41\x00\x0b\x7e\x00\x42\x00\x0b\x70\x01\xd0\x70\x0b"},
		{binary.Elements, "\x02\x01\x00\x02\x00\x01\x05\x6f\x01\xd0\x6f\x0b"},
		{binary.DataCount, "\x02"},
	} {
		out = binary.AppendSection(out, s.id, []byte(s.body))
	}
	codes := append([]byte{4}, binary.AppendU32(nil, uint32(len(body)))...)
	codes = append(append(codes, body...), "\x03\x00\x00\x0b\x03\x00\x00\x0b\x02\x00\x0b"...)
	return binary.AppendSection(binary.AppendSection(out, binary.Codes, codes), binary.Data, []byte("\x02\x01\x01x\x00\x41\x00\x0b\x01y"))
}

// FuzzReader searches for a module that the two read differently.
func FuzzReader(f *testing.F) {
	for _, b := range seeds(f) {
		if len(b) < 64<<10 {
			f.Add(true, b)
		}
	}
	for op := range 256 {
		f.Add(false, []byte{byte(op), 0, 0, 0})
		f.Add(false, []byte{0xfd, byte(op), byte(op >> 7), 0, 0})
		f.Add(false, fmt.Appendf(nil, "\xfc%c\x00\x00", op%20))
	}
	f.Fuzz(func(t *testing.T, whole bool, b []byte) {
		if !whole {
			b = within(b)
		}
		if _, err := judge(b); err != nil {
			t.Fatal(err)
		}
	})
}

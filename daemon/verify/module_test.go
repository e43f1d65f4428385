package verify

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"testing"

	"vega/daemon/config"
	"vega/plugins/manifest"
)

var update = flag.Bool("update", false, "write module.wasm")

// TestModuleIsBuiltFromItsSources assembles module.wat by hand and packs in the
// manifest of plugin.hcl.
func TestModuleIsBuiltFromItsSources(t *testing.T) {
	m, diags := config.LoadManifest("plugin.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, body ...byte) {
		wasm = append(binary.AppendUvarint(append(wasm, id), uint64(len(body))), body...)
	}
	section(1, 1, 0x60, 1, 0x7f, 1, 0x7f) // (i32) -> i32
	section(3, 1, 0)
	section(5, 1, 0, 1)
	section(7, append(append([]byte{2, 6}, "memory\x02\x00\x08vega_run"...), 0, 0)...)
	section(10, 1, 4, 0, 0x41, 0, 0x0b) // i32.const 0
	want, err := manifest.Pack(wasm, m)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("module.wasm", want, 0o644); err != nil {
			t.Fatal(err)
		}
		module = want
	}
	if !bytes.Equal(module, want) {
		t.Errorf("module.wasm (%d bytes) does not match module.wat and plugin.hcl; run the test with -update", len(module))
	}
	if len(module) > 1<<10 {
		t.Errorf("module.wasm has %d bytes, want 1 KiB at most", len(module))
	}
}

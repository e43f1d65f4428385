package plugins_test

import (
	"slices"
	"strings"
	"testing"

	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/testdata/hostile"
)

// Load refuses what Inspect refuses, with the same message, and accepts all else,
// unless only linking shows what is wrong.
func TestInspectAgreesWithLoad(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	linked := []string{"signature", "socket", "wrong_run"} // found when imports and types are resolved
	for _, name := range []string{"carry", "deep", "no_run", "pointers", "segments", "shout", "signature", "socket", "start", "status99", "unclaimed", "unknown_call", "wrong_run"} {
		wasm := watWasm(t, name)
		found := plugins.Inspect(wasm).Refused
		m, err := s.Load(t.Context(), wasm)
		switch {
		case err == nil:
			if len(found) > 0 {
				t.Errorf("%s loads, and is said to be refused: %q", name, found)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		case len(found) == 0 && !slices.Contains(linked, name):
			t.Errorf("%s is refused, which Inspect does not see: %v", name, err)
		case len(found) > 0 && !strings.HasPrefix(err.Error(), found[0]):
			t.Errorf("%s is refused: %v; Inspect says %q", name, err, found)
		}
	}
}

// A hostile module is inspected like any other, and never run.
func TestInspectHostile(t *testing.T) {
	for _, m := range hostile.Modules() {
		i := plugins.Inspect(m.Wasm())
		if len(i.Digest) != 64 || i.Memory.Hard != 256<<20 {
			t.Errorf("%s: %+v", m.Name, i)
		}
	}
}

func TestInspect(t *testing.T) {
	wasm, err := guestWasm()
	if err != nil {
		t.Fatal(err)
	}
	i := plugins.Inspect(wasm)
	if i.Size != len(wasm) || i.Checks < 1000 || i.Manifest.Name != "guest" || len(i.Refused) > 0 || len(i.Unasked) > 0 || len(i.Beyond) > 0 {
		t.Errorf("%+v", i)
	}
	if i.Memory.Start < 64<<10 || i.Memory.Default != 32<<20 || !slices.Contains(i.Calls, "dial") || !slices.Contains(i.WASI, "fd_write") {
		t.Errorf("%+v", i)
	}
	least, err := manifest.Pack(watWasm(t, "carry"), &manifest.Manifest{ABI: manifest.V1, Name: "least", Version: "1", Probes: []manifest.Probe{{
		Name: "p", Capabilities: []manifest.Capability{{Kind: manifest.SQL, Reason: "none"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if i := plugins.Inspect(least); !slices.Equal(i.Unasked, []manifest.Kind{manifest.SQL}) {
		t.Errorf("declared and never asked: %v", i.Unasked)
	}
}

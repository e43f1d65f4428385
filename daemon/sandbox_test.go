package daemon

import (
	"fmt"
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/plugins/manifest"
	"vega/plugins/testdata/hostile"
)

// TestHostMemoryIsReloaded also checks the cause. It is host if a run exceeds the
// memory for all probes, and probe if a run exceeds its own limit.
func TestHostMemoryIsReloaded(t *testing.T) {
	of := func(memory string) string {
		return fmt.Sprintf("sandbox {\n  host_memory = %q\n}\nintegration \"a\" {\n  probe = greedy.p\n  interval = \"0s\"\n  config {\n    url = %q\n  }\n}\n", memory, "http://127.0.0.1:1/")
	}
	h := build(t, of("16MiB"), wasmFile{"greedy.wasm", greedy(t)})
	for _, c := range []struct{ memory, says string }{
		{"16MiB", "unknown/host raise host_memory in the sandbox block"}, {"256MiB", "unknown/probe raise memory in the integration"}, {"17MiB", "unknown/host raise host_memory in the sandbox block"},
	} {
		h.reload(of(c.memory) + "# " + c.memory)
		got := h.ask(engine.Query{}).Integrations[0]
		status, says, _ := strings.Cut(c.says, " ")
		if string(got.Status)+"/"+string(got.Cause) != status || !strings.Contains(got.Message, says) {
			t.Errorf("%s: %s/%s %q", c.memory, got.Status, got.Cause, got.Message)
		}
	}
}

// greedy returns a plugin that holds sixteen requests with headers of 8 MiB.
func greedy(t *testing.T) []byte {
	t.Helper()
	for _, m := range hostile.Spenders() {
		if m.Name == "header-handles" {
			packed, err := manifest.Pack(m.Wasm(), &manifest.Manifest{ABI: "vega_v1", Name: "greedy", Version: "1", Probes: []manifest.Probe{{
				Name:         "p",
				Options:      []manifest.Option{{Name: "url", Type: manifest.URL, Required: true}},
				Capabilities: []manifest.Capability{{Kind: manifest.HTTP, Reason: "ask the target", From: []string{"url"}}},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			return packed
		}
	}
	t.Fatal("the module was not found")
	return nil
}

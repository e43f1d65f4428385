package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/realtest/tiny"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// serves returns which file serves each plugin, as "plugin=file".
func (h *harness) serves() string {
	var all []string
	for _, p := range h.Plugins() {
		if p.State == loaded {
			all = append(all, p.Name+"="+filepath.Base(p.File))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

const usual = " plain=plain.wasm tiny=tiny.wasm"

// TestNamesakeChangesNothing checks that a file is refused if its plugin has a name
// that another file already serves. That must hold when the file appears, at a
// reload and at the next start, regardless of the name of the file.
func TestNamesakeChangesNothing(t *testing.T) {
	healthy, unhealthy := tiny.Plain(t, "acme", "1", []byte{0x41, 0}), tiny.Plain(t, "acme", "1", []byte{0x41, 2})
	h := build(t, bind("a", "acme.unknown", ""), wasmFile{"mine.wasm", healthy})
	write(t, h.plugins(), "aaa.wasm", unhealthy)
	h.dropIn(t.Context(), filepath.Join(h.plugins(), "aaa.wasm"))
	check := func(when string) {
		t.Helper()
		if got := h.serves(); got != "acme=mine.wasm"+usual || h.status() != "a=healthy" {
			t.Errorf("%s: %s, %s", when, got, h.status())
		}
	}
	check("dropped in")
	h.reload(bind("a", "acme.unknown", "") + bind("p", "plain.healthy", ""))
	h.reload(bind("a", "acme.unknown", ""))
	check("after reloads")
	h.restart()
	check("after a restart")
	write(t, h.plugins(), "mine.wasm", []byte("garbage"))
	h.dropIn(t.Context(), filepath.Join(h.plugins(), "mine.wasm"))
	h.reload(bind("a", "acme.unknown", "") + bind("p", "plain.healthy", ""))
	h.reload(bind("a", "acme.unknown", ""))
	check("with garbage in its place")
	if n := h.logged("plugin refused", "aaa.wasm"); n != 2 { // once for each start
		t.Errorf("the refusal was logged %d times", n)
	}
}

func TestModuleThatDoesNotLoadLosesItsName(t *testing.T) {
	broken, good := tiny.Plain(t, "acme", "1", []byte{0x1a}), tiny.Plain(t, "acme", "1", []byte{0x41, 0})
	h := build(t, bind("a", "acme.unknown", ""), wasmFile{"aaa.wasm", broken}, wasmFile{"mine.wasm", good})
	if got := h.serves(); got != "acme=mine.wasm"+usual || h.status() != "a=healthy" {
		t.Errorf("%s, %s", got, h.status())
	}
	if p := h.plugin("aaa.wasm"); p.State != refused || !strings.Contains(p.Reason, "does not compile") {
		t.Errorf("%+v", p)
	}
}

// TestTrustComesFirst checks that signatures are verified before a module is parsed: at
// the start, when a file appears, and when the keys change.
func TestTrustComesFirst(t *testing.T) {
	key, secret, err := signature.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	keys := fmt.Sprintf("plugins {\n  trusted_keys = [%q]\n}\n", key.String())
	mine := tiny.Plain(t, "acme", "1", []byte{0x41, 0})
	h := build(t, bind("a", "acme.unknown", ""), wasmFile{"mine.wasm", mine})
	for _, name := range []string{"mine.wasm", "plain.wasm", "tiny.wasm"} {
		wasm, err := os.ReadFile(filepath.Join(h.plugins(), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.plugins(), name)+signature.Suffix, secret.Sign(wasm, ""), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(t, h.plugins(), "aaa.wasm", tiny.Plain(t, "acme", "2", []byte{0x41, 2}))
	h.configure(bind("a", "acme.unknown", "") + keys)
	h.restart()
	if got := h.serves(); got != "acme=mine.wasm"+usual || h.status() != "a=healthy" {
		t.Fatalf("at the start: %s, %s", got, h.status())
	}
	if p := h.plugin("mine.wasm"); p.Signer != key.Name() || !p.Trusted {
		t.Errorf("signed by %s: %+v", key.Name(), p)
	}
	write(t, h.plugins(), "bbb.wasm", mine)
	h.dropIn(t.Context(), filepath.Join(h.plugins(), "bbb.wasm"))
	for _, file := range []string{"aaa.wasm", "bbb.wasm"} {
		if p := h.plugin(file); p.Name != "" || p.Signer != "" || p.Trusted || !strings.Contains(p.Reason, "it is not signed") {
			t.Errorf("%s: %+v", file, p)
		}
	}
	other, _, err := signature.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	h.configure(fmt.Sprintf("plugins {\n  trusted_keys = [%q]\n}\n", other.String()))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if got := h.serves(); got != "" {
		t.Errorf("with another key: %s", got)
	}
	if p := h.plugin("mine.wasm"); p.Signer != key.Name() || p.Trusted {
		t.Errorf("by an untrusted key: %+v", p)
	}
}

func TestFileReplacesBundledPluginOnlyIfConfigured(t *testing.T) {
	h := build(t, "")
	read, err := manifest.Read(tiny.Plain(t, "extra", "1", []byte{0x41, 0}))
	if err != nil {
		t.Fatal(err)
	}
	h.bundled = []manifest.Found{{Module: read, Extra: true}}
	file := filepath.Join(h.plugins(), "extra.wasm")
	h.restart()
	write(t, h.plugins(), "extra.wasm", tiny.Plain(t, "extra", "2", []byte{0x41, 2}))
	h.dropIn(t.Context(), file)
	if p := h.plugin(filepath.Base(file)); !strings.Contains(p.Reason, `plugins { replace = ["extra"] }`) {
		t.Errorf("%+v", p)
	}
	h.configure(`plugins { replace = ["extra"] }` + "\n" + bind("e", "extra.unknown", ""))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if got := h.status(); got != "e=unhealthy/target" || h.logged("WARN", "replaces a bundled plugin", "extra.wasm") != 1 {
		t.Errorf("%s\n%s", got, h.logs.String())
	}
}

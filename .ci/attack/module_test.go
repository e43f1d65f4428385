package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/plugins/binary"
	"vega/plugins/manifest"
	"vega/plugins/signature"
	"vega/plugins/testdata/hostile"
)

// module returns a module of the corpus, packed as a plugin with one probe.
func module(t *testing.T, name string) []byte {
	t.Helper()
	for _, m := range hostile.Modules() {
		if m.Name == name {
			return pack(t, m.Wasm(), one(name))
		}
	}
	t.Fatalf("the corpus lacks %s", name)
	return nil
}

// one returns a manifest with one probe.
func one(name string) *manifest.Manifest {
	return &manifest.Manifest{ABI: "vega_v1", Name: strings.ReplaceAll(name, "-", "_"), Version: "1.0.0", Probes: []manifest.Probe{{Name: "p"}}}
}

// honest returns a harmless module.
func honest(t *testing.T, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../plugins/testdata/carry.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return pack(t, wasm, one(name))
}

// Hides a loop from everything except the engine, in an unused module: it runs when
// the module is loaded.
func TestHiddenLoopFreezes(t *testing.T) {
	d := home(t, "", nil).start()
	d.write("plugins/hidden.wasm", module(t, "hidden-initialize"))
	_, _, _ = d.send(http.MethodPost, "/admin/config/reload", 5*time.Second)
	d.decided("hidden.wasm")
	held := d.answers(100)
	report(t, d, held, "%s", plugins(d, "hidden.wasm"))
}

// plugins returns the state that vega lists for a file.
func plugins(d *daemon, file string) string {
	_, body, err := d.send(http.MethodGet, "/admin/plugins", 5*time.Second)
	if err != nil {
		return "no answer"
	}
	var list struct {
		Plugins []struct{ File, State, Reason string }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		return err.Error()
	}
	for _, p := range list.Plugins {
		if filepath.Base(p.File) == file {
			return p.State + ": " + p.Reason
		}
	}
	return "not listed"
}

// Puts an expensive pattern and a default into a manifest: they are matched before
// the daemon starts.
func TestPatternKeepsFromStarting(t *testing.T) {
	m := one("pattern")
	m.Probes[0].Options = []manifest.Option{{Name: "o", Type: manifest.String, Default: manifest.Plain(strings.Repeat("a", 50_000)), Pattern: strings.Repeat(".{0,999}", 500) + "b|.*"}}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	wasm := binary.AppendSection(binary.Header(), binary.Custom, append(binary.AppendName(nil, "vega.manifest"), text...))
	d := home(t, "", map[string][]byte{"pattern.wasm": wasm})
	up := d.run(30*time.Second, "")
	if up {
		d.answers(10)
		report(t, d, true, "%s", plugins(d, "pattern.wasm"))
		return
	}
	report(t, d, false, "vega does not start")
}

// Adds an unsigned file that sorts before the signed one of the same plugin.
func TestUnsignedNamesakeStops(t *testing.T) {
	key, secret, err := signature.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	mine := honest(t, "acme")
	d := home(t, fmt.Sprintf("plugins {\n  trusted_keys = [%q]\n}\n", key.String())+bind("a", "acme.p", ""), map[string][]byte{"mine.wasm": mine, "aaa.wasm": mine})
	if err := os.WriteFile(filepath.Join(d.dir, "plugins", "mine.wasm")+signature.Suffix, secret.Sign(mine, ""), 0o644); err != nil {
		t.Fatal(err)
	}
	if !d.run(20*time.Second, "") {
		report(t, d, false, "vega does not start: %.200s", lastLine(d))
		return
	}
	d.answers(10)
	report(t, d, plugins(d, "mine.wasm")[:len("loaded")] == "loaded", "mine.wasm %s; aaa.wasm %s", plugins(d, "mine.wasm"), plugins(d, "aaa.wasm"))
}

// Adds a file with the name of a bundled plugin.
func TestBundledNameIsTaken(t *testing.T) {
	d := home(t, "", map[string][]byte{"memcached.wasm": honest(t, "memcached")}).start()
	d.answers(10)
	said := plugins(d, "memcached.wasm")
	report(t, d, !strings.HasPrefix(said, "loaded") && !strings.HasPrefix(said, "not listed"), "%s", said)
}

// Loads modules with millions of small parts again at each reload.
func TestManyExports(t *testing.T) { many(t, "many-exports") }
func TestManyGlobals(t *testing.T) { many(t, "many-globals") }
func TestManyLocals(t *testing.T)  { many(t, "many-locals") }

func many(t *testing.T, name string) {
	d := home(t, "", nil).start()
	idle := d.settle()
	d.write("plugins/many.wasm", module(t, name))
	end := d.meanwhile()
	began := d.processor()
	for range 3 {
		d.write("vega.hcl", []byte(fmt.Sprintf("# %d\n", time.Now().UnixNano())))
		_, _, _ = d.send(http.MethodPost, "/admin/config/reload", time.Minute)
		d.decided("many.wasm")
	}
	end()
	d.measure()
	report(t, d, d.peak-idle < 200<<20, "+%d MiB, %.1f s of CPU time; %.160s", (d.peak-idle)>>20, (d.processor() - began).Seconds(), plugins(d, "many.wasm"))
}

// Recurses in a start function, in a module with a segment that prevents keeping its
// state.
func TestStartTakesMemory(t *testing.T) {
	d := home(t, bind("deep", "deep_start.p", ""), map[string][]byte{"deep.wasm": module(t, "deep-start")}).start()
	idle := d.settle()
	end := d.meanwhile()
	got := d.check(time.Minute)["deep"]
	end()
	d.measure()
	report(t, d, d.peak-idle < 64<<20, "+%d MiB; %s %s: %.80s", (d.peak-idle)>>20, got.Status, got.Cause, got.Message)
}

func lastLine(d *daemon) string {
	lines := strings.Split(strings.TrimSpace(d.written()), "\n")
	for _, l := range lines {
		if strings.Contains(l, "VEGA") {
			return l
		}
	}
	return lines[len(lines)-1]
}

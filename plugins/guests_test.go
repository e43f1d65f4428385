package plugins_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// foreign lists the modules of compilers other than Go's in testdata/guests.
var foreign = []string{"c", "c_libc", "rust", "rust_std", "assemblyscript"}

// foreignWasm packs the manifest into one of them.
func foreignWasm(t testing.TB, name string) []byte {
	t.Helper()
	bare, err := os.ReadFile(filepath.Join("testdata", "guests", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	options := []manifest.Option{{Name: "name", Type: manifest.String}}
	packed, err := manifest.Pack(bare, &manifest.Manifest{ABI: "vega_v1", Name: "foreign", Version: "1", Probes: []manifest.Probe{
		{Name: "fine"}, {Name: "work"}, {Name: "calls", Options: options},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// In every language a guest computes the same results, rewritten or not, in its
// first run and after its instance was set back.
func TestGuests(t *testing.T) {
	work := map[string]string{ // as computed by a native compiler
		"sort":      "f28803e12bd58f78",
		"recursion": "a83821d02decf7b6",
		"floats":    "060e9ba85da7f6d0",
		"bulk":      "9afa8bbd00bf229d",
		"dispatch":  "b6db13b13650fa6b",
		"wide":      "6f1e07764a60afe3",
		"indirect":  "a323ff748a20cc94",
		"grown":     "368e1b6450dcdaa5",
	}
	for _, name := range foreign {
		for _, kind := range []string{"rewritten", "original"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				s := newSandbox(t, plugins.Options{})
				s.without.NoRewrite = kind == "original"
				m := s.load(t, foreignWasm(t, name))
				for range 3 {
					for _, c := range []struct {
						probe, name, message string
						status               check.Status
						details              map[string]string
					}{
						{"fine", "", "ok", check.Healthy, map[string]string{}},
						{"work", "", "worked: 8a2cc2f3fdedef3a", check.Healthy, work},
						{"calls", "", "hello, nobody", check.Degraded, map[string]string{"name": "nobody", "letters": "all", "pattern": "refused", "clock": "runs"}},
						{"calls", "Zoë 1", "hello, Zoë 1", check.Healthy, map[string]string{"name": "Zoë 1", "pattern": "refused", "clock": "runs"}},
					} {
						in := plugins.Input{Integration: "i", Probe: c.probe, Timeout: 5 * time.Second}
						if c.name != "" {
							in.Values = manifest.Values{"name": manifest.Plain(c.name)}
						}
						got := m.Run(t.Context(), in)
						if got.Status != c.status || got.Message != c.message || !maps.Equal(got.Details, c.details) {
							t.Fatalf("%s: %s/%s %q %v", c.probe, got.Status, got.Cause, got.Message, got.Details)
						}
						if c.probe == "work" && (len(got.Metrics) != 1 || got.Metrics[0].Name != "sum" || got.Metrics[0].Value != 7.0594093906034248) {
							t.Fatalf("metrics: %+v", got.Metrics)
						}
					}
				}
			})
		}
	}
}

// The guests were built from the sources next to them. Testing them does not need
// the tools that build them.
func TestGuestsAreCurrent(t *testing.T) {
	dir := filepath.Join("testdata", "guests")
	noted, err := os.ReadFile(filepath.Join(dir, "built.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var are []string
	for _, f := range files {
		if f.Name() == "built.sha256" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		are = append(are, fmt.Sprintf("%s  ./%s", hex.EncodeToString(sum[:]), f.Name()))
	}
	were := strings.Split(strings.TrimSpace(string(noted)), "\n")
	slices.Sort(are)
	slices.Sort(were)
	for _, file := range are {
		if !slices.Contains(were, file) {
			t.Errorf("%s is not what the guests were built of: run %s", file, filepath.Join(dir, "build.sh"))
		}
	}
	if len(were) != len(are) {
		t.Errorf("%d files are noted, %d are there: run %s", len(were), len(are), filepath.Join(dir, "build.sh"))
	}
}

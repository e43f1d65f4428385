//go:build !wasip1

package sdk_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// The opening call of each capability: a module can never ask for more than
// those it imports.
var opens = []string{"dial", "http_request", "kv_get", "kv_set", "resolve", "sql_query"}

// TestImportsBoundTheCapabilities builds two plugins and compares their imports
// with the calls of their probes.
func TestImportsBoundTheCapabilities(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two modules")
	}
	for name, want := range map[string][]string{"silent": nil, "dialler": {"dial"}} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, i := range imports(t, build(t, name)) {
				if slices.Contains(opens, i) {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("imports %v, want %v", got, want)
			}
		})
	}
}

func build(t *testing.T, name string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), name+".wasm")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-buildmode=c-shared", "-o", out, "./testdata/"+name)
	c.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// imports returns the names of the functions imported from vega_v1, sorted.
func imports(t *testing.T, wasm []byte) (names []string) {
	t.Helper()
	r := bytes.NewBuffer(wasm[8:])
	number := func(b *bytes.Buffer) int {
		n, err := binary.ReadUvarint(b)
		if err != nil {
			t.Fatal(err)
		}
		return int(n)
	}
	for r.Len() > 0 {
		id, _ := r.ReadByte()
		section := bytes.NewBuffer(r.Next(number(r)))
		if id != 2 {
			continue
		}
		for range number(section) {
			module := string(section.Next(number(section)))
			name := string(section.Next(number(section)))
			if kind, _ := section.ReadByte(); kind != 0 {
				t.Fatalf("%s.%s is not a function", module, name)
			}
			number(section)
			if module == "vega_v1" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

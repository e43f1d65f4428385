package plugins_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/binary"
	"vega/plugins/manifest"
)

// Loading a file while it is replaced returns the old module, the new one, or a clear
// error, and the new one once it is complete. The file is read twice, as the daemon
// does: two reads of different states can't agree.
//
// A program that overwrites a file in place may leave a mixture for any time. What is
// loaded then is at least what is reported.
func TestReplacedWhileLoading(t *testing.T) {
	for name, c := range map[string]struct {
		write    func(path string, b []byte) error
		mixtures bool
	}{
		"truncated":   {write: truncate},
		"renamed":     {write: rename},
		"removed":     {write: remove},
		"overwritten": {write: overwrite, mixtures: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := memorySandbox(t)
			path := filepath.Join(t.TempDir(), "versions.wasm")
			if err := os.WriteFile(path, version(t, 0), 0o600); err != nil {
				t.Fatal(err)
			}
			loaded := map[string]int{}
			for n := 1; n <= 100; n++ {
				next := version(t, n)
				written := make(chan error, 1)
				go func() { written <- c.write(path, next) }()
				for writing := true; writing; {
					what := loadOnce(t, s, path)
					allowed := []string{text(n - 1), text(n), "error"}
					if c.mixtures {
						allowed = append(allowed, "mixture")
					}
					if !slices.Contains(allowed, what) {
						t.Fatalf("%s while %s was written", what, text(n))
					}
					loaded[strings.Fields(what)[0]]++
					select {
					case err := <-written:
						if err != nil {
							t.Fatal(err)
						}
						writing = false
					default:
					}
				}
				if what := loadOnce(t, s, path); what != text(n) {
					t.Fatalf("%s once %s was written", what, text(n))
				}
			}
			t.Log(loaded)
		})
	}
}

// memorySandbox keeps no compiled code.
func memorySandbox(t *testing.T) *plugins.Sandbox {
	t.Helper()
	s, err := plugins.Open(t.Context(), plugins.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // it holds no file
	return s
}

// loadOnce loads a file once, and returns the version that was loaded, "mixture" or
// "error".
func loadOnce(t *testing.T, s *plugins.Sandbox, path string) string {
	t.Helper()
	wasm, m, err := loadStable(t, s, path)
	if err != nil {
		if said := err.Error(); said == "" || len(said) > 700 || strings.Contains(said, "\n") || strings.Contains(said, "compiler failed") {
			t.Fatalf("no clear error: %q", said)
		}
		return "error"
	}
	got := (&module{m, t}).Run(t.Context(), plugins.Input{Probe: "p", Timeout: 5 * time.Second})
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if m.Digest != digest(wasm) {
		t.Fatalf("%s is reported of %s", m.Digest, digest(wasm))
	}
	if got.Message != regexp.MustCompile(`version \d{6}`).FindString(string(wasm)) {
		t.Fatalf("%q ran, and %s was loaded", got.Message, m.Digest)
	}
	var n int
	if _, err := fmt.Sscanf(got.Message, "version %d", &n); err != nil {
		t.Fatal(err)
	}
	if m.Digest != digest(version(t, n)) {
		return "mixture"
	}
	return got.Message
}

// loadStable loads a file once two reads of it agree.
func loadStable(t *testing.T, s *plugins.Sandbox, path string) ([]byte, *plugins.Module, error) {
	t.Helper()
	first, err := manifest.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	found, err := manifest.Read(first)
	if err != nil {
		return nil, nil, err
	}
	wasm, err := manifest.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	m, err := s.Load(t.Context(), wasm)
	if err != nil {
		return nil, nil, err
	}
	if m.Digest != found.Digest {
		return nil, nil, errors.Join(errors.New("the file changed while it was being loaded"), m.Close())
	}
	return wasm, m, nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func text(n int) string { return fmt.Sprintf("version %06d", n) }

// version returns a module whose message is its version, which is all over the file,
// so that parts of two versions do not fit together.
func version(t *testing.T, n int) []byte {
	t.Helper()
	padding := binary.AppendName(nil, "padding")
	padding = append(padding, strings.Repeat(fmt.Sprintf("%08d", n), 3000)...)
	out := binary.Header()
	for _, s := range []struct {
		id   byte
		body string
	}{
		{1, "\x02\x60\x02\x7f\x7f\x00\x60\x01\x7f\x01\x7f"},
		{binary.Imports, "\x01\x07vega_v1\x07message\x00\x00"},
		{3, "\x01\x01"},
		{binary.Memories, "\x01\x00\x01"},
		{binary.Exports, "\x02\x06memory\x02\x00\x08vega_run\x00\x01"},
		{binary.Custom, string(padding)},
		{10, "\x01\x0a\x00\x41\x00\x41\x0e\x10\x00\x41\x00\x0b"},
		{binary.Data, "\x01\x00\x41\x00\x0b\x0e" + text(n)},
		{binary.Custom, string(padding)},
	} {
		out = binary.AppendSection(out, s.id, []byte(s.body))
	}
	packed, err := manifest.Pack(out, &manifest.Manifest{ABI: "vega_v1", Name: "versions", Version: fmt.Sprint(n), Probes: []manifest.Probe{{Name: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func truncate(path string, b []byte) error {
	return inPieces(path, os.O_WRONLY|os.O_TRUNC, b)
}

func overwrite(path string, b []byte) error {
	if err := inPieces(path, os.O_WRONLY, b); err != nil {
		return err
	}
	return os.Truncate(path, int64(len(b)))
}

func rename(path string, b []byte) error {
	if err := inPieces(path+".new", os.O_WRONLY|os.O_CREATE, b); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func remove(path string, b []byte) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return inPieces(path, os.O_WRONLY|os.O_CREATE, b)
}

// inPieces writes in pieces, as a copying program does.
func inPieces(path string, flags int, b []byte) error {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	for piece := range slices.Chunk(b, 4<<10) {
		if _, err := f.Write(piece); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vega/plugins/signature"
)

// MaxModule bounds the size of a .wasm file, in bytes.
const MaxModule = 64 << 20

// Found is a module and its file. If Err is set, the module can't be used for
// that reason, and Module is nil.
type Found struct {
	File      string
	Digest    string // hex SHA-256 of the file; "" if it could not be read
	Module    *Module
	Err       error
	Signature *signature.Signature // nil for a bundled plugin
	// Extra reports that the plugin ships with vega and that a dropped-in
	// plugin of the same name may replace it.
	Extra bool
}

// Admit decides about a module by its digest and signature alone, before any of
// it is parsed.
type Admit func(file, digest string, seal *signature.Signature) error

// Scan reads every *.wasm file directly in dir, in order of name. A missing
// directory contains none. Files that start with "." are skipped, so that a
// copy can be made under such a name and renamed when complete. A module
// refused by admit is not parsed; a nil admit admits all.
func Scan(dir string, admit Admit) ([]Found, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var found []Found
	for _, e := range entries {
		if IsModuleFile(e.Name()) {
			f, _ := Look(filepath.Join(dir, e.Name()), admit)
			found = append(found, f)
		}
	}
	return found, err
}

// Look reads the module at path, as Scan does, and also returns its bytes.
func Look(path string, admit Admit) (Found, []byte) {
	f := Found{File: path}
	var wasm []byte
	if wasm, f.Err = ReadFile(path); f.Err != nil {
		return f, nil
	}
	f.Digest, f.Signature = Digest(wasm), signature.Read(path, wasm)
	if admit != nil {
		f.Err = admit(path, f.Digest, f.Signature)
	}
	if f.Err == nil {
		f.Module, f.Err = Read(wasm)
	}
	return f, wasm
}

// IsModuleFile reports whether Scan reads a file of that name.
func IsModuleFile(name string) bool {
	return strings.HasSuffix(name, ".wasm") && !strings.HasPrefix(name, ".")
}

// FileName returns the base name of a file for display, quoted if it has
// characters that are invisible or would move a terminal's cursor.
func FileName(path string) string {
	name := filepath.Base(path)
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) || !utf8.ValidString(name) {
		return strconv.Quote(name)
	}
	return name
}

// largeModule is the size in bytes from which on the garbage of a module is
// collected before the next one is read. Otherwise several copies of a file that is
// read at each reload would wait for the next collection.
const largeModule = 16 << 20

// ReadFile reads the bytes of a module, of at most MaxModule.
func ReadFile(path string) ([]byte, error) { return ReadRegular(path, MaxModule) }

// ReadRegular reads a file of at most limit bytes. It accepts only a regular file: no
// link, pipe or device.
func ReadRegular(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|asItIs, 0)
	if err != nil {
		return nil, notRegular(path, err)
	}
	defer f.Close()
	info, err := f.Stat() // of the opened file, not of the path
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, nil)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s is %d bytes; at most %d are allowed", path, info.Size(), limit)
	}
	if info.Size() >= largeModule {
		runtime.GC() // frees what earlier reads left
	}
	room := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead)) // large enough to never grow
	_, err = room.ReadFrom(io.LimitReader(f, limit))
	return room.Bytes(), err
}

// notRegular replaces err if path could not be opened because it is not a
// regular file.
func notRegular(path string, err error) error {
	info, statErr := os.Lstat(path)
	if err != nil && (statErr != nil || info.Mode().IsRegular()) {
		return err
	}
	return fmt.Errorf("%s is not a regular file (links are not followed)", path)
}

// WriteFile writes a file atomically: a daemon that watches the directory never sees
// half of it. It replaces a regular file only: as root, it could otherwise replace a
// device such as /dev/null, and a link could lead to any file.
func WriteFile(path string, content []byte, mode os.FileMode) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w and was not changed; name another file", notRegular(path, nil))
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".vega-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Unwrap(err)) // drops the temporary name, which means nothing to the user
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Chmod(mode), temp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(temp.Name(), path)
}

// Plugin returns the usable plugin with the given name, or nil.
func Plugin(found []Found, name string) *Found {
	i := slices.IndexFunc(found, func(f Found) bool { return f.Module != nil && f.Module.Manifest.Name == name })
	if i < 0 {
		return nil
	}
	return &found[i]
}

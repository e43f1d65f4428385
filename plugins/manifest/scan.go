package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vega/plugins/signature"
)

// MaxModule bounds a .wasm file, in bytes.
const MaxModule = 64 << 20

// Found is a module and where it was found; Err says why it can't be used,
// and Module is then nil.
type Found struct {
	File      string
	Digest    string // hex SHA-256 of the bytes; "" where they could not be read
	Module    *Module
	Err       error
	Signature *signature.Signature // who signed the bytes; nil for a bundled one
	// Extra says that it ships with vega, and may be replaced by a plugin of its
	// name that is dropped in.
	Extra bool
}

// Admit judges a module by its bytes alone: by its digest and by who signed it.
// Nothing else of it has been looked at by then.
type Admit func(file, digest string, seal *signature.Signature) error

// Scan reads every *.wasm directly in dir, in order of name. A directory that
// is not there holds none. Files that start with "." are passed over, so that
// a copy can be made under such a name and renamed when it is whole. What admit
// refuses is not looked into; nil admits all.
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

// Look reads the module at path, as Scan does, and returns its bytes as well.
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

// IsModuleFile reports whether a file of that name in plugins/ is looked at.
func IsModuleFile(name string) bool {
	return strings.HasSuffix(name, ".wasm") && !strings.HasPrefix(name, ".")
}

// FileName names a file to a person: without its directory, and quoted where the
// name holds what would not show, or would move a terminal's cursor.
func FileName(path string) string {
	name := filepath.Base(path)
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) || !utf8.ValidString(name) {
		return strconv.Quote(name)
	}
	return name
}

// ReadFile reads a module's bytes. It takes a regular file only, of at most
// MaxModule bytes: no link, no pipe, no device.
func ReadFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|asItIs, 0)
	if err != nil {
		return nil, notRegular(path, err)
	}
	defer f.Close()
	info, err := f.Stat() // of what was opened, whatever stands there by now
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, nil)
	}
	if info.Size() > MaxModule {
		return nil, fmt.Errorf("%s is %d bytes; at most %d are allowed", path, info.Size(), MaxModule)
	}
	room := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead)) // so that it need not grow
	_, err = room.ReadFrom(io.LimitReader(f, MaxModule))
	return room.Bytes(), err
}

// notRegular says so where that is why path could not be opened.
func notRegular(path string, err error) error {
	info, statErr := os.Lstat(path)
	if err != nil && (statErr != nil || info.Mode().IsRegular()) {
		return err
	}
	return fmt.Errorf("%s is no regular file (links are not followed)", path)
}

// Plugin finds a plugin by name among those that can be used; nil if none.
func Plugin(found []Found, name string) *Found {
	i := slices.IndexFunc(found, func(f Found) bool { return f.Module != nil && f.Module.Manifest.Name == name })
	if i < 0 {
		return nil
	}
	return &found[i]
}

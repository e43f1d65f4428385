package manifest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vega/plugins/signature"
)

// MaxModule bounds a .wasm file, in bytes.
const MaxModule = 64 << 20

// Found is a module and where it was found; Err says why it can't be used,
// and Module is then nil.
type Found struct {
	File   string
	Module *Module
	Err    error
	Seal   *signature.Seal // who signed the bytes of Module; nil for a bundled one
	// Extra says that it ships with vega, and gives way to a plugin of its name
	// that is dropped in.
	Extra bool
}

// Scan reads every *.wasm directly in dir, in order of name. A directory that
// is not there holds none. Files that start with "." are passed over, so that
// a copy can be made under such a name and renamed when it is whole.
func Scan(dir string) ([]Found, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var found []Found
	for _, e := range entries {
		if !IsModuleFile(e.Name()) {
			continue
		}
		f := Found{File: filepath.Join(dir, e.Name())}
		var wasm []byte
		if wasm, f.Err = ReadFile(f.File); f.Err == nil {
			f.Module, f.Err = Read(wasm)
			f.Seal = signature.Read(f.File, wasm)
		}
		found = append(found, f)
	}
	refuseTwice(found)
	return found, err
}

// refuseTwice refuses the second of two files that hold a plugin of one name.
func refuseTwice(found []Found) {
	first := map[string]string{}
	for i := range found {
		m := found[i].Module
		if m == nil {
			continue
		}
		if other, ok := first[m.Manifest.Name]; ok {
			found[i].Module, found[i].Err = nil, fmt.Errorf("the plugin %q is already in %s; keep one of the two", m.Manifest.Name, other)
			continue
		}
		first[m.Manifest.Name] = found[i].File
	}
}

// IsModuleFile reports whether a file of that name in plugins/ is looked at.
func IsModuleFile(name string) bool {
	return strings.HasSuffix(name, ".wasm") && !strings.HasPrefix(name, ".")
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
	return io.ReadAll(io.LimitReader(f, MaxModule))
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

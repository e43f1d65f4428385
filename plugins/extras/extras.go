// Package extras contains the plugins that ship with vega in addition to core,
// each in a directory with its source and its module. They use only what is
// available to any author: an SDK, `vega plugin build` and `vega plugin test`.
//
// An extra is compiled only when an integration uses it. A dropped-in plugin of
// the same name replaces it if the configuration says so.
package extras

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"vega/plugins/manifest"
)

//go:embed */*.wasm
var files embed.FS

type extra struct {
	found manifest.Found
	wasm  []byte
}

// read reads the manifests, once.
var read = sync.OnceValues(func() ([]extra, error) {
	names, err := fs.Glob(files, "*/*.wasm")
	if err != nil {
		return nil, err
	}
	var all []extra
	for _, n := range names {
		wasm, err := files.ReadFile(n)
		if err != nil {
			return nil, err
		}
		m, err := manifest.Read(wasm)
		if err != nil {
			return nil, fmt.Errorf("the bundled plugin %s can't be read; this build of vega is broken: %w", n, err)
		}
		all = append(all, extra{manifest.Found{Module: m, Extra: true}, wasm})
	}
	return all, nil
})

// All returns the extras, in order of name.
func All() ([]manifest.Found, error) {
	extras, err := read()
	if err != nil {
		return nil, err
	}
	all := make([]manifest.Found, len(extras))
	for i, e := range extras {
		all[i] = e.found
	}
	return all, nil
}

// Digests returns the hex SHA-256 of all extras.
func Digests() []string {
	extras, err := read()
	if err != nil {
		return nil // All reports the error
	}
	all := make([]string, len(extras))
	for i, e := range extras {
		all[i] = e.found.Module.Digest
	}
	return all
}

// Module returns the module of the given name, or nil. The caller must not
// change it.
func Module(name string) []byte {
	extras, err := read()
	if err != nil {
		return nil // All reports the error
	}
	for _, e := range extras {
		if e.found.Module.Manifest.Name == name {
			return e.wasm
		}
	}
	return nil
}

// Package extras are the plugins that ship with vega besides core, each in a
// directory with its source and its module. They are made with nothing but what
// any author has: an SDK, `vega plugin build` and `vega plugin test`.
//
// One is compiled only when an integration is bound to it. A plugin of its name that
// is dropped in takes its place where the configuration says so.
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

// read reads what each says of itself, once.
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
			return nil, fmt.Errorf("the bundled plugin %s can't be read; this vega was built wrong: %w", n, err)
		}
		all = append(all, extra{manifest.Found{Module: m, Extra: true}, wasm})
	}
	return all, nil
})

// All are the extras, in order of name.
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

// Digests are the hex SHA-256 of all extras.
func Digests() []string {
	extras, err := read()
	if err != nil {
		return nil // All has told
	}
	all := make([]string, len(extras))
	for i, e := range extras {
		all[i] = e.found.Module.Digest
	}
	return all
}

// Module is the module of that name, nil if there is none. The caller must not
// change it.
func Module(name string) []byte {
	extras, err := read()
	if err != nil {
		return nil // All has told
	}
	for _, e := range extras {
		if e.found.Module.Manifest.Name == name {
			return e.wasm
		}
	}
	return nil
}

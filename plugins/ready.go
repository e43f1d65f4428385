package plugins

import (
	"vega/plugins/guard"
	"vega/plugins/manifest"
)

// ready is a module as it is compiled and run, with what is known of it.
type ready struct {
	read  *manifest.Module
	facts guard.Facts
	code  []byte // to compile
	image []byte // what its memory starts with; nil: its own data
}

// makeReady reads a stranger's bytes, which nothing else does to run them. What
// it refuses it refuses for what the module is.
func makeReady(wasm []byte, without defences) (*ready, error) {
	r, err := read(wasm, without)
	return r, refusalOf(err)
}

func read(wasm []byte, without defences) (*ready, error) {
	p, err := guard.Prepare(wasm)
	switch {
	case without.rewrite && err == nil, without.check && err != nil:
		p = &guard.Prepared{Code: wasm}
	case err != nil:
		return nil, err
	}
	m, err := manifest.Read(wasm)
	if err != nil {
		return nil, err
	}
	if err := checkImports(m); err != nil {
		return nil, err
	}
	return &ready{read: m, facts: p.Facts, code: p.Code, image: p.Image}, nil
}

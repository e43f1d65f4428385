package compiler

import (
	"context"
	"errors"

	"vega/plugins/engine"
	"vega/plugins/guard"
	"vega/plugins/manifest"
)

// Program is a module in the form in which it is compiled and run.
type Program struct {
	Read  *manifest.Module // the manifest
	Facts guard.Facts
	Code  []byte // the code to compile
	Image []byte // the initial memory; nil if the module has its own data
}

// Admit decides whether a module may be loaded, by its manifest and imports.
type Admit func(*manifest.Module) error

// Parse reads an untrusted module. No other code reads one in order to run it.
// Its errors are refusals.
func Parse(wasm []byte, admit Admit) (*Program, error) {
	p, err := parse(wasm, admit)
	return p, Refuse(err)
}

func parse(wasm []byte, admit Admit) (*Program, error) {
	prepared, err := guard.Prepare(wasm)
	if err != nil {
		return nil, err
	}
	m, err := manifest.Read(wasm)
	if err != nil {
		return nil, err
	}
	if err := admit(m); err != nil {
		return nil, err
	}
	return &Program{Read: m, Facts: prepared.Facts, Code: prepared.Code, Image: prepared.Image}, nil
}

// Compile compiles the program, or loads its native code from dir. If dir is
// empty, the code is kept in memory only.
func (p *Program) Compile(ctx context.Context, dir string) (*engine.Engine, error) {
	if err := makePrivate(dir); err != nil {
		return nil, err
	}
	e, err := engine.New(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := compileError(ctx, e.Compile(ctx, p.Code)); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// Store compiles the program into dir, with everything needed to load it again.
// If dir is empty, it only compiles the program.
func (p *Program) Store(ctx context.Context, dir string) error {
	e, err := p.Compile(ctx, dir)
	if err != nil {
		return err
	}
	if dir == "" {
		return e.Close()
	}
	return errors.Join(writeEntry(dir, p), e.Close())
}

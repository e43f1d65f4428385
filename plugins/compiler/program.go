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
	Read  *manifest.Module // what it declares
	Facts guard.Facts
	Code  []byte // to compile
	Image []byte // what its memory starts with; nil: its own data
}

// Admit decides whether a module may be loaded, by what it declares and imports.
type Admit func(*manifest.Module) error

// Parse reads a stranger's bytes. No other code reads them in order to run them.
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

// Compile compiles the program, or finds its native code in dir. Without a dir
// the code is kept in memory only.
func (p *Program) Compile(ctx context.Context, dir string) (*engine.Engine, error) {
	if err := makePrivate(dir); err != nil {
		return nil, err
	}
	e, err := engine.New(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := compileError(e.Compile(ctx, p.Code)); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// Store compiles the program into dir, and leaves there what loading it again
// takes.
func (p *Program) Store(ctx context.Context, dir string) error {
	e, err := p.Compile(ctx, dir)
	if err != nil {
		return err
	}
	return errors.Join(writeEntry(dir, p), e.Close())
}

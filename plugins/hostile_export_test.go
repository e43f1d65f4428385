package plugins

import (
	"context"
	"io"

	"vega/plugins/compiler"
	"vega/plugins/guard"
	"vega/plugins/manifest"
)

// Defences are the parts of guard.Prepare that a test leaves out, to show the
// harm that they prevent.
type Defences struct{ NoCheck, NoRewrite bool }

// parse is compiler.Parse without the defences.
func (d Defences) parse(wasm []byte) (*compiler.Program, error) {
	prepared, err := guard.Prepare(wasm)
	switch {
	case d.NoRewrite && err == nil, d.NoCheck && err != nil:
		prepared = &guard.Prepared{Code: wasm}
	case err != nil:
		return nil, compiler.Refuse(err)
	}
	m, err := manifest.Read(wasm)
	if err != nil {
		return nil, compiler.Refuse(err)
	}
	if err := checkImports(m); err != nil {
		return nil, compiler.Refuse(err)
	}
	return &compiler.Program{Read: m, Facts: prepared.Facts, Code: prepared.Code, Image: prepared.Image}, nil
}

// LoadWithout loads a module without the defences, in this process and without a
// cache.
func (s *Sandbox) LoadWithout(ctx context.Context, wasm []byte, d Defences) (*Module, error) {
	p, err := d.parse(wasm)
	if err != nil {
		return nil, err
	}
	e, err := p.Compile(ctx, "")
	if err != nil {
		return nil, err
	}
	return s.assemble(ctx, p, e, false)
}

// CompileWithout is CompileChild without the defences. It does not report
// refusals in the way that the parent expects, but as errors.
func CompileWithout(ctx context.Context, module io.Reader, dir string, d Defences) error {
	if d == (Defences{}) {
		return CompileChild(ctx, module, dir)
	}
	if err := compiler.LimitProcess(compiler.DefaultLimits.Processor); err != nil {
		return err
	}
	wasm, err := io.ReadAll(module)
	if err != nil {
		return err
	}
	p, err := d.parse(wasm)
	if err != nil {
		return err
	}
	return p.Store(ctx, dir)
}

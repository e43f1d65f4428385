package plugins

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// offerWASI instantiates WASI. A guest has its standard streams and no other
// file, and those are not its own: closing one succeeds and changes nothing,
// so that no run finds what another did to them.
func offerWASI(ctx context.Context, r wazero.Runtime) error {
	const badFile, streams = 8, 3
	b := r.NewHostModuleBuilder(wasi)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	b.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
		if api.DecodeU32(stack[0]) < streams {
			stack[0] = 0
		} else {
			stack[0] = badFile
		}
	}), []api.ValueType{i32}, []api.ValueType{i32}).Export("fd_close")
	b.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
		stack[0] = badFile
	}), []api.ValueType{i32, i32}, []api.ValueType{i32}).Export("fd_renumber")
	_, err := b.Instantiate(ctx)
	return err
}

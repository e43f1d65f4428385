package engine

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const (
	// WASI is the import module of WASI, which every guest may import. It has no
	// files, environment or sockets, and arguments only for a command.
	WASI = "wasi_snapshot_preview1"

	// Command is the export of a WASI command, the function that runs it. It can
	// be called once in an instance, which is a finished program afterwards.
	Command = "_start"
	// Initialize is the export of a WASI reactor that prepares it for calls.
	Initialize = "_initialize"
)

// ServeWASI instantiates WASI. A guest has its standard streams and no other
// file. The streams belong to the host: closing one succeeds and changes
// nothing, so that no run sees what another did to them.
func (e *Engine) ServeWASI(ctx context.Context) error {
	const badFile, streams = 8, 3
	b := e.Host(WASI)
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
	if _, err := b.Instantiate(ctx); err != nil {
		return fmt.Errorf("serve WASI: %w", err)
	}
	return nil
}

package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"vega/plugins/manifest"
)

// CompileChild does the child's part: it limits itself, reads and compiles the
// module on its standard input, and leaves in dir what becomes of it: an entry
// of the cache, or the reason why the module is refused. Its caller's program
// ends with it.
func CompileChild(ctx context.Context, module io.Reader, dir string) error {
	return compileChild(ctx, module, dir, defences{})
}

func compileChild(ctx context.Context, module io.Reader, dir string, without defences) error {
	if err := limitProcess(compileProcessor); err != nil {
		return fmt.Errorf("limit the compiler: %w", err)
	}
	wasm, err := io.ReadAll(io.LimitReader(module, manifest.MaxModule+1))
	if err != nil {
		return fmt.Errorf("read the module: %w", err)
	}
	err = leaveEntry(ctx, wasm, dir, without)
	if why, ok := errors.AsType[refusal](err); ok {
		return os.WriteFile(filepath.Join(dir, refusedFile), []byte(why.reason), 0o600)
	}
	if why, ok := errors.AsType[*fs.PathError](err); ok { // its path is new each time, and says nothing
		return fmt.Errorf("%s in the compile cache: %w", why.Op, why.Err)
	}
	return err
}

// leaveEntry makes the entry of a module in dir.
func leaveEntry(ctx context.Context, wasm []byte, dir string, without defences) error {
	r, err := makeReady(wasm, without)
	if err != nil {
		return err
	}
	e, err := newEngine(ctx, dir)
	if err != nil {
		return err
	}
	if err := e.compile(ctx, r.code); err != nil {
		return errors.Join(err, e.close())
	}
	return errors.Join(writeEntry(dir, r), e.close())
}

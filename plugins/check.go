package plugins

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"vega/plugins/egress"
	"vega/plugins/engine"
	"vega/plugins/guard"
	"vega/sdk/abi"
)

// serveCheck serves the function that the guard makes every module call when
// its fuel is used up, every few microseconds. Only there can a run be stopped,
// and only there can the garbage collector pause it, because native code has no
// other such place.
func serveCheck(ctx context.Context, e *engine.Engine) error {
	check := api.GoFunc(func(ctx context.Context, _ []uint64) {
		g := ctx.Value(guestKey{}).(*guest)
		switch size := g.instance.StackSize(); {
		case size > engine.MaxStack:
			panic(errDeep) // wazero returns the panic value as the error of the call
		case size <= engine.IdleStack: // a run that waits for a token keeps its stack
			g.lease.Yield()
		}
		g.checkEnd()
	})
	_, err := e.Host(guard.ImportModule).
		NewFunctionBuilder().WithGoFunction(check, nil, nil).Export(guard.ImportName).
		Instantiate(ctx)
	return err
}

// errDeep ends calls that are nested too deeply. It has the text of wazero's
// error, whose own limit is ten times higher.
var errDeep = errors.New("stack overflow")

// checkEnd stops the guest if its run has ended. wazero returns the value of
// the panic as the error of the call.
func (g *guest) checkEnd() {
	if err := ended(g.run); err != nil {
		panic(err)
	}
}

// ended returns the exit error if the run has ended, and nil if it continues.
func ended(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return sys.NewExitError(sys.ExitCodeDeadlineExceeded)
	default:
		return sys.NewExitError(sys.ExitCodeContextCanceled)
	}
}

// Pause is called regularly while the host computes for the guest. Like the
// checks in the guest's own code, it lets other runs compute, and returns an
// error once the run has ended.
func (g *guest) Pause() error {
	if g.instance.StackSize() <= engine.IdleStack { // a run that waits for a token keeps its stack
		g.lease.Yield()
	}
	if g.run.Err() != nil {
		return errRunEnded
	}
	return nil
}

// errRunEnded stops a computation for a run that has ended. It is not a
// timeout, because the host did not wait for anything.
var errRunEnded = &egress.Error{Errno: abi.ErrIO, Text: "the run has ended"}

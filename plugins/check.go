package plugins

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"vega/plugins/guard"
)

// offerCheck serves what the guard has every module call when its fuel is used
// up, some microseconds apart. There a run is ended, and there the garbage
// collector can stop it: native code has no other place.
func (e *engine) offerCheck(ctx context.Context) error {
	check := api.GoFunc(func(ctx context.Context, _ []uint64) {
		g := ctx.Value(guestKey{}).(*guest)
		switch deep := g.instance.stackSize(); {
		case deep > maxNative:
			panic(errDeep) // the runtime returns it as the error of the call
		case deep <= maxStack: // who waits holds on to its stack
			g.turn.share()
		}
		g.mayGoOn()
	})
	_, err := e.runtime.NewHostModuleBuilder(guard.ImportModule).
		NewFunctionBuilder().WithGoFunction(check, nil, nil).Export(guard.ImportName).
		Instantiate(ctx)
	return err
}

// errDeep ends calls that go too deep, in the words of the runtime, which lets
// them go ten times as deep.
var errDeep = errors.New("stack overflow")

// mayGoOn ends the guest where its run has ended. The runtime returns what is
// panicked with as the error of the call.
func (g *guest) mayGoOn() {
	if err := ended(g.run); err != nil {
		panic(err)
	}
}

// ended says how a run ended that was not left to return, nil if it was not.
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

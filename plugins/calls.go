package plugins

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"vega/sdk/abi"
)

// A hostCall is one function of the ABI. It answers an errno or a length as
// i32, nanoseconds as i64, or nothing.
type hostCall struct {
	params []api.ValueType
	result []api.ValueType
	do     func(*call) int64
}

// call is one invocation: the guest it is for and its arguments.
type call struct {
	*guest
	memory api.Memory
	stack  []uint64
}

var (
	noResult = []api.ValueType{}
	errnoI32 = []api.ValueType{i32}
	nanosI64 = []api.ValueType{i64}
)

// calls is the whole ABI, each capability from its own file.
var calls = func() map[string]hostCall {
	all := map[string]hostCall{}
	for _, part := range []map[string]hostCall{
		resultCalls, configCalls, matchCalls, httpCalls, jsonCalls, netCalls, dnsCalls, sqlCalls, kvCalls,
	} {
		maps.Copy(all, part)
	}
	return all
}()

// waiting are the calls in which a guest may wait for something other than the
// processor. They say themselves when they do.
var waiting = map[string]bool{
	"http_send": true, "json": true,
	"dial": true, "read": true, "write": true, "close": true, "tls_start": true,
	"resolve": true, "sql_query": true, "sql_next": true, "kv_get": true, "kv_set": true,
}

func isCall(name string) bool { _, ok := calls[name]; return ok }

// offerCalls instantiates the host module. Its functions find the run they
// serve in the context of the call.
func (e *engine) offerCalls(ctx context.Context) error {
	b := e.runtime.NewHostModuleBuilder(abi.Module)
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		c := calls[name]
		b.NewFunctionBuilder().WithGoModuleFunction(serve(c, waiting[name]), c.params, c.result).Export(name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

func serve(c hostCall, waits bool) api.GoModuleFunc {
	return func(ctx context.Context, m api.Module, stack []uint64) {
		g := ctx.Value(guestKey{}).(*guest)
		if g.starting {
			panic(errStarting) // ends _initialize; wazero turns it into its error
		}
		g.mayGoOn()
		if waits {
			g.arm()
		}
		answer := c.do(&call{guest: g, memory: m.Memory(), stack: stack})
		g.mayGoOn() // it may have ended while the host waited, or computed for it
		if len(c.result) > 0 {
			stack[0] = uint64(answer)
			if c.result[0] == i32 {
				stack[0] = api.EncodeI32(int32(answer))
			}
		}
	}
}

// u32 and i32 are arguments; the upper half of the stack slot carries garbage.
func (c *call) u32(i int) uint32 { return api.DecodeU32(c.stack[i]) }
func (c *call) i32(i int) int32  { return api.DecodeI32(c.stack[i]) }

// text is the string whose pointer is argument i and whose length follows.
func (c *call) text(i int) (string, error) {
	b, err := c.view(i, maxArgument)
	return string(b), err
}

// bytes is a copy of guest memory: what the guest does to it later is no
// concern of the host's.
func (c *call) bytes(i int, limit uint32) ([]byte, error) {
	b, err := c.view(i, limit)
	return slices.Clone(b), err
}

// view is guest memory as it is, for no longer than the call.
func (c *call) view(i int, limit uint32) ([]byte, error) {
	n := c.u32(i + 1)
	if n > limit {
		return nil, fmt.Errorf("%w: argument of %d bytes; at most %d are allowed", errTooLarge, n, limit)
	}
	if n == 0 {
		return nil, nil
	}
	view, ok := c.memory.Read(c.u32(i), n)
	if !ok {
		return nil, fmt.Errorf("%w: a pointer outside of the guest's memory", errInvalid)
	}
	return view, nil
}

// texts are the strings at the given argument positions.
func (c *call) texts(positions ...int) ([]string, error) {
	out := make([]string, len(positions))
	for n, i := range positions {
		var err error
		if out[n], err = c.text(i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// buffer is the guest's memory at argument i, as long as argument i+1 says.
func (c *call) buffer(i int) ([]byte, error) {
	view, ok := c.memory.Read(c.u32(i), c.u32(i+1))
	if !ok {
		return nil, fmt.Errorf("%w: a buffer outside of the guest's memory", errInvalid)
	}
	return view, nil
}

// put copies as much of value as fits the buffer at argument i and answers the
// value's full length, so that the guest can ask again with a larger one.
func (c *call) put(i int, value string) int64 { return put(c, i, value) }

func put[T string | []byte](c *call, i int, value T) int64 {
	buf, err := c.buffer(i)
	if err != nil {
		return int64(c.fail(err))
	}
	copy(buf, value)
	return int64(len(value))
}

package plugins

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/engine"
	"vega/sdk/abi"
)

const i32, i64, f64 = api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF64

// hostCall is one function of the ABI. It returns an errno or a length as i32,
// nanoseconds as i64, or nothing.
type hostCall struct {
	params []api.ValueType
	result []api.ValueType
	do     func(*call) int64
}

// call is one call of a function by a guest.
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

// calls holds all functions of the ABI.
var calls = func() map[string]hostCall {
	all := map[string]hostCall{}
	for _, part := range []map[string]hostCall{
		resultCalls, configCalls, matchCalls, httpCalls, jsonCalls, netCalls, dnsCalls, sqlCalls, kvCalls,
		icmpCalls, websocketCalls, sshCalls,
	} {
		maps.Copy(all, part)
	}
	return all
}()

// waiting holds the calls in which a guest may wait for something other than
// the processor.
var waiting = map[string]bool{
	"http_send": true, "json": true,
	"dial": true, "read": true, "read_within": true, "write": true, "close": true, "tls_start": true,
	"icmp_echo": true, "websocket_open": true, "websocket_send": true, "websocket_receive": true, "ssh_connect": true, "ssh_run": true,
	"resolve": true, "sql_query": true, "sql_next": true, "kv_get": true, "kv_set": true,
}

func isCall(name string) bool { _, ok := calls[name]; return ok }

// Calls returns the names of all functions of the ABI, sorted.
func Calls() []string { return slices.Sorted(maps.Keys(calls)) }

// serveHost instantiates everything that a guest may import.
func serveHost(ctx context.Context, e *engine.Engine) error {
	return cmp.Or(e.ServeWASI(ctx), serveCheck(ctx, e), serveCalls(ctx, e))
}

// serveCalls instantiates the ABI. Its functions find the guest that they serve in
// the context of the call.
func serveCalls(ctx context.Context, e *engine.Engine) error {
	b := e.Host(abi.Module)
	for _, name := range Calls() {
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
			panic(errStarting) // ends _initialize with this error
		}
		g.checkEnd()
		if waits {
			g.arm()
		}
		answer := c.do(&call{guest: g, memory: m.Memory(), stack: stack})
		g.checkEnd() // the run may have ended while the host waited or computed
		if len(c.result) > 0 {
			stack[0] = uint64(answer)
			if c.result[0] == i32 {
				stack[0] = api.EncodeI32(int32(answer))
			}
		}
	}
}

// u32 and i32 return an argument; the upper half of its stack slot is undefined.
func (c *call) u32(i int) uint32 { return api.DecodeU32(c.stack[i]) }
func (c *call) i32(i int) int32  { return api.DecodeI32(c.stack[i]) }

// text returns the string whose pointer is argument i and whose length is
// argument i+1.
func (c *call) text(i int) (string, error) {
	b, err := c.view(i, maxArgument)
	return string(b), err
}

// bytes returns a copy of guest memory, which the guest can't change later.
func (c *call) bytes(i int, limit uint32) ([]byte, error) {
	b, err := c.view(i, limit)
	return slices.Clone(b), err
}

// view returns guest memory without copying it. The result is valid until the
// call returns.
func (c *call) view(i int, limit uint32) ([]byte, error) {
	n := c.u32(i + 1)
	if n > limit {
		return nil, fmt.Errorf("%w: an argument has %d bytes; at most %d are allowed", ErrTooLarge, n, limit)
	}
	if n == 0 {
		return nil, nil
	}
	view, ok := c.memory.Read(c.u32(i), n)
	if !ok {
		return nil, fmt.Errorf("%w: an argument lies outside the guest's memory", errInvalid)
	}
	return view, nil
}

// texts returns the strings at the argument positions.
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

// buffer returns the guest's memory at argument i, with the length in argument i+1.
func (c *call) buffer(i int) ([]byte, error) {
	view, ok := c.memory.Read(c.u32(i), c.u32(i+1))
	if !ok {
		return nil, fmt.Errorf("%w: a buffer lies outside the guest's memory", errInvalid)
	}
	return view, nil
}

// put copies as much of value as fits into the buffer at argument i, and returns
// the full length of the value, so that the guest can ask again with a larger
// buffer.
func (c *call) put(i int, value string) int64 { return put(c, i, value) }

func put[T string | []byte](c *call, i int, value T) int64 {
	buf, err := c.buffer(i)
	if err != nil {
		return int64(c.fail(err))
	}
	copy(buf, value)
	return int64(len(value))
}

// open adds a handle that takes the given bytes of memory, and returns its
// number or an errno.
func (c *call) open(h handle, bytes int) int64 {
	id, err := c.handles.add(h, bytes)
	if err != nil {
		return int64(c.fail(err))
	}
	return int64(id)
}

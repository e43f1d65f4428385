package plugins

import (
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/egress"
	"vega/sdk/abi"
)

// echoes are the results of icmp_echo.
type echoes struct{ *egress.Echoes }

func (echoes) close() {}

const echoMemory = 128 // bytes of one reply

var icmpCalls = map[string]hostCall{
	"icmp_echo": {[]api.ValueType{i32, i32, i32, i32, i32, i32, i64, i64}, errnoI32, func(c *call) int64 {
		host, err := c.text(0)
		if err != nil {
			return int64(c.fail(err))
		}
		r := egress.EchoRequest{
			Host: host, Family: int(c.i32(2)), Count: int(c.i32(3)), Size: int(c.i32(4)), TTL: int(c.i32(5)),
			Interval: time.Duration(c.stack[6]), Wait: time.Duration(c.stack[7]),
		}
		c.goOut()
		found, err := c.net.Echo(c.ctx, r)
		c.comeIn()
		if err != nil {
			return int64(c.fail(err))
		}
		return c.open(echoes{found}, echoMemory*len(found.Replies))
	}},
	"icmp_reply": {[]api.ValueType{i32, i32, i32}, nanosI64, func(c *call) int64 {
		e, err := at[echoes](&c.handles, c.i32(0))
		if err == nil && (c.i32(1) < 0 || int(c.i32(1)) >= len(e.Replies)) {
			err = fmt.Errorf("%w: there is no echo request %d", errInvalid, c.i32(1))
		}
		if err != nil {
			return int64(c.fail(err))
		}
		r := e.Replies[c.i32(1)]
		value, set := int64(0), true
		switch c.i32(2) {
		case abi.EchoRTT:
			value, set = int64(r.RTT), r.Arrived
		case abi.EchoTTL:
			value, set = int64(r.TTL), r.Arrived && r.TTL > 0
		case abi.EchoDuplicates:
			value = int64(r.Duplicates)
		case abi.EchoError:
			value, set = int64(r.Error), r.Error >= 0
		default:
			return int64(c.fail(fmt.Errorf("%w: unknown fact %d of an echo request", errInvalid, c.i32(2))))
		}
		if !set {
			return int64(c.fail(fmt.Errorf("echo request %d: %w", c.i32(1), errNotSet)))
		}
		return value
	}},
	"icmp_from": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		e, err := at[echoes](&c.handles, c.i32(0))
		n := c.i32(1)
		if err == nil && (n < -1 || int(n) >= len(e.Replies)) {
			err = fmt.Errorf("%w: there is no echo request %d", errInvalid, n)
		}
		if err != nil {
			return int64(c.fail(err))
		}
		from := e.Address
		if n >= 0 {
			from = e.Replies[n].From
		}
		if from == "" {
			return int64(c.fail(fmt.Errorf("echo request %d: %w", n, errNotSet)))
		}
		return c.put(2, from)
	}},
}

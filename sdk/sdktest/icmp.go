//go:build !wasip1

package sdktest

import (
	"vega/sdk"
	"vega/sdk/abi"
)

// echoes are the replies of Config.Ping.
type echoes struct{ *sdk.Echoes }

// Close does nothing: the replies belong to the test.
func (echoes) Close() error { return nil }

// ICMPEcho asks Config.Ping: a test needs neither a socket nor a network.
func (r reach) ICMPEcho(target string, family, count, size, ttl int32, interval, wait int64) int32 {
	h := r.host
	if h.denied("icmp", target) {
		return int32(abi.ErrDenied)
	}
	if h.config.Ping == nil {
		return h.fail(newErrno(abi.ErrIO, "the test does not set Ping"))
	}
	if need := int64(count-1)*interval + wait; need > h.Deadline() {
		return h.fail(newErrno(abi.ErrInvalid, "the run has too little time left for the echo requests"))
	}
	found, err := h.config.Ping(target, int(count))
	if err != nil {
		return h.fail(err)
	}
	return h.open(echoes{found})
}

// reply returns a reply, or nil if there is none.
func (r reach) reply(handle, n int32) *sdk.EchoReply {
	e, ok := r.host.handles[handle].(echoes)
	if !ok || n < 0 || int(n) >= len(e.Replies) {
		return nil
	}
	return &e.Replies[n]
}

func (r reach) ICMPReply(handle, n, what int32) int64 {
	p := r.reply(handle, n)
	if p == nil {
		return int64(r.host.fail(newErrno(abi.ErrInvalid, "there is no such echo request")))
	}
	value, set := int64(0), true
	switch what {
	case abi.EchoRTT:
		value, set = int64(p.RTT), p.Arrived
	case abi.EchoTTL:
		value, set = int64(p.TTL), p.Arrived && p.TTL > 0
	case abi.EchoDuplicates:
		value = int64(p.Duplicates)
	case abi.EchoError:
		value, set = int64(p.Type<<8|p.Code), p.Failed
	default:
		return int64(r.host.fail(newErrno(abi.ErrInvalid, "unknown fact of an echo request")))
	}
	if !set {
		return int64(r.host.fail(newErrno(abi.ErrNotSet, "not set")))
	}
	return value
}

func (r reach) ICMPFrom(handle, n int32, buf []byte) int32 {
	if e, ok := r.host.handles[handle].(echoes); ok && n == -1 {
		return put(buf, e.Address)
	}
	p := r.reply(handle, n)
	if p == nil || p.From == "" {
		return r.host.fail(newErrno(abi.ErrNotSet, "nothing came back for this echo request"))
	}
	return put(buf, p.From)
}

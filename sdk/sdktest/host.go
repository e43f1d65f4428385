//go:build !wasip1

package sdktest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"time"

	"vega/sdk/abi"
)

// maxHandles is the sandbox's limit, so that a leak shows early.
const maxHandles = 16

// headStart is how long before the deadline calls time out.
const headStart = 50 * time.Millisecond

// host implements the sandbox's side of one run natively.
type host struct {
	reach

	config   Config
	tree     map[string]any
	ctx      context.Context
	cancel   context.CancelFunc
	deadline time.Time
	handles  map[int32]io.Closer
	last     int32
	lastText string
	result   Result
	cookies  http.CookieJar
}

var _ abi.Host = (*host)(nil)

func newHost(ctx context.Context, c Config) *host {
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	h := &host{config: c, handles: map[int32]io.Closer{}, deadline: time.Now().Add(c.Timeout - headStart)}
	h.tree = map[string]any{"x-grease": "of a newer vega", "x-grease-map": map[string]any{"": ""}}
	h.reach = reach{h}
	h.cookies, _ = cookiejar.New(nil) // without options there is no error
	for k, v := range c.Options {
		h.tree[k] = plain(v)
	}
	h.ctx, h.cancel = context.WithDeadline(ctx, h.deadline)
	h.result = Result{Details: map[string]string{}, Metrics: map[string]float64{}}
	return h
}

// end closes what the probe left open, as the sandbox does.
func (h *host) end() {
	h.cancel()
	for _, c := range h.handles {
		_ = c.Close() // the run has ended
	}
}

func (h *host) open(c io.Closer) int32 {
	if len(h.handles) >= maxHandles {
		return h.fail(errors.Join(newErrno(abi.ErrQuota, "16 handles are already open, the maximum"), c.Close()))
	}
	h.last++
	h.handles[h.last] = c
	return h.last
}

// denied reports whether the test refuses the call.
func (h *host) denied(capability, target string) bool {
	if h.config.Deny == nil {
		return false
	}
	text := h.config.Deny(capability, target)
	if text == "" {
		return false
	}
	h.fail(newErrno(abi.ErrDenied, text))
	return true
}

func put(buf []byte, value string) int32 {
	copy(buf, value)
	return int32(len(value))
}

func (h *host) Config(key string, buf []byte) int32 {
	value, ok := lookup(h.tree, key)
	if !ok {
		return h.fail(newErrno(abi.ErrNotSet, "option "+key+" is not set"))
	}
	return put(buf, value)
}

func (h *host) Message(text string)                     { h.result.Message = text }
func (h *host) Detail(name, value string)               { h.result.Details[name] = value }
func (h *host) Metric(name string, v float64, _ string) { h.result.Metrics[name] = v }
func (h *host) Log(level abi.Level, text string)        { h.result.Logs = append(h.result.Logs, text) }

func (h *host) Deadline() int64        { return max(0, int64(time.Until(h.deadline))) }
func (h *host) Now() int64             { return time.Now().UnixNano() }
func (h *host) Error(buf []byte) int32 { return put(buf, h.lastText) }

func (h *host) KVGet(key string, buf []byte) int32 {
	if h.denied("kv", key) {
		return int32(abi.ErrDenied)
	}
	value, ok := h.config.KV[key]
	if !ok {
		return h.fail(newErrno(abi.ErrNotSet, "key "+key+" is not set"))
	}
	return put(buf, value)
}

func (h *host) KVSet(key, value string) int32 {
	if h.denied("kv", key) {
		return int32(abi.ErrDenied)
	}
	if h.config.KV == nil {
		h.config.KV = map[string]string{}
	}
	if h.config.KV[key] = value; value == "" {
		delete(h.config.KV, key)
	}
	return 0
}

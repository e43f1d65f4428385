package plugins

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/egress"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// outputs holds the argument position of the buffer that a call writes to. Calls
// that are not listed write nothing.
var outputs = map[string]int{
	"config": 2, "error": 0, "json": 3, "http_response_header": 3, "http_response_trailer": 3, "kv_get": 2, "match_group": 5,
	"read": 1, "read_within": 2, "resolve": 6, "sql_column": 2, "tls_info": 2,
	"icmp_from": 2, "ssh_info": 2, "websocket_info": 2, "websocket_receive": 1,
}

// Whatever arguments a guest without grants passes to a host call, and whatever its
// handles are of, the call returns an errno or a length, and writes only to the buffer
// it was given.
func FuzzCalls(f *testing.F) {
	names := make([]string, 0, len(calls))
	for name := range calls {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range names {
		f.Add(byte(i), uint64(0), uint64(1), uint64(0), uint64(8), uint64(64), uint64(8), uint64(65528), uint64(16), []byte("@probe http://127.0.0.1:1/"))
		f.Add(byte(i), uint64(0xfffffff8), uint64(0xffffffff), uint64(1<<63), uint64(65536), uint64(1), uint64(0), uint64(65535), uint64(2), []byte("(a*)*"))
		f.Add(byte(i), uint64(1), uint64(16), uint64(4), uint64(32), uint64(16), uint64(2), uint64(0), uint64(9), []byte("GET http://[::1]:1\x00\xff"))
		for handle := range uint64(6) { // with a fact or kind and a buffer at each place
			f.Add(byte(i), 1+handle, uint64(1), uint64(64), uint64(8), uint64(96), uint64(16), uint64(0), uint64(9), []byte("trailer"))
			f.Add(byte(i), 1+handle, uint64(64), uint64(8), uint64(65534), uint64(9), uint64(0), uint64(0), uint64(9), []byte("trailer"))
		}
	}
	memory := onePage(f)
	sandbox, err := Open(context.Background(), Options{Network: egress.New("127.0.0.1:1"), CPUBudget: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which byte, a, b, c, d, e, g, h, i uint64, content []byte) {
		name := names[int(which)%len(names)]
		host := calls[name]
		guest := newFuzzed(t, sandbox)
		defer func() {
			guest.handles.closeAll()
			kept := int64(0)
			for name, value := range guest.output.details {
				kept += int64(len(name) + len(value))
			}
			logged := int64(0)
			for _, l := range guest.output.log {
				logged += int64(len(l.text))
			}
			if held := guest.account.Held() - logged; held < 0 || kept == 0 && held != 0 || kept > 0 && held > 64<<10 {
				t.Errorf("%s: %d bytes are held without a use", name, held)
			}
			guest.end()
			if held, _ := sandbox.ledger.Held(); held != 0 {
				t.Errorf("%s: %d bytes stay counted", name, held)
			}
		}()
		before := make([]byte, 65536)
		copy(before, content)
		memory.Write(0, before)
		arguments := []uint64{a, b, c, d, e, g, h, i}
		stack := slices.Clone(arguments)
		answer := host.do(&call{guest: guest, memory: memory, stack: stack})

		after, _ := memory.Read(0, 65536)
		start, length := uint64(0), uint64(0)
		if at, ok := outputs[name]; ok {
			start, length = uint64(uint32(arguments[at])), uint64(uint32(arguments[at+1]))
		}
		if start+length > 65536 {
			start, length = 0, 0
		}
		if !bytes.Equal(before[:start], after[:start]) || !bytes.Equal(before[start+length:], after[start+length:]) {
			t.Fatalf("%s%v wrote outside of its buffer", name, arguments)
		}
		if len(host.result) > 0 && answer < int64(abi.ErrTarget) && (name != "now" && name != "deadline") {
			t.Fatalf("%s%v answers %d, which is not an errno", name, arguments, answer)
		}
		if answer == int64(abi.ErrDenied) && guest.errorText() == "" {
			t.Fatalf("%s%v is denied without a message", name, arguments)
		}
		if len(guest.errorText()) > maxArgument+4 || len(guest.output.message) > maxMessage+4 || len(guest.handles.open) > maxHandles {
			t.Fatalf("%s%v: a limit is exceeded", name, arguments)
		}
	})
}

// newFuzzed returns the host's side of a run without grants, with a handle of each kind
// open: 1 a request, 2 a response, 3 a connection, 4 echoes, 5 a WebSocket, and 6 an SSH
// connection.
func newFuzzed(t testing.TB, s *Sandbox) *guest {
	t.Helper()
	probe := &manifest.Probe{Name: "p", Options: []manifest.Option{{Name: "a", Type: manifest.String}}}
	values := manifest.Values{"a": manifest.Plain("value")}
	m := &Module{Module: &manifest.Module{Manifest: &manifest.Manifest{Probes: []manifest.Probe{*probe}}}, sandbox: s}
	in := &Input{Integration: "i", Probe: "p", Values: values, Timeout: time.Second}
	g, err := m.newGuest(in, probe, time.Now().Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), guestKey{}, g), time.Second)
	t.Cleanup(cancel)
	g.run = ctx
	g.lease = s.scheduler.Lease(ctx, cancel, s.scheduler.Fast())
	asked := &request{Request: egress.Request{Method: "GET", URL: "http://127.0.0.1:1/"}}
	answered := newResponse(g, invented(), asked)
	_ = answered.end() // the account has room for the trailers
	for _, h := range []handle{
		asked, answered,
		stream{fuzzedPeer{}},
		echoes{&egress.Echoes{Address: "192.0.2.1", Replies: []egress.EchoReply{{Arrived: true, From: "192.0.2.1", TTL: 64, Error: -1}, {Error: 0x301}}}},
		&websocket{WebSocket: fuzzedSocket{}},
		shell{fuzzedShell{}},
	} {
		if _, err := g.handles.add(h, 0); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// invented is an answer with a header, a body and a trailer.
func invented() *egress.Response {
	field := http.Header{"Trailer": {"a", "b"}}
	return &egress.Response{
		Status: http.StatusOK, Header: field, Trailers: func() http.Header { return field },
		Body:  io.NopCloser(strings.NewReader(`{"trailer": "a body of some length"}`)),
		Facts: fuzzedPeer{}.TLSInfo,
	}
}

// fuzzedPeer is the other end of a connection, over SSH or not, that sends as much as is
// read.
type fuzzedPeer struct{}

func (fuzzedPeer) Read(_ context.Context, b []byte) (int, error) { return fill(b), nil }
func (fuzzedPeer) ReadWithin(_ context.Context, _ time.Duration, b []byte) (int, error) {
	return fill(b), nil
}
func (fuzzedPeer) Write(_ context.Context, b []byte) (int, error) { return len(b), nil }
func (fuzzedPeer) StartTLS(_ context.Context, _ string) error     { return nil }
func (fuzzedPeer) TLSInfo(int32) (string, error)                  { return "a fact about TLS", nil }
func (fuzzedPeer) Close() error                                   { return nil }

// fuzzedShell is an SSH server that lets everybody in.
type fuzzedShell struct{ fuzzedPeer }

func (fuzzedShell) Info(int32) (string, error)       { return "a fact about SSH", nil }
func (fuzzedShell) Run(context.Context) (int, error) { return 255, nil }
func (fuzzedShell) Read(b []byte) (int, error)       { return fill(b), nil }

// fuzzedSocket is a WebSocket that always has a message.
type fuzzedSocket struct{ fuzzedPeer }

func (fuzzedSocket) Answer() *egress.Response                  { return invented() }
func (fuzzedSocket) Send(context.Context, int32, []byte) error { return nil }
func (fuzzedSocket) Receive(context.Context) (int32, []byte, error) {
	return abi.MessageBinary, []byte("a message that is longer than most buffers"), nil
}
func (fuzzedSocket) Info(int32) (string, error) { return "a fact about a WebSocket", nil }

func fill(b []byte) int {
	for i := range b {
		b[i] = 'x'
	}
	return len(b)
}

// onePage returns a memory of 64 KiB.
func onePage(f testing.TB) api.Memory {
	f.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	f.Cleanup(func() { _ = r.Close(ctx) }) // nothing in it can fail to close
	m, err := r.Instantiate(ctx, []byte("\x00asm\x01\x00\x00\x00\x05\x04\x01\x01\x01\x01\x07\x0a\x01\x06memory\x02\x00"))
	if err != nil {
		f.Fatal(err)
	}
	return m.Memory()
}

// inventedNetwork lets a guest open whatever it asks for, and counts what is open.
type inventedNetwork struct {
	Outside
	open *int
}

type countedPeer struct {
	fuzzedShell
	open *int
}

func (p countedPeer) Close() error { *p.open--; return nil }

type countedConn struct {
	fuzzedPeer
	open *int
}

func (c countedConn) Close() error { *c.open--; return nil }

type countedSocket struct {
	fuzzedSocket
	open *int
}

func (s countedSocket) Close() error { *s.open--; return nil }

func (inventedNetwork) HTTP(context.Context, *egress.Request) (*egress.Response, error) {
	return invented(), nil
}

func (n inventedNetwork) Dial(context.Context, int32, string) (Conn, error) {
	*n.open++
	return countedConn{open: n.open}, nil
}

func (n inventedNetwork) Echo(context.Context, egress.EchoRequest) (*egress.Echoes, error) {
	return &egress.Echoes{Replies: make([]egress.EchoReply, 100)}, nil
}

func (n inventedNetwork) OpenWebSocket(context.Context, *egress.Request) (WebSocket, *egress.Response, error) {
	*n.open++
	return countedSocket{open: n.open}, nil, nil
}

func (n inventedNetwork) ConnectSSH(context.Context, string) (SSH, error) {
	*n.open++
	return countedPeer{open: n.open}, nil
}

// newInvented returns the host's side of a run with that network, the handles of
// newFuzzed, and a function that makes a call.
func newInvented(f testing.TB, open *int) (*guest, func(name string, arguments ...uint64) int64) {
	memory := onePage(f)
	sandbox, err := Open(context.Background(), Options{Network: egress.New("127.0.0.1:1"), CPUBudget: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	g := newFuzzed(f, sandbox)
	g.net = inventedNetwork{open: open}
	return g, func(name string, arguments ...uint64) int64 {
		return calls[name].do(&call{guest: g, memory: memory, stack: append(arguments, make([]uint64, 8)...)})
	}
}

// A handle of any kind counts toward the limit. What is opened beyond it is closed at
// once, and the rest when the run ends.
func TestHandlesOfEveryKindAreCapped(t *testing.T) {
	for kind, opener := range map[string][]string{
		"connection": {"dial"}, "echoes": {"icmp_echo"}, "SSH": {"ssh_connect"}, "WebSocket": {"http_request", "websocket_open"},
	} {
		var open int
		g, call := newInvented(t, &open)
		g.handles.closeAll()
		before := g.account.Held()
		for n := range maxHandles + 3 {
			last := int64(0)
			for _, name := range opener {
				last = call(name, uint64(max(0, last)))
			}
			if over := n >= maxHandles; over != (last < 0) || over && len(opener) == 1 && last != int64(abi.ErrQuota) {
				t.Errorf("%s %d: %d", kind, n+1, last)
			}
		}
		if kind != "echoes" && open != maxHandles || len(g.handles.open) != maxHandles {
			t.Errorf("%s: %d are open, by %d handles", kind, open, len(g.handles.open))
		}
		if kind == "echoes" && g.account.Held()-before != maxHandles*100*echoMemory {
			t.Errorf("%d bytes are held for the results of echo requests", g.account.Held()-before)
		}
		g.handles.closeAll()
		if held := g.account.Held(); open != 0 || held != before {
			t.Errorf("%s: after the run %d are open, and %d bytes are held", kind, open, held-before)
		}
		g.end()
	}
}

// A call takes handles of its own kind only, and none that is closed.
func TestCallsTakeHandlesOfTheirKind(t *testing.T) {
	const request, response, connection, replies, socket, ssh = 1, 2, 3, 4, 5, 6
	for name, kinds := range map[string][]uint64{
		"http_header": {request}, "http_option": {request}, "http_basic_auth": {request}, "http_send": {request}, "http_unix": {request},
		"http_response_header": {response, socket}, "http_response_trailer": {response}, "http_timing": {response, socket}, "json": {response},
		"read": {response, connection, ssh}, "read_within": {connection}, "write": {connection}, "tls_start": {connection},
		"tls_info": {response, connection, socket}, "icmp_reply": {replies}, "icmp_from": {replies},
		"websocket_open": {request}, "websocket_send": {socket}, "websocket_receive": {socket}, "websocket_info": {socket},
		"ssh_info": {ssh}, "ssh_run": {ssh}, "sql_next": {}, "sql_column": {},
	} {
		var open int
		g, call := newInvented(t, &open)
		for handle := uint64(request); handle <= ssh; handle++ {
			if got := call(name, handle, 1); !slices.Contains(kinds, handle) && got != int64(abi.ErrInvalid) {
				t.Errorf("%s of handle %d: %d", name, handle, got)
			}
		}
		for _, handle := range []uint64{0, 99, 1<<32 - 1} {
			if got := call(name, handle, 1); got != int64(abi.ErrClosed) {
				t.Errorf("%s of handle %d, which does not exist: %d", name, handle, got)
			}
		}
		g.handles.closeAll()
		g.end()
	}
}

// A message that does not reach the guest, because its buffer is too small or lies
// outside of its memory, is there for the next call.
func TestMessageOfAWebSocketIsNotLost(t *testing.T) {
	var open int
	g, call := newInvented(t, &open)
	defer g.end()
	g.handles.closeAll()
	socket := &numbered{}
	id, err := g.handles.add(&websocket{WebSocket: socket}, 0)
	if err != nil {
		t.Fatal(err)
	}
	h := uint64(id)
	for step, c := range []struct {
		buf, length uint64
		want        int64
		taken       int
	}{
		{65535, 64, int64(abi.ErrInvalid), 0},
		{1 << 20, 1 << 20, int64(abi.ErrInvalid), 0},
		{0, 0, 1, 1},
		{65535, 64, int64(abi.ErrInvalid), 1},
		{0, 1, 1, 1},
		{0, 64, 2, 2},
	} {
		if got := call("websocket_receive", h, c.buf, c.length); got != c.want || socket.taken != c.taken {
			t.Errorf("step %d: %d, and %d messages are taken; want %d and %d", step, got, socket.taken, c.want, c.taken)
		}
	}
	g.handles.closeAll()
}

// numbered is a WebSocket whose messages become longer by a byte each.
type numbered struct {
	fuzzedSocket
	taken int
}

func (n *numbered) Receive(context.Context) (int32, []byte, error) {
	n.taken++
	return abi.MessageText, make([]byte, n.taken), nil
}

package plugins

import (
	"bytes"
	"context"
	"slices"
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
	"config": 2, "error": 0, "json": 3, "http_response_header": 3, "kv_get": 2, "read": 1, "resolve": 6,
	"sql_column": 2, "tls_info": 2,
}

// Whatever arguments a guest without grants passes to a host call, the call returns
// an errno or a length, and writes only to the buffer it was given.
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
		if slices.Equal(host.result, errnoI32) && answer < int64(abi.ErrIO) {
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

// newFuzzed returns the host's side of a run without grants, with a request open as
// handle 1.
func newFuzzed(t *testing.T, s *Sandbox) *guest {
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
	if _, err := g.handles.add(&request{Request: egress.Request{Method: "GET", URL: "http://127.0.0.1:1/"}}, 0); err != nil {
		t.Fatal(err)
	}
	return g
}

// onePage returns a memory of 64 KiB.
func onePage(f *testing.F) api.Memory {
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

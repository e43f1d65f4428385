package egress

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync"
	"sync/atomic"

	"vega/sdk/abi"
)

type connKey struct{}

// newHTTP2 returns a transport that speaks HTTP/2 over connections that
// exchange opened and verified. It opens none itself. For the transport they
// are plain connections, because it does not see that they are inside TLS.
func newHTTP2() *http.Transport {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if conn, ok := ctx.Value(connKey{}).(net.Conn); ok {
				return conn, nil
			}
			return nil, errors.New("the transport was given no connection")
		},
		Protocols: &protocols, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		// Data that arrives before it is read waits in memory.
		HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: windowMemory, MaxReceiveBufferPerConnection: windowMemory},
	}
}

func (n *Network) overHTTP2(conn net.Conn, r *http.Request, a *answer) (*http.Response, error) {
	r.Close = false
	watched := &frames{Conn: conn, unheard: &a.unheard}
	a.unheard.Store(true)
	// The address is not used, but must have a port, which a socket in the file system lacks.
	cc, err := n.http2.NewClientConn(context.WithValue(r.Context(), connKey{}, net.Conn(watched)), "https", "connected:443")
	if err != nil {
		return nil, watched.explain(err)
	}
	closeConn := a.close
	a.close = func() { _ = cc.Close(); a.link.settle(); closeConn() }
	resp, err := cc.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), interim())))
	if failure := watched.failure.Load(); err != nil && failure != nil && r.Context().Err() == nil && !isTimeout(err) {
		err = failure
	}
	switch {
	case err == nil && (resp.StatusCode < 200 || resp.StatusCode > 999): // a negative one would be an errno
		return nil, fmt.Errorf("it answers with the status %d, which HTTP does not have", resp.StatusCode)
	case err == nil:
		resp.Body = &explained{resp.Body, r.Context(), watched}
		return resp, nil
	case watched.wantsHTTP1(r.Method) && !a.link.http2:
		return nil, fmt.Errorf("%w: %w", errHTTP1, err)
	case watched.headers.Load() >= longHeaders:
		return nil, errLongHeaders
	case watched.refused.Load() || watched.left.Load() && watched.unread.Load():
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	default:
		return nil, watched.explain(err)
	}
}

// explained is a body over HTTP/2. If the server ends it with an error, it says which.
type explained struct {
	io.ReadCloser
	ctx     context.Context
	watched *frames
}

// Read reads.
func (e *explained) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if failure := e.watched.failure.Load(); err != nil && !errors.Is(err, io.EOF) && failure != nil && e.ctx.Err() == nil && !isTimeout(err) {
		err = failure
	}
	return n, err
}

// interim allows for as many interim responses as HTTP/1 does.
func interim() *httptrace.ClientTrace {
	n := 0
	return &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error {
		if n++; n > maxInterim {
			return errInterim
		}
		return nil
	}}
}

// errHTTP1 has the request sent again over HTTP/1.1.
var errHTTP1 = errors.New("the server requires HTTP/1.1")

// errUnread has the request sent again, once: the server has not looked at it
// (RFC 9113, section 8.7), because it is shutting down, for example.
var errUnread = errors.New("the server did not take the request")

// longHeaders is the size of headers, compressed, from which on the transport
// may have failed because of their size, which its error does not say. A
// character takes at least 5 bits.
const longHeaders = maxHeader * 5 / 8

// idempotent lists the methods that can be sent again, whatever the server did
// with the first request (RFC 9110, section 9.2.2).
var idempotent = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodOptions: true, http.MethodPut: true, http.MethodDelete: true,
}

// The parts of HTTP/2 (RFC 9113) that frames looks at.
const (
	frameHeader       = 9
	frameFields       = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	frameGoAway       = 0x7
	frameContinuation = 0x9
	noError           = 0x0
	refusedStream     = 0x7
	enhanceYourCalm   = 0xb
	http11Required    = 0xd
)

// frames is a connection on which it is noticed why a server ends the exchange,
// which the errors of package net/http do not tell: it requires HTTP/1.1, it did
// not look at the request, or its headers are too long.
type frames struct {
	net.Conn
	reading sync.Mutex
	head    [frameHeader + 8]byte // of a frame: its header, and the beginning of its payload
	unheard *atomic.Bool          // no frame came yet
	have    int                   // bytes of head
	skip    int                   // bytes of the frame that are still to come
	reset   atomic.Bool           // the stream was reset with the code
	goAway  atomic.Bool           // the connection was ended with the code
	left    atomic.Bool           // the connection was ended without an error
	unread  atomic.Bool           // the server has not looked at the request
	refused atomic.Bool           // the stream was refused
	headers atomic.Int64          // size of the headers, compressed
	failure atomic.Pointer[Error] // that the server reported instead of a response
	ended   atomic.Pointer[error] // that ended reading, such as an alert of TLS
}

// explain adds to an error of the transport why the connection ended, which the
// transport may not say.
func (f *frames) explain(err error) error {
	if ended := f.ended.Load(); err != nil && ended != nil && !errors.Is(err, *ended) {
		return fmt.Errorf("%w: %w", err, *ended)
	}
	return err
}

// Write writes. If the server has closed the connection, it may have said why before.
func (f *frames) Write(p []byte) (int, error) {
	n, err := f.Conn.Write(p)
	if err != nil && f.unheard.Load() && !isTimeout(err) {
		f.reading.Lock()
		defer f.reading.Unlock()
		for f.unheard.Load() && f.ended.Load() == nil && f.failure.Load() == nil { // at most 9 bytes, or the end
			if _, err := f.read(make([]byte, 1)); err != nil {
				break
			}
		}
	}
	return n, err
}

// Read reads and watches.
func (f *frames) Read(p []byte) (int, error) {
	f.reading.Lock()
	defer f.reading.Unlock()
	return f.read(p)
}

func (f *frames) read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if err != nil && !errors.Is(err, net.ErrClosed) { // which is this side's doing
		f.ended.CompareAndSwap(nil, &err)
	}
	for b := p[:n]; len(b) > 0; {
		b = f.take(b)
	}
	if err != nil && f.have > 0 && f.unheard.Load() && !isTimeout(err) {
		f.mistaken(f.head[:f.have])
	}
	return n, err
}

// mistaken notes that the server began with what is no frame of HTTP/2: its first must
// be SETTINGS (RFC 9113, section 3.4).
func (f *frames) mistaken(first []byte) {
	text := fmt.Sprintf("it does not speak HTTP/2: it begins with %q; correct the port", first)
	switch {
	case bytes.HasPrefix(first, []byte("HTTP/")):
		text = "it answers in HTTP/1.1, and this request needs HTTP/2; enable HTTP/2 there (without TLS, with prior knowledge: h2c), or use the port that speaks it"
	case len(first) >= 3 && first[1] == 3 && (first[0] == 0x15 || first[0] == 0x16): // a TLS alert or handshake
		text = "it speaks TLS on this port: write https:// instead of http://"
	}
	f.failure.CompareAndSwap(nil, &Error{Errno: abi.ErrTarget, Text: text})
}

// take looks at the beginning of b, and returns the rest.
func (f *frames) take(b []byte) []byte {
	if f.skip > 0 {
		n := min(f.skip, len(b))
		f.skip -= n
		return b[n:]
	}
	want := frameHeader
	if f.have >= frameHeader {
		want += f.wanted()
	}
	n := copy(f.head[f.have:want], b)
	f.have += n
	if f.have >= frameHeader && f.have == frameHeader+f.wanted() {
		f.judge()
		f.skip, f.have = f.length()-f.wanted(), 0
	}
	return b[n:]
}

// length returns the length of the payload.
func (f *frames) length() int { return int(binary.BigEndian.Uint32(f.head[:]) >> 8) }

// wanted returns how much of the payload matters.
func (f *frames) wanted() int {
	switch f.head[3] {
	case frameReset:
		return min(f.length(), 4)
	case frameGoAway:
		return min(f.length(), 8)
	default:
		return 0
	}
}

func (f *frames) judge() {
	if f.unheard.CompareAndSwap(true, false) && f.head[3] != frameSettings {
		f.mistaken(f.head[:frameHeader])
		return
	}
	code := func(at int) uint32 { return binary.BigEndian.Uint32(f.head[frameHeader+at:]) }
	switch {
	case f.head[3] == frameFields, f.head[3] == frameContinuation:
		f.headers.Add(int64(f.length()))
	case f.head[3] == frameReset && f.length() >= 4:
		f.fails("resets the request", code(0))
		f.reset.Store(code(0) == http11Required)
		f.refused.Store(code(0) == refusedStream)
	case f.head[3] == frameGoAway && f.length() >= 8:
		f.fails("ends the connection", code(4))
		f.goAway.Store(code(4) == http11Required)
		f.left.Store(code(4) == noError)
		f.unread.Store(code(0)&0x7fffffff == 0)
	}
}

// fails notes an error that the server reports (RFC 9113, section 7).
func (f *frames) fails(does string, code uint32) {
	if code == noError {
		return
	}
	name, fix := fmt.Sprintf("code %d", code), "look into its log"
	if code < uint32(len(codes)) {
		name = codes[code]
	}
	switch code {
	case enhanceYourCalm:
		fix = "it limits this client: raise the interval, or its limits"
	case http11Required:
		fix = "let it take this request over HTTP/2"
	}
	text := "it " + does + " with the HTTP/2 error " + name + "; " + fix
	f.failure.CompareAndSwap(nil, &Error{Errno: abi.ErrTarget, Text: text})
}

// codes names the errors of HTTP/2.
var codes = [...]string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
	"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

// wantsHTTP1 reports whether the server requires HTTP/1.1 and the request can be
// sent again.
func (f *frames) wantsHTTP1(method string) bool {
	return f.goAway.Load() && f.unread.Load() || (f.goAway.Load() || f.reset.Load()) && idempotent[method]
}

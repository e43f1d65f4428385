package egress

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"vega/plugins/grant"
	"vega/plugins/span"
	"vega/sdk/abi"
)

// answer is a response on its connection, which is used for nothing else.
type answer struct {
	*http.Response
	peer   *peer // nil without TLS
	link   *link
	writer io.Writer // the connection, with TLS if there is any
	proxy  *Proxy    // that forwards the request, or nil
	remote string
	held   holding
	close  func()

	request int         // of the session, by number
	unheard atomic.Bool // over HTTP/2, the server has not sent anything yet
}

// exchange makes one hop that a rule allows: it connects, sends the request and
// reads the headers. The connection is closed when ctx ends, or by
// answer.close.
func (s *Session) exchange(ctx context.Context, rule grant.Rule, out *outgoing, t *timings) (*answer, error) {
	s.Seen.Hop()
	a := &answer{held: holding{of: s.account()}}
	a.close = a.held.release
	memory := connMemory
	if overTLS(rule) {
		memory += tlsMemory
	}
	if !s.vault.Empty() {
		memory += readerMemory
	}
	if err := a.held.grow(memory); err != nil {
		return nil, err
	}
	s.account().Leave()
	defer s.account().Return()
	err := s.send(ctx, rule, out, a, t)
	if err == nil && out.socket == "" {
		err = s.cookies.keep(s.account(), out.url, a.Header)
	}
	if err == nil {
		return a, nil
	}
	a.close()
	switch {
	case errors.Is(err, errHTTP1) && !out.http1:
		out.http1 = true
	case errors.Is(err, errUnread) && !out.again:
		out.again = true
	default:
		return nil, err
	}
	return s.exchange(ctx, rule, out, t)
}

// send opens a connection and sends the request.
func (s *Session) send(ctx context.Context, rule grant.Rule, out *outgoing, a *answer, t *timings) error {
	conn, err := s.connect(ctx, rule, out, a, t)
	if err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	a.remote = conn.RemoteAddr().String()
	a.close = func() { stop(); _ = conn.Close(); a.held.release() }
	a.link = &link{Conn: conn, held: &a.held, http1: out.http1, http2: out.http2}
	return s.overLink(ctx, rule, out, a, t)
}

// connect opens a connection for one hop: directly, also to the address in
// connect_to, or through the proxy.
func (s *Session) connect(ctx context.Context, rule grant.Rule, out *outgoing, a *answer, t *timings) (net.Conn, error) {
	p := s.network.Proxy
	if out.socket != "" || !p.handles(overHTTP(out.url)) || s.route().node(rule) != rule {
		return s.open(ctx, rule, "tcp", t)
	}
	forwards := rule.Scheme == "http" && !out.http2 // a proxy forwards by HTTP/1.1
	if forwards {
		a.proxy = p
	}
	return way{s, p, rule, !forwards}.open(ctx, t)
}

func (s *Session) overLink(ctx context.Context, rule grant.Rule, out *outgoing, a *answer, t *timings) error {
	conn, send, err := layer(ctx, s, rule, out, a, t)
	if err != nil {
		return err
	}
	a.writer = conn
	start := time.Now()
	s.account().Pay(Exchange, 1)
	s.account().Pay(Moved, len(out.body))
	req := out.request(ctx, out.headers(&s.cookies))
	stage, doubts := "waiting for a response from "+hostPort(rule), &doubt{}
	if a.proxy != nil {
		stage, doubts = stage+" through the proxy "+a.proxy.String(), a.proxy.doubt(ctx, conn)
	}
	s.Sent = true
	resp, err := send(conn, req, a) //nolint:bodyclose // the answer closes the connection
	doubts.end()
	a.link.settle()
	if errors.Is(err, errHTTP1) || errors.Is(err, errUnread) && !out.again {
		return err
	}
	switch late := ctx.Err() != nil || isTimeout(err); {
	case err == nil:
	case late && a.unheard.Load():
		return s.fail(ctx, "waiting for the HTTP/2 settings of "+hostPort(rule), err, abi.ErrTarget)
	case late && doubts.silent():
		return a.proxy.hangs()
	case a.proxy != nil && !late:
		return a.proxy.silent(err, s.vault.Hide)
	default:
		return noResponse(ctx, s, a.peer, stage, err)
	}
	if a.proxy.itself(resp) {
		return a.proxy.refused(resp.StatusCode, rule.Host)
	}
	now := time.Now()
	t[abi.PhaseFirstByte] += now.Sub(start)
	s.Seen.Response(start, now, resp, a.peer != nil)
	a.Response = resp
	return nil
}

// sender sends a request over a connection and reads the headers of the response.
type sender func(conn net.Conn, r *http.Request, a *answer) (*http.Response, error)

// layer makes the handshake of TLS, if the rule needs one, and returns the connection
// to send over, and how: by HTTP/1.1, or by HTTP/2 if the server chooses it or the
// request needs it.
func layer(ctx context.Context, s *Session, rule grant.Rule, out *outgoing, a *answer, t *timings) (conn net.Conn, send sender, err error) {
	conn, a.link.spare = a.link, spareBytes
	second := out.http2
	if overTLS(rule) {
		if conn, err = s.secure(ctx, a, rule, t); err != nil {
			return nil, nil, err
		}
		second = a.peer.state.NegotiatedProtocol == "h2"
	}
	switch {
	case second:
	case out.http2:
		return nil, nil, errNoHTTP2
	default:
		return conn, http1, nil
	}
	s.account().Pay(HTTP2, 1)
	a.link.spare, a.link.detached = spareHTTP2, true
	return conn, s.network.overHTTP2, a.held.grow(windowMemory + windowMemory/2)
}

// errNoHTTP2 reports a server whose TLS handshake succeeds without HTTP/2.
var errNoHTTP2 = &Error{Errno: abi.ErrTarget, Text: "it does not choose HTTP/2 in the TLS handshake (ALPN), which this request needs; enable HTTP/2 there, or use the port that speaks it"}

// secure makes a handshake that verifies the peer. The end of the context
// closes the connection, so the handshake needs no watcher of its own.
func (s *Session) secure(ctx context.Context, a *answer, rule grant.Rule, t *timings) (*tls.Conn, error) {
	start := time.Now()
	s.account().Pay(Handshake, 1)
	p, err := newPeer(s, rule, rule.Host)
	if err != nil {
		return nil, err
	}
	a.peer = p
	config := p.config(func(cs *tls.ConnectionState) error { return admit(s, p, cs) })
	config.NextProtos = a.link.protocols()
	p.offers = config.NextProtos
	secured := tls.Client(a.link, config)
	part := s.call.Begin(span.Handshake, "tls handshake")
	err = a.link.handshake(ctx, secured)
	took := time.Since(start)
	s.Seen.Handshake(took, p.state, p.chains)
	endHandshake(part, secured, err)
	if err != nil {
		return nil, tlsError(ctx, s, p, "in the TLS handshake with "+hostPort(rule), err, abi.ErrTLS)
	}
	state := secured.ConnectionState()
	p.state = &state
	t[abi.PhaseTLS] += took
	return secured, nil
}

// noResponse returns the error of a request without a response.
func noResponse(ctx context.Context, s *Session, p *peer, stage string, err error) error {
	if p != nil {
		return tlsError(ctx, s, p, stage, err, abi.ErrTarget)
	}
	return s.fail(ctx, stage, err, abi.ErrTarget)
}

// headers returns the headers to send, with cookies. A socket gets none, because it is
// not the host that its URL names.
func (o *outgoing) headers(c *cookies) http.Header {
	if o.socket != "" {
		return o.header
	}
	return c.header(o.url, o.header)
}

func (o *outgoing) request(ctx context.Context, header http.Header) *http.Request {
	r := &http.Request{
		Method: o.method, URL: o.url, Host: o.url.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Close: !o.upgrade,
	}
	if len(o.body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(o.body))
		r.ContentLength = int64(len(o.body))
	}
	return r.WithContext(ctx)
}

// concurrentBody is the minimum size of a body that is written while the
// response is read, because a server may respond before it has read everything.
const concurrentBody = 16 << 10

// http1 sends a request over a new connection. It does by hand what
// http.Transport does with two goroutines and a pool.
func http1(conn net.Conn, r *http.Request, a *answer) (*http.Response, error) {
	in := &budget{r: conn, left: maxHeader + 4096}
	br := bufio.NewReader(in)
	write := func() error {
		bw := bufio.NewWriter(conn)
		if a.proxy != nil {
			return errors.Join(a.proxy.forward(r, bw), bw.Flush())
		}
		return errors.Join(r.Write(bw), bw.Flush())
	}
	if r.ContentLength > concurrentBody {
		go func() { _ = write() }() // ends with the connection
		return readHeader(br, r, in)
	}
	unsent := write()
	// Even then, the server may have sent the reason before closing the
	// connection.
	resp, err := readHeader(br, r, in)
	if unsent != nil && err != nil {
		return nil, unsent
	}
	return resp, err
}

// errLongHeaders reports headers over the limit, maxHeader.
var errLongHeaders = &Error{Errno: abi.ErrTooLarge, Text: "the response headers exceed 64 KiB"}

// budget limits how much is read for the headers.
type budget struct {
	r    io.Reader
	left int64
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongHeaders
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

//go:build !wasip1

package sdktest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vega/sdk/abi"
)

// maxBody is the maximum size of a response body, as in the sandbox.
const maxBody = 8 << 20

type request struct {
	*http.Request
	cancel    context.CancelFunc
	redirects int
	maxBody   int
	socket    string // that it goes to, instead of the host in its URL; "" for none
	http2     bool
}

// Close discards a request that was never sent.
func (q *request) Close() error {
	q.cancel()
	return nil
}

type response struct {
	header    http.Header
	trailer   func() http.Header
	tls       *tls.ConnectionState
	live      io.ReadCloser
	cancel    context.CancelFunc
	limit     int
	body      []byte // what was read so far
	given     int    // bytes of body that the probe has read
	err       error  // why there is no more
	landed    string // where redirects led
	redirects string // the fact about servers that redirected
	began     time.Time
	phases    [5]time.Duration
}

// Close ends the exchange.
func (p *response) Close() error {
	p.cancel()
	return p.live.Close()
}

// Read reads what is there, without waiting for more.
func (p *response) Read(b []byte) (int, error) {
	if p.given == len(p.body) {
		p.fetch()
	}
	if p.given == len(p.body) {
		return 0, p.err
	}
	n := copy(b, p.body[p.given:])
	p.given += n
	return n, nil
}

// fetch reads more of the body.
func (p *response) fetch() {
	if p.err != nil {
		return
	}
	b := make([]byte, 16<<10)
	n, err := p.live.Read(b)
	p.err = err
	if errors.Is(err, io.EOF) {
		p.phases[abi.PhaseTotal] = time.Since(p.began)
	}
	if len(p.body)+n > p.limit {
		n, p.err = p.limit-len(p.body), newErrno(abi.ErrTooLarge, "the response body exceeds its limit of "+strconv.Itoa(p.limit)+" bytes")
	}
	p.body = append(p.body, b[:n]...)
}

// whole reads the body to its end.
func (p *response) whole() error {
	for p.err == nil {
		p.fetch()
	}
	if errors.Is(p.err, io.EOF) { // an unexpected end is another error
		return nil
	}
	return p.err
}

func (h *host) HTTPRequest(method, url string) int32 {
	ctx, cancel := context.WithCancel(h.ctx)
	q, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		cancel()
		return h.fail(newErrno(abi.ErrInvalid, err.Error()))
	}
	return h.open(&request{Request: q, cancel: cancel, redirects: 10, maxBody: maxBody})
}

func (h *host) request(handle int32, change func(*request)) int32 {
	q, ok := h.handles[handle].(*request)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a request"))
	}
	change(q)
	return 0
}

func (h *host) HTTPHeader(handle int32, name, value string) int32 {
	return h.request(handle, func(q *request) {
		if strings.EqualFold(name, "Host") {
			q.Host = value
		}
		q.Header.Add(name, value)
	})
}

func (h *host) HTTPBasicAuth(handle int32, user, password string) int32 {
	return h.request(handle, func(q *request) { q.SetBasicAuth(user, password) })
}

func (h *host) HTTPOption(handle, what, value int32) int32 {
	return h.request(handle, func(q *request) {
		switch what {
		case abi.OptRedirects:
			q.redirects = int(value)
		case abi.OptMaxBody:
			q.maxBody = min(int(value), maxBody)
		case abi.OptHTTP2:
			q.http2 = value != 0
		}
	})
}

func (h *host) HTTPSend(handle int32, body string) int32 {
	q, ok := h.handles[handle].(*request)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a request"))
	}
	capability, target := "http", q.URL.String()
	if q.socket != "" {
		capability, target = "unix", q.socket
	}
	if h.denied(capability, q.Method+" "+target) {
		return int32(abi.ErrDenied)
	}
	if body != "" {
		q.Body, q.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		q.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	}
	p, status, err := h.exchange(q)
	if err != nil {
		return h.fail(err)
	}
	h.handles[handle] = p
	return int32(status)
}

// exchange sends a request over a new connection and reads the headers of the
// response.
func (h *host) exchange(q *request) (*response, int, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.config.Roots}, DisableKeepAlives: true}
	if q.http2 {
		transport.Protocols = secondOnly()
		q.redirects = 0
	}
	client := http.Client{Transport: transport, Jar: h.cookies}
	if q.socket != "" {
		overSocket(q, transport, &client)
	}
	client.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		switch {
		case q.redirects == 0:
			return http.ErrUseLastResponse
		case len(via) > q.redirects:
			return newErrno(abi.ErrTarget, "stopped after "+strconv.Itoa(q.redirects)+" redirects")
		default:
			return nil
		}
	}
	p := &response{began: time.Now()}
	answer, err := client.Do(q.WithContext(httptrace.WithClientTrace(q.Context(), p.trace()))) //nolint:bodyclose // the response closes it
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // without the URL, as in the sandbox
	}
	if err != nil {
		return nil, 0, err
	}
	p.header, p.tls, p.live, p.cancel, p.limit = answer.Header, answer.TLS, answer.Body, q.cancel, q.maxBody
	p.trailer = func() http.Header { return answer.Trailer }
	p.landed, p.redirects = landed(answer.Request), redirectors(answer.Request)
	return p, answer.StatusCode, nil
}

// landed returns where redirects led to the last request, or "".
func landed(last *http.Request) string {
	if last.Response == nil { // it is the first, too
		return ""
	}
	path, _, _ := strings.Cut(last.URL.EscapedPath(), ";")
	return last.URL.Scheme + "://" + last.URL.Host + strings.TrimSuffix(path, "/")
}

// redirectors returns the fact about the servers that redirected over TLS to that of
// the last request.
func redirectors(last *http.Request) (fact string) {
	var ends time.Time
	for before := last.Response; before != nil; before = before.Request.Response {
		if before.TLS == nil {
			continue
		}
		if leaf := before.TLS.PeerCertificates[0]; fact == "" || leaf.NotAfter.Before(ends) {
			ends = leaf.NotAfter
			fact = strconv.FormatInt(ends.Unix(), 10) + "\n" + before.Request.URL.Scheme + "://" + before.Request.URL.Host + "\n"
		}
	}
	return fact
}

// trace records the phases; a redirect restarts them.
func (p *response) trace() *httptrace.ClientTrace {
	var dns, connect, handshake, began time.Time
	return &httptrace.ClientTrace{
		GetConn:              func(string) { began = time.Now() },
		DNSStart:             func(httptrace.DNSStartInfo) { dns = time.Now() },
		DNSDone:              func(httptrace.DNSDoneInfo) { p.phases[abi.PhaseDNS] = time.Since(dns) },
		ConnectStart:         func(string, string) { connect = time.Now() },
		ConnectDone:          func(string, string, error) { p.phases[abi.PhaseConnect] = time.Since(connect) },
		TLSHandshakeStart:    func() { handshake = time.Now() },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { p.phases[abi.PhaseTLS] = time.Since(handshake) },
		GotFirstResponseByte: func() { p.phases[abi.PhaseFirstByte], p.phases[abi.PhaseTotal] = time.Since(began), time.Since(began) },
	}
}

func (h *host) HTTPResponseHeader(handle int32, name string, buf []byte) int32 {
	p, ok := h.answerOf(handle)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a response"))
	}
	if name == ":url" && p.landed != "" {
		return put(buf, p.landed)
	}
	name, digits, _ := strings.Cut(name, ":")
	n, _ := strconv.Atoi(digits) // the first without a number
	values := p.header.Values(name)
	if n < 0 || n >= len(values) {
		return h.fail(newErrno(abi.ErrNotSet, "header "+name+" is not set"))
	}
	return put(buf, values[n])
}

func (h *host) JSON(handle int32, path string, buf []byte) int32 {
	p, ok := h.handles[handle].(*response)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a response"))
	}
	if err := p.whole(); err != nil {
		return h.fail(err)
	}
	if len(p.body) == 0 {
		return h.fail(newErrno(abi.ErrInvalid, "the body is not JSON: it is empty"))
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(p.body, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	var tree any
	err := d.Decode(&tree)
	if _, after := d.Token(); err == nil && !errors.Is(after, io.EOF) {
		err = errors.New("there is more after the value")
	}
	if err != nil {
		return h.fail(newErrno(abi.ErrInvalid, "the body is not JSON: "+err.Error()))
	}
	value, ok := lookup(tree, path)
	if !ok {
		return h.fail(newErrno(abi.ErrNotSet, "JSON path "+path+" is not set"))
	}
	return put(buf, value)
}

func (h *host) HTTPTiming(handle, phase int32) int64 {
	p, ok := h.answerOf(handle)
	if !ok || phase < 0 || int(phase) >= len(p.phases) {
		return int64(h.fail(newErrno(abi.ErrInvalid, "no such timing")))
	}
	return int64(p.phases[phase])
}

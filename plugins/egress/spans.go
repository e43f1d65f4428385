package egress

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/span"
)

// spans are those of the calls of a session.
type spans struct {
	Span span.Span // their parent, which the caller sets
	// Filled means that paths may contain values from answers, which are left out.
	Filled bool
	call   span.Span // of the call in progress
}

// begin begins the span of a call, and returns the function that ends it.
func (s *spans) begin(kind span.Kind, name string) (end func()) {
	if !s.Span.Recorded() {
		return func() {}
	}
	s.call = s.Span.Begin(kind, name)
	return func() {
		s.call.End()
		s.call = span.Span{}
	}
}

// class is like Class if there is a span to receive it.
func (s *spans) class(err error) string {
	if !s.call.Recorded() {
		return ""
	}
	return Class(err)
}

// headers returns the headers of the requests of the call in progress, which name its
// span if there is one, and otherwise those of the run.
func (s *spans) headers(of Trace) Trace {
	if parent, state := s.call.Headers(); parent != "" {
		return Trace{parent, state}
	}
	return of
}

// endSpan ends the span of a call, or of a part of one, with the kind of its error.
func endSpan(s span.Span, err error) {
	if s.Recorded() {
		s.Fail(Class(err))
		s.End()
	}
}

// describePeer adds where a rule leads to a span.
func describePeer(call span.Span, rule grant.Rule) {
	if rule.Kind == manifest.Unix {
		call.Text(span.Host, rule.Name)
		return
	}
	call.Text(span.Host, rule.Host)
	call.Number(span.Port, int64(rule.Port))
}

// describe adds what a request asks for to the span of its call. Login, query and
// fragment are left out, and the path has no secrets yet, only placeholders. It is left
// out, too, if it may contain a value from an answer, such as the token of a session.
func describe(call span.Span, s *Session, r *Request) {
	call.Text(span.Method, knownMethod(r.Method))
	u, err := url.Parse(r.URL)
	if err != nil {
		return
	}
	asked := origin(u)
	if !s.Filled {
		asked += u.Path
	}
	if r.Socket != "" {
		call.Text(span.Network, "unix")
		call.Text(span.Host, s.vault.Redact(r.Socket))
		call.Text(span.URL, s.vault.Redact(asked))
		return
	}
	if rule, err := grant.AnyOrigin(u); err == nil {
		call.Text(span.Scheme, rule.Scheme)
		call.Text(span.Host, s.vault.Redact(rule.Host))
		call.Number(span.Port, int64(rule.Port))
		call.Text(span.URL, s.vault.Redact(asked))
	}
}

// knownMethod returns an HTTP method, or _OTHER for one that a guest made up.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "_OTHER"
	}
}

// traced is a body whose end is that of the span of its call.
type traced struct {
	io.ReadCloser
	call span.Span
}

// Close closes the body and ends the span.
func (t traced) Close() error {
	defer t.call.End()
	return t.ReadCloser.Close()
}

// note adds the response of the last hop to the span of the call in progress.
func note(call span.Span, a *answer) {
	if !call.Recorded() {
		return
	}
	call.Number(span.StatusCode, int64(a.StatusCode))
	call.Text(span.ProtocolVersion, strings.TrimSuffix(strings.TrimPrefix(a.Proto, "HTTP/"), ".0"))
	notePeer(call, a.remote)
	if a.StatusCode >= http.StatusBadRequest {
		call.Fail(strconv.Itoa(a.StatusCode))
	}
}

// notePeer adds the address of the other end to a span.
func notePeer(s span.Span, address string) {
	if !s.Recorded() {
		return
	}
	if peer, err := netip.ParseAddrPort(address); err == nil {
		s.Text(span.PeerAddress, peer.Addr().Unmap().String())
		s.Number(span.PeerPort, int64(peer.Port()))
	}
}

// endHandshake ends the span of a TLS handshake.
func endHandshake(s span.Span, conn *tls.Conn, err error) {
	if !s.Recorded() {
		return
	}
	if state := conn.ConnectionState(); state.HandshakeComplete {
		s.Text(span.TLSVersion, strings.TrimPrefix(tls.VersionName(state.Version), "TLS "))
		s.Text(span.TLSCipher, tls.CipherSuiteName(state.CipherSuite))
	}
	if err != nil {
		s.Fail("tls")
	}
	s.End()
}

package egress

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vega/plugins/grant"
	"vega/plugins/secret"
	"vega/plugins/span"
	"vega/sdk/abi"
)

// Limits of an http call.
const (
	DefaultBody  = 1 << 20  // default limit of a response body
	HardBody     = 8 << 20  // largest limit that a request may set
	maxHeader    = 64 << 10 // maximum size of a request, including its URL, and of a response
	maxRedirects = 20
)

// BodyLimit returns the limit of a response body for the limit that a request
// asks for.
func BodyLimit(asked int64) int64 {
	if asked <= 0 {
		return DefaultBody
	}
	return min(asked, HardBody)
}

// Field is one header of a request.
type Field struct{ Name, Value string }

// Request is an HTTP request from a guest. It may contain placeholders for
// secrets.
type Request struct {
	Method, URL string
	Header      []Field
	Body        []byte
	Redirects   int   // maximum number to follow; 0 returns the redirect response
	MaxBody     int64 // 0 means DefaultBody; the maximum is HardBody
	UTF8        bool  // convert the body to UTF-8
	HTTP2       bool  // over HTTP/2 only, also without TLS
	// Socket is the path of a socket in the file system that the request goes to; "" for
	// none. Its URL then begins with http://, and its host is only sent as Host. No
	// redirect is followed, and cookies are neither kept nor sent.
	Socket string
	// BasicUser and BasicPass are for basic auth, which the host encodes.
	BasicUser, BasicPass *string
}

// Response is an HTTP response. Header and Body contain no whole secret of 16
// bytes or more. Close its Body.
type Response struct {
	Status int
	Header http.Header
	// Body is decompressed. Reading past the limit is an error with
	// abi.ErrTooLarge.
	Body io.ReadCloser
	// Phases is indexed by abi.Phase* and summed over redirects. The total
	// covers only the headers until the body has been read to its end.
	Phases     [5]time.Duration
	FinalURL   string // contains secrets, so it is not for the guest
	Landed     string // where redirects led, without secrets; "" without a redirect
	RemoteAddr string

	// Trailers returns the trailers, once the body was read to its end. nil: none.
	Trailers func() http.Header
	// Facts implements TLSInfo.
	Facts func(what int32) (string, error)
}

// TLSInfo implements tls_info for the connection of the last hop.
func (r *Response) TLSInfo(what int32) (string, error) { return r.Facts(what) }

// HTTP sends a request, follows its redirects and returns when the response
// headers have arrived. ctx also bounds reading the body.
func (s *Session) HTTP(ctx context.Context, r *Request) (*Response, error) {
	if !s.Span.Recorded() {
		return fetch(ctx, s, r)
	}
	call := s.Span.Begin(span.HTTP, strings.Replace(knownMethod(r.Method), "_OTHER", "HTTP", 1))
	s.call = call
	defer func() { s.call = span.Span{} }()
	describe(call, s, r)
	resp, err := fetch(ctx, s, r)
	if err != nil {
		endSpan(call, err)
		return nil, err
	}
	resp.Body = traced{resp.Body, call}
	return resp, nil
}

// fetch is like HTTP, without the span of the call.
func fetch(ctx context.Context, s *Session, r *Request) (*Response, error) {
	start := time.Now()
	out, err := s.prepare(r)
	if err != nil {
		return nil, err
	}
	var phases timings
	var before redirectors
	request := s.Seen.Request()
	first := origin(out.url)
	for hop := 0; ; hop++ {
		a, err := authorized(ctx, s, out, &phases)
		if err != nil {
			return nil, s.elsewhere(first, out, err)
		}
		a.request = request
		location := redirect(a.Response)
		if location != "" {
			s.Seen.Redirect()
		}
		if location == "" || r.Redirects <= 0 || r.Socket != "" || r.HTTP2 {
			phases[abi.PhaseTotal] = time.Since(start)
			resp := s.finish(ctx, r, out, a, phases, start)
			resp.Facts = before.facts(a.peer)
			return resp, nil
		}
		before.pass(a.peer, origin(out.url))
		a.close()
		if hop == min(r.Redirects, maxRedirects) {
			return nil, &Error{Errno: abi.ErrTarget, Text: "stopped after " + plural(hop, "redirect") + " at " + origin(out.url) + "; repair what redirects in a circle, or set the URL that it should lead to"}
		}
		if err := s.follow(out, a.StatusCode, location); err != nil {
			return nil, err
		}
	}
}

// elsewhere names the origin that a request failed at, if a redirect led to
// another one than the guest asked for: that one is in order.
func (s *Session) elsewhere(first string, out *outgoing, err error) error {
	e, ok := errors.AsType[*Error](err)
	where := origin(out.url)
	if !ok || e.Own != nil || where == first || !atTarget[e.Errno] {
		return err
	}
	code := abi.ErrTarget
	if e.Errno == abi.ErrTimeout {
		code = e.Errno
	}
	return &Error{Errno: code, Text: s.vault.Hide("it redirects to " + where + ", where the request fails: " + e.Text)}
}

// atTarget lists the errnos that are about one server.
var atTarget = map[abi.Errno]bool{
	abi.ErrTimeout: true, abi.ErrRefused: true, abi.ErrDNS: true, abi.ErrTLS: true, abi.ErrReset: true, abi.ErrTarget: true,
}

// judge returns the grant that allows the next hop.
func (s *Session) judge(out *outgoing) (grant.Rule, error) {
	rule, err := out.allowed(s.grants, out.url)
	if err != nil {
		return rule, s.deny(redirectedFrom(out.from, err))
	}
	if !out.carriesSecret() && !s.route().authenticates(rule) {
		return rule, nil
	}
	if d := s.route().mayCarrySecret(rule); d != nil {
		return rule, s.deny(d)
	}
	return rule, nil
}

// mayCarrySecret returns the denial of a secret in a request that a rule allows, or nil.
func (r route) mayCarrySecret(rule grant.Rule) *grant.Denial {
	where := rule.Scheme + "://" + hostPort(rule)
	switch {
	case r.mayBeRead(rule):
		return nil
	case !overTLS(rule):
		return &grant.Denial{Asked: "sending a secret in plain text to " + where, Fix: "plaintext = true"}
	case r.tlsFor(rule).SkipVerify:
		return unverified(where)
	default:
		return nil
	}
}

// origin returns a URL without path, query and fragment.
func origin(u *url.URL) string {
	r, err := grant.AnyOrigin(u)
	if err != nil {
		return "an invalid URL"
	}
	return r.Scheme + "://" + hostPort(r)
}

func (s *Session) finish(ctx context.Context, r *Request, out *outgoing, a *answer, phases timings, start time.Time) *Response {
	note(s.call, a)
	resp := &Response{
		Status: a.StatusCode, Header: a.Header, Phases: phases,
		FinalURL: out.url.String(), Landed: s.vault.Hide(out.landed()), RemoteAddr: a.remote,
	}
	var trailers http.Header
	resp.Trailers = func() http.Header { return trailers }
	resp.Body = s.body(ctx, a, r, func() {
		resp.Phases[abi.PhaseTotal] = time.Since(start)
		trailers = hidden(s.vault, a.Trailer)
	})
	hidden(s.vault, resp.Header)
	return resp
}

// hidden hides the secrets in headers.
func hidden(v *secret.Vault, h http.Header) http.Header {
	if v.Empty() {
		return h
	}
	for _, values := range h {
		for i := range values {
			values[i] = v.Hide(values[i])
		}
	}
	return h
}

// JudgeHTTP returns the error that HTTP would return before it sends anything,
// or nil.
func (s Judge) JudgeHTTP(r *Request) error {
	out, err := s.prepare(r)
	if err == nil {
		_, err = s.judge(out)
	}
	return err
}

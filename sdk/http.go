package sdk

import (
	"strconv"
	"unsafe"

	"vega/sdk/abi"
)

// Request is an HTTP request under construction. Its methods can be chained;
// Send returns the first error.
type Request struct {
	handle int32
	body   string
	err    error
}

// HTTP begins a request. The certificate of an https server is always verified.
// Up to 10 redirects are followed, each subject to the grants.
func (r *Run) HTTP(method, url string) *Request {
	q := &Request{handle: abi.HTTPRequest(method, url)}
	q.check(q.handle)
	return q
}

func (q *Request) check(n int32) {
	if n < 0 && q.err == nil {
		q.err = failure(n)
	}
}

// Header adds a header. A secret is its whole value, alone or after one word such
// as Bearer; elsewhere Send returns ErrDenied.
func (q *Request) Header(name, value string) *Request {
	if q.err == nil {
		q.check(abi.HTTPHeader(q.handle, name, value))
	}
	return q
}

// BasicAuth adds basic authentication, encoded by the host, so that user and
// password may be secrets.
func (q *Request) BasicAuth(user, password string) *Request {
	if q.err == nil {
		q.check(abi.HTTPBasicAuth(q.handle, user, password))
	}
	return q
}

// Unix sends the request over the socket at a path in the file system, such as
// "/run/docker.sock", instead of to the host of its URL. The URL begins with http://, and
// its host is only sent as Host, such as http://localhost/version. No redirect is
// followed, and cookies are neither kept nor sent. The grant names the method and the
// path: unix = ["GET /run/docker.sock"]. A path whose last element is a link is refused.
func (q *Request) Unix(path string) *Request {
	if q.err == nil {
		q.check(abi.HTTPUnix(q.handle, path))
	}
	return q
}

// Redirects sets how many redirects to follow; 0 returns the redirect itself.
func (q *Request) Redirects(n int) *Request {
	if q.err == nil {
		q.check(abi.HTTPOption(q.handle, abi.OptRedirects, int32(n)))
	}
	return q
}

// MaxBody sets the maximum size of the response body in bytes, up to the host's
// own cap.
func (q *Request) MaxBody(bytes int) *Request {
	if q.err == nil {
		q.check(abi.HTTPOption(q.handle, abi.OptMaxBody, int32(bytes)))
	}
	return q
}

// UTF8 has the response body converted to UTF-8, according to its byte order
// mark, its Content-Type or the head of the HTML. A host that can't convert it
// returns it unchanged.
func (q *Request) UTF8() *Request {
	if q.err == nil {
		abi.HTTPOption(q.handle, abi.OptUTF8, 1) // an older host does not know it
	}
	return q
}

// NoJSON says that JSON will not be called for the response, so that the host
// does not keep the body once it was read.
func (q *Request) NoJSON() *Request {
	if q.err == nil {
		abi.HTTPOption(q.handle, abi.OptNoJSON, 1) // an older host does not know it
	}
	return q
}

// HTTP2 sends the request over HTTP/2 only: over https the server must choose it in the
// handshake, and over http it must speak it from the first byte (h2c with prior
// knowledge). No redirect is followed. The header TE may then be "trailers".
func (q *Request) HTTP2() *Request {
	if q.err == nil {
		q.check(abi.HTTPOption(q.handle, abi.OptHTTP2, 1))
	}
	return q
}

// Body sets the request body.
func (q *Request) Body(body string) *Request {
	q.body = body
	return q
}

// Send sends the request and returns when the response headers have arrived.
// Any status is a response; an error means that there is none.
func (q *Request) Send() (*Response, error) {
	status := int32(0)
	if q.err == nil {
		status = abi.HTTPSend(q.handle, q.body)
		q.check(status)
	}
	if q.err != nil {
		if q.handle > 0 {
			abi.Close(q.handle)
		}
		return nil, q.err
	}
	return &Response{Status: int(status), handle: q.handle}, nil
}

// Phase is a part of an HTTP exchange.
type Phase int32

// The phases of Response.Timing.
const (
	PhaseDNS       = Phase(abi.PhaseDNS)
	PhaseConnect   = Phase(abi.PhaseConnect)
	PhaseTLS       = Phase(abi.PhaseTLS)
	PhaseFirstByte = Phase(abi.PhaseFirstByte)
	PhaseTotal     = Phase(abi.PhaseTotal)
)

// Response is the response to a Request. It is an io.ReadCloser over the body.
type Response struct {
	Status int
	handle int32
	text   string
	read   bool
}

// Header returns the value of a response header, or "".
func (p *Response) Header(name string) string {
	s, _ := whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.HTTPResponseHeader(p.handle, name, buf, size)
	})
	return s
}

// Headers returns every value of a response header, in order.
func (p *Response) Headers(name string) []string {
	var values []string
	for n := 0; ; n++ {
		s, err := whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
			return abi.HTTPResponseHeader(p.handle, name+":"+strconv.Itoa(n), buf, size)
		})
		if err != nil {
			return values
		}
		values = append(values, s)
	}
}

// Trailer returns the value of a header that came after the body, which must have been
// read to its end, or "".
func (p *Response) Trailer(name string) string {
	s, _ := whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.HTTPResponseTrailer(p.handle, name, buf, size)
	})
	return s
}

// Redirected returns where redirects led: the scheme, host and path of the URL
// that answered. It is "" if the requested URL did, or if an older host does not
// say it.
func (p *Response) Redirected() string { return p.Header(":url") }

// JSON parses the body and returns the value at a dotted path
// ("data.items.0.name"): strings without quotes, numbers and booleans as written,
// lists and objects as JSON. It returns ErrNotSet if the path does not exist, and
// ErrInvalid if the body is not JSON.
func (p *Response) JSON(path string) (string, error) {
	return whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.JSON(p.handle, path, buf, size)
	})
}

// Count returns the number of elements in the list or object at a path, or 0 if
// there is none or the body cannot be read. Use Len to tell the difference.
func (p *Response) Count(path string) int {
	n, err := p.Len(path)
	if err != nil {
		return 0
	}
	return n
}

// Len returns the number of elements in the list or object at a path. Its
// errors are those of JSON.
func (p *Response) Len(path string) (int, error) {
	if path != "" {
		path += "."
	}
	s, err := p.JSON(path + "#")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(s)
}

// Timing returns the duration of a phase, summed over redirects. The total
// covers the time until the headers arrived, or until the end of the body once
// it was read.
func (p *Response) Timing(phase Phase) Duration {
	return Duration(max(0, abi.HTTPTiming(p.handle, int32(phase))))
}

// TLS returns the facts about the connection of an https response.
func (p *Response) TLS() TLS { return TLS{p.handle} }

// Read reads the body. To read all of it use Text instead; do not mix the two.
func (p *Response) Read(b []byte) (int, error) { return read(p.handle, b) }

// Text returns the body, or its first limit bytes. It may be called repeatedly.
func (p *Response) Text(limit int) (string, error) {
	if p.read {
		return p.text[:min(limit, len(p.text))], nil
	}
	text, err := readAll(p.handle, limit)
	if err != nil {
		return "", err
	}
	p.text, p.read = text, true
	return text, nil
}

// Close frees the response before the run ends. A run may have 16 handles.
func (p *Response) Close() error {
	abi.Close(p.handle)
	return nil
}

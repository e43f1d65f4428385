//go:build !wasip1

package sdktest

import (
	"context"
	"net"
	"net/http"

	"vega/sdk/abi"
)

func (r reach) HTTPUnix(handle int32, path string) int32 {
	h := r.host
	if q, ok := h.handles[handle].(*request); ok && q.URL.Scheme != "http" {
		return h.fail(newErrno(abi.ErrInvalid, "a request over a socket needs a URL that begins with http://"))
	}
	return h.request(handle, func(q *request) { q.socket = path })
}

// overSocket sends a request over its socket, without what is for a host: redirects and
// cookies.
func overSocket(q *request, transport *http.Transport, client *http.Client) {
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", q.socket)
	}
	client.Jar, q.redirects = nil, 0
}

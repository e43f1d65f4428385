package egress

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
)

// maxInterim is the number of interim responses (1xx) before the response. The
// limit on the size of the headers includes them.
const maxInterim = 100

// readHeader reads a response over HTTP/1, without its body.
func readHeader(br *bufio.Reader, r *http.Request, in *budget) (*http.Response, error) {
	if err := isHTTP(br, r.URL.Scheme); err != nil {
		return nil, err
	}
	for range maxInterim + 1 {
		br = withoutIdentity(br)
		resp, err := http.ReadResponse(br, r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 {
			in.left = math.MaxInt64
			return resp, nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols && r.Header.Get("Upgrade") != "" {
			in.left = math.MaxInt64
			resp.Body = switched{br}
			return resp, nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			return nil, errors.New("the server switches to another protocol (101), which the request did not ask for")
		}
	}
	return nil, errInterim
}

// withoutIdentity leaves out the header Transfer-Encoding: identity of a
// response, as other clients do: it means nothing, RFC 9112 has dropped it, and
// http.ReadResponse refuses it. It waits for the headers, which may arrive in
// pieces, as far as they fit in the buffer.
func withoutIdentity(br *bufio.Reader) *bufio.Reader {
	for at := 0; ; {
		line := lineAt(br, at)
		if len(bytes.TrimRight(line, "\r\n")) == 0 { // the end
			return br
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Transfer-Encoding")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("identity")) {
			arrived, _ := br.Peek(at)
			kept := bytes.Clone(arrived)
			_, _ = br.Discard(at + len(line))
			return bufio.NewReader(io.MultiReader(bytes.NewReader(kept), br))
		}
		at += len(line)
	}
}

// lineAt waits for the line that begins at a position, and returns it, or nil if
// there is none.
func lineAt(br *bufio.Reader, at int) []byte {
	for {
		arrived, _ := br.Peek(br.Buffered())
		if n := bytes.IndexByte(arrived[min(at, len(arrived)):], '\n') + 1; n > 0 {
			return arrived[at : at+n]
		}
		if _, err := br.Peek(len(arrived) + 1); err != nil {
			return nil
		}
	}
}

// errInterim reports a server that sends maxInterim interim responses and more.
var errInterim = fmt.Errorf("the server sends only interim responses: more than %d", maxInterim)

// isHTTP returns an error if what the server sends is another protocol.
func isHTTP(br *bufio.Reader, scheme string) error {
	const begin = "HTTP/"
	b, err := br.Peek(len(begin))
	if len(b) >= 3 && b[1] == 3 && (b[0] == 0x15 || b[0] == 0x16) { // a TLS alert or handshake
		if scheme == "ws" {
			return errors.New("it speaks TLS: write wss:// instead of ws://")
		}
		return errors.New("it speaks HTTPS: write https:// instead of http://")
	}
	if err != nil || string(b) == begin {
		return nil //nolint:nilerr // ReadResponse reports it
	}
	more, _ := br.Peek(min(br.Buffered(), 40))
	return fmt.Errorf("it does not speak HTTP: it begins with %q; correct the address or port", more)
}

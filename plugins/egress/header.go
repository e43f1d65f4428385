package egress

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"net/http"
)

// maxInterim is the number of interim responses (1xx) before the response. The
// limit on the size of the headers includes them.
const maxInterim = 100

// readHeader reads a response over HTTP/1, without its body.
func readHeader(br *bufio.Reader, r *http.Request, in *budget) (*http.Response, error) {
	if err := isHTTP(br); err != nil {
		return nil, err
	}
	for range maxInterim + 1 {
		resp, err := http.ReadResponse(br, r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 {
			in.left = math.MaxInt64
			return resp, nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			return nil, errors.New("the server switches to another protocol (101), which the request did not ask for")
		}
	}
	return nil, errInterim
}

// errInterim reports a server that sends maxInterim interim responses and more.
var errInterim = fmt.Errorf("the server sends only interim responses: more than %d", maxInterim)

// isHTTP returns an error if what the server sends is another protocol.
func isHTTP(br *bufio.Reader) error {
	const begin = "HTTP/"
	b, err := br.Peek(len(begin))
	if len(b) >= 3 && b[1] == 3 && (b[0] == 0x15 || b[0] == 0x16) { // a TLS alert or handshake
		return errors.New("it speaks HTTPS: write https:// instead of http://")
	}
	if err != nil || string(b) == begin {
		return nil //nolint:nilerr // ReadResponse reports it
	}
	more, _ := br.Peek(min(br.Buffered(), 40))
	return fmt.Errorf("it does not speak HTTP: it begins with %q; correct the port", more)
}

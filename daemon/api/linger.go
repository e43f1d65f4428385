package api

import (
	"io"
	"net/http"
	"time"
)

const (
	// lingerTimeout and lingerBytes limit how much of a body the server discards
	// after its answer.
	lingerTimeout = 500 * time.Millisecond
	lingerBytes   = 16 << 20
)

// unreadBody knows whether the body of a request was read to its end.
type unreadBody struct {
	io.ReadCloser
	ended bool
}

// watchBody makes r report whether its body was read to its end.
func watchBody(r *http.Request) *unreadBody {
	b := &unreadBody{r.Body, r.ContentLength == 0}
	if !b.ended {
		r.Body = b
	}
	return b
}

// Read reads the body.
func (b *unreadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// linger discards what is left of the body of a request that was answered before
// its end. Otherwise net/http may close the connection at once, and the kernel
// resets a connection that still receives: a client that is still sending loses the
// answer, and nginx, whose requests close the connection by default, answers 502.
func (b *unreadBody) linger(w http.ResponseWriter, r *http.Request) {
	if b.ended || r.ProtoMajor != 1 {
		return
	}
	control := http.NewResponseController(w)
	_ = control.Flush() // the write deadline closes the connection of a client that does not read
	_ = control.SetReadDeadline(time.Now().Add(lingerTimeout))
	_, _ = io.CopyN(io.Discard, b.ReadCloser, lingerBytes)
}

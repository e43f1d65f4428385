package limit

import (
	"io"
	"net/http"
	"time"
)

const (
	// LingerTimeout and lingerBytes limit how much of a body the server discards
	// after its answer.
	LingerTimeout = 500 * time.Millisecond
	lingerBytes   = 16 << 20
)

// UnreadBody knows whether the body of a request was read to its end.
type UnreadBody struct {
	io.ReadCloser
	ended bool
}

// WatchBody makes r report whether its body was read to its end.
func WatchBody(r *http.Request) *UnreadBody {
	b := &UnreadBody{r.Body, r.ContentLength == 0}
	if !b.ended {
		r.Body = b
	}
	return b
}

// Read reads the body.
func (b *UnreadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// Linger discards what is left of the body of a request that was answered before
// its end. Otherwise net/http may close the connection at once, and the kernel
// resets a connection that still receives: a client that is still sending loses the
// answer, and nginx, whose requests close the connection by default, answers 502.
func (b *UnreadBody) Linger(w http.ResponseWriter, r *http.Request) {
	if b.ended || r.ProtoMajor != 1 {
		return
	}
	control := http.NewResponseController(w)
	_ = control.Flush() // the write deadline closes the connection of a client that does not read
	_ = control.SetReadDeadline(time.Now().Add(LingerTimeout))
	_, _ = io.CopyN(io.Discard, b.ReadCloser, lingerBytes)
}

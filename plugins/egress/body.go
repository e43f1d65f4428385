package egress

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"vega/plugins/charset"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// body is a response body as a guest reads it.
type body struct {
	session *Session
	ctx     context.Context // context of the call; it bounds the body too
	r       io.Reader
	left    int64
	limit   int64
	answer  *answer
	atEnd   func()
	err     error
}

// body decompresses, converts to UTF-8 if asked to, then hides secrets, then
// limits the size.
func (s *Session) body(ctx context.Context, a *answer, r *Request, atEnd func()) io.ReadCloser {
	limit := BodyLimit(r.MaxBody)
	in := a.unpacked(limit)
	if r.UTF8 {
		in = &converted{in: in, contentType: a.Header.Get("Content-Type"), held: &a.held}
	}
	return &body{session: s, ctx: ctx, r: s.vault.HideReader(in), left: limit, limit: limit, answer: a, atEnd: atEnd}
}

// unpacked returns the body without its content encoding.
func (a *answer) unpacked(limit int64) io.Reader {
	// The limit applies to compressed data as well, because otherwise a server
	// could send empty blocks forever.
	var r io.Reader = &wire{r: delivered{a.Body, a.link}, left: limit + maxHeader}
	switch encoding := strings.ToLower(a.Header.Get("Content-Encoding")); {
	case a.Body == http.NoBody, encoding == "", encoding == "identity":
	case encoding == "gzip", encoding == "x-gzip":
		a.Header.Del("Content-Encoding")
		a.Header.Del("Content-Length")
		r = &gunzip{in: r, held: &a.held}
	default:
		r = &broken{&Error{Errno: abi.ErrTarget, Text: "the response has a content encoding that the request did not ask for"}}
	}
	return r
}

// Read reads from the body and closes the connection at the end.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	// Read one byte more than allowed to distinguish the end from too much.
	n, err := b.r.Read(p[:min(int64(len(p)), b.left+1)])
	if int64(n) > b.left {
		n, err = int(b.left), tooLarge(b.limit)
	}
	b.left -= int64(n)
	if errors.Is(err, io.EOF) {
		b.atEnd()
		b.err = io.EOF
	} else if err != nil {
		b.err = b.session.fail(b.ctx, "reading the response", err, abi.ErrTarget)
	}
	if b.err != nil {
		b.answer.close()
	}
	return n, b.err
}

// Close closes the connection.
func (b *body) Close() error {
	if b.err == nil {
		b.err = &Error{Errno: abi.ErrClosed, Text: "the response is closed"}
	}
	b.answer.close()
	return nil
}

func tooLarge(limit int64) error {
	return &Error{Errno: abi.ErrTooLarge, Text: "the response body exceeds its limit of " + manifest.Size(limit).String()}
}

// wire limits the size before decompression.
type wire struct {
	r    io.Reader
	left int64
}

func (w *wire) Read(p []byte) (int, error) {
	if w.left <= 0 {
		return 0, &Error{Errno: abi.ErrTooLarge, Text: "the compressed response body exceeds its size limit"}
	}
	n, err := w.r.Read(p[:min(int64(len(p)), w.left)])
	w.left -= int64(n)
	return n, err
}

// gunzip reads the gzip header on the first Read and accepts an empty body.
type gunzip struct {
	in   io.Reader
	held *holding
	z    *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		if err := g.held.grow(gzipMemory); err != nil {
			return 0, err
		}
		z, err := gzip.NewReader(g.in)
		if err != nil {
			return 0, err
		}
		g.z = z
	}
	return g.z.Read(p)
}

// converted converts text to UTF-8.
type converted struct {
	in          io.Reader
	contentType string
	held        *holding
	r           *charset.Reader
}

func (c *converted) Read(p []byte) (int, error) {
	if c.r == nil {
		if err := c.held.grow(charset.Memory); err != nil {
			return 0, err
		}
		c.r = charset.NewReader(c.in, c.contentType)
	}
	return c.r.Read(p)
}

type broken struct{ err error }

func (b *broken) Read([]byte) (int, error) { return 0, b.err }

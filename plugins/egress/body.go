package egress

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"vega/plugins/charset"
	"vega/plugins/fault"
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
	var in io.Reader = &counted{a.unpacked(limit), s, a.request}
	if r.UTF8 {
		in = &converted{in: in, contentType: a.Header.Get("Content-Type"), held: &a.held}
	}
	return &body{session: s, ctx: ctx, r: s.vault.HideReader(in), left: limit, limit: limit, answer: a, atEnd: atEnd}
}

// unpacked returns the body without its content encoding.
func (a *answer) unpacked(limit int64) io.Reader {
	// The limit applies to compressed data as well, because otherwise a server
	// could send empty blocks forever.
	w := &wire{r: delivered{a.Body, a.link}, left: limit + maxHeader}
	var r io.Reader = w
	switch codings := a.codings(); {
	case a.Body == http.NoBody, len(codings) == 0:
	case len(codings) == 1 && (codings[0] == "gzip" || codings[0] == "x-gzip"):
		a.Header.Del("Content-Encoding")
		a.Header.Del("Content-Length")
		sized := a.ContentLength >= 0 || len(a.TransferEncoding) > 0 || a.ProtoMajor == 2
		r = &gunzip{in: bufio.NewReader(r), wire: w, sized: sized, held: &a.held}
	default:
		own := fault.New(nil, "the response has the content encoding "+strings.Join(codings, ", ")+", which vega does not decode and did not ask for", "let the server heed Accept-Encoding, or check a page that is not compressed")
		r = &broken{&Error{Errno: abi.ErrIO, Text: own.Error(), Own: own}}
	}
	return r
}

// registered lists the content codings that change a body (RFC 9110, section
// 16.6.1). As browsers do, vega passes over any other, such as utf-8, none or
// aws-chunked: servers that send one do not encode the body.
var registered = map[string]bool{
	"gzip": true, "x-gzip": true, "deflate": true, "br": true, "zstd": true, "compress": true, "x-compress": true,
	"dcb": true, "dcz": true, "exi": true, "pack200-gzip": true, "aes128gcm": true,
}

// codings returns the registered codings of the body, in the order in which they
// were applied.
func (a *answer) codings() (codings []string) {
	for coding := range strings.SplitSeq(strings.ToLower(strings.Join(a.Header["Content-Encoding"], ",")), ",") {
		if coding = strings.TrimSpace(coding); registered[coding] {
			codings = append(codings, coding)
		}
	}
	return codings
}

// counted records how much of the body of a request is read.
type counted struct {
	r       io.Reader
	session *Session
	request int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.session.Seen.Body(c.request, n)
	return n, err
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
	r     io.Reader
	left  int64
	ended bool // as the server meant it
}

func (w *wire) Read(p []byte) (int, error) {
	if w.left <= 0 {
		return 0, &Error{Errno: abi.ErrTooLarge, Text: "the compressed response body exceeds its size limit"}
	}
	n, err := w.r.Read(p[:min(int64(len(p)), w.left)])
	w.left -= int64(n)
	w.ended = w.ended || errors.Is(err, io.EOF)
	return n, err
}

// gunzip reads the gzip header on the first Read and accepts an empty body. Like
// other clients, it ignores what follows the last member.
type gunzip struct {
	in    *bufio.Reader
	wire  *wire
	sized bool // whether the end of the response can be told from a closed connection
	held  *holding
	z     *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		if err := g.begin(); err != nil {
			return 0, err
		}
	}
	for {
		n, err := g.z.Read(p)
		if errors.Is(err, io.EOF) {
			err = g.next()
		}
		if n > 0 || err != nil {
			return n, g.whole(err)
		}
	}
}

// gzipMagic begins each member.
const gzipMagic = "\x1f\x8b"

// begin reads the gzip header.
func (g *gunzip) begin() error {
	if err := g.held.grow(gzipMemory); err != nil {
		return err
	}
	magic, err := g.in.Peek(len(gzipMagic))
	if len(magic) == 0 {
		return err
	}
	if !strings.HasPrefix(gzipMagic, string(magic)) {
		return errNoGzip
	}
	z, err := gzip.NewReader(g.in)
	if errors.Is(err, gzip.ErrHeader) {
		return errNoGzip
	}
	if err != nil {
		return g.whole(err)
	}
	g.z = z
	g.z.Multistream(false)
	return nil
}

var errNoGzip = &Error{Errno: abi.ErrTarget, Text: "its body is not gzip, although its Content-Encoding says so; correct the server"}

// whole tells compressed data that ends early in a response that arrived whole
// from a connection that was closed.
func (g *gunzip) whole(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) && g.sized && g.wire.ended {
		return &Error{Errno: abi.ErrTarget, Text: "its body arrived whole, but its gzip data is cut off; correct the server, or the proxy that compresses or caches"}
	}
	return err
}

// next begins the next member. It returns io.EOF if there isn't one, once the body
// was read to its end.
func (g *gunzip) next() error {
	magic, err := g.in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(magic) != gzipMagic {
		if _, err := io.Copy(io.Discard, g.in); err != nil {
			return err
		}
		return io.EOF
	}
	if err := g.z.Reset(g.in); err != nil {
		return err
	}
	g.z.Multistream(false)
	return nil
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

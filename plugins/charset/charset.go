// Package charset converts text to UTF-8 as a browser would: by its byte order
// mark, by the charset of its Content-Type, or by what the head of the HTML or
// XML says.
//
// NewReader converts a stream without waiting for more of it than the decision
// needs. Text without any of the three is passed on unchanged.
package charset

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// Memory is what a Reader holds at most, in bytes.
const Memory = 24 << 10

// headSize is how much of a page is searched for its charset, as the HTML
// standard has it.
const headSize = 1024

// Reader converts a stream to UTF-8.
type Reader struct {
	in          io.Reader
	contentType string
	mediaType   string

	out  io.Reader // once the charset is known
	head []byte    // what was read before that
	sent int       // bytes of head that were passed on: ASCII, which all charsets share
	err  error     // of in
}

// NewReader returns a Reader of a text with that Content-Type.
func NewReader(in io.Reader, contentType string) *Reader {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return &Reader{in: in, contentType: contentType, mediaType: strings.ToLower(strings.TrimSpace(mediaType))}
}

// Read reads converted text.
func (r *Reader) Read(p []byte) (int, error) {
	for r.out == nil {
		if r.decide(); r.out != nil {
			break
		}
		if n := copy(p, r.head[r.sent:r.plain()]); n > 0 {
			r.sent += n
			return n, nil
		}
		if len(p) == 0 {
			return 0, nil
		}
		r.fill()
	}
	return r.out.Read(p)
}

// fill reads more of the head.
func (r *Reader) fill() {
	if r.head == nil {
		r.head = make([]byte, 0, headSize)
	}
	n, err := r.in.Read(r.head[len(r.head):cap(r.head)])
	r.head, r.err = r.head[:len(r.head)+n], err
}

// decide chooses the charset if the head suffices for that.
func (r *Reader) decide() {
	complete := r.err != nil || len(r.head) == headSize
	if len(r.head) == 0 && !complete || !complete && isMarkPrefix(r.head) {
		return
	}
	if mark, e := byMark(r.head); mark > 0 {
		r.convert(mark, e)
		return
	}
	label := declared(r.contentType)
	if strings.HasSuffix(r.mediaType, "json") && !strings.HasPrefix(strings.ToLower(label), "utf-16") {
		label = "" // JSON is UTF-8, whatever is declared (RFC 8259, section 8.1)
	}
	switch {
	case label != "":
	case !strings.Contains(r.mediaType, "html") && !strings.Contains(r.mediaType, "xml") && r.mediaType != "":
		r.convert(0, nil)
		return
	case !complete:
		return
	default:
		label = r.byHead()
	}
	e, err := htmlindex.Get(label)
	if err != nil || e == encoding.Replacement {
		e = nil
	}
	r.convert(0, e)
}

// convert passes on the rest of the head and of the stream. A nil encoding
// changes nothing.
func (r *Reader) convert(skip int, e encoding.Encoding) {
	rest := r.in
	if r.err != nil {
		rest = failing{r.err}
	}
	r.out = io.MultiReader(bytes.NewReader(r.head[max(skip, r.sent):]), rest)
	if e != nil && !isUTF8(e) {
		r.out = transform.NewReader(r.out, e.NewDecoder())
	}
}

func isUTF8(e encoding.Encoding) bool {
	name, err := htmlindex.Name(e)
	return err == nil && name == "utf-8"
}

// plain returns how much of the head can be passed on before the charset is
// known: the ASCII at its beginning, and no possible byte order mark.
func (r *Reader) plain() int {
	if isMarkPrefix(r.head) {
		return 0
	}
	for i, c := range r.head {
		if c >= utf8.RuneSelf || c == 0x1b || c == '~' || c == 0 { // the latter two begin characters in some charsets
			return max(i, r.sent)
		}
	}
	return len(r.head)
}

// declared returns the charset of a Content-Type, or "".
func declared(contentType string) string {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	return strings.Trim(parameters["charset"], " '\"")
}

// byHead returns the charset that the head of a page names, or "". Text that is
// valid UTF-8 needs none.
func (r *Reader) byHead() string {
	if label := xmlEncoding(r.head); label != "" {
		return label
	}
	_, name, _ := charset.DetermineEncoding(r.head, r.contentType)
	if name == "windows-1252" && !bytes.Contains(bytes.ToLower(r.head), []byte("charset")) {
		return "" // nothing names a charset; that is only the fallback
	}
	return name
}

// xmlEncoding returns the encoding of an XML declaration, or "".
func xmlEncoding(head []byte) string {
	if !bytes.HasPrefix(head, []byte("<?xml")) {
		return ""
	}
	declaration, _, _ := bytes.Cut(head, []byte("?>"))
	_, after, found := bytes.Cut(declaration, []byte("encoding"))
	after = bytes.TrimLeft(after, " \t\r\n=")
	if !found || len(after) < 2 {
		return ""
	}
	label, _, closed := bytes.Cut(after[1:], after[:1])
	if !closed {
		return ""
	}
	return string(label)
}

var marks = []struct{ mark, label string }{{"\xef\xbb\xbf", "utf-8"}, {"\xfe\xff", "utf-16be"}, {"\xff\xfe", "utf-16le"}}

// byMark returns the length of a byte order mark and its encoding.
func byMark(b []byte) (int, encoding.Encoding) {
	for _, m := range marks {
		if bytes.HasPrefix(b, []byte(m.mark)) {
			e, err := htmlindex.Get(m.label)
			if err == nil {
				return len(m.mark), e
			}
		}
	}
	return 0, nil
}

// isMarkPrefix reports whether b is an incomplete byte order mark.
func isMarkPrefix(b []byte) bool {
	for _, m := range marks {
		if len(b) > 0 && len(b) < len(m.mark) && strings.HasPrefix(m.mark, string(b)) {
			return true
		}
	}
	return false
}

// failing returns an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// minGzip is the size of the smallest answer that is compressed, in bytes.
const minGzip = 1 << 10

var writers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// send answers with a body, compressed if the browser accepts that.
func (r *Request) send(status int, kind string, body []byte) {
	header := r.w.Header()
	header.Set("Content-Type", kind)
	header.Add("Vary", "Accept-Encoding")
	if len(body) >= minGzip && acceptsGzip(r.Header) && !guessable(r.Request) {
		body = compressed(body)
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	r.status = status
	r.w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = r.w.Write(body) // the browser is gone
	}
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	w.Reset(&b)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// acceptsGzip reports whether an Accept-Encoding header has gzip, or * without gzip, other
// than with q=0.
func acceptsGzip(header http.Header) bool {
	others := false
	for _, values := range header.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(values, ",") {
			name, parameter, _ := strings.Cut(one, ";")
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, "gzip"):
				return positive(parameter)
			case name == "*":
				others = positive(parameter)
			}
		}
	}
	return others
}

// positive reports whether the parameter of a coding is not q=0.
func positive(parameter string) bool {
	weight, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameter), " ", ""), "q=")
	if !ok {
		return true
	}
	q, err := strconv.ParseFloat(weight, 64)
	return err == nil && q > 0
}

// guessable reports whether another site may have made the browser send a request, with a
// text of its choice in the address. A page that repeats this text would be shorter if the
// text is elsewhere in the page, too, which somebody who sees the length of the encrypted
// answers can use to guess what the page has (BREACH). Such answers are not compressed.
// There are no tokens in pages, but messages and conversations are nobody else's business.
// A browser that does not say where a request comes from is trusted only without a query.
func guessable(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		return r.URL.RawQuery != ""
	default:
		return true
	}
}

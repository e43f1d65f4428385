package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Form is the syntax that surrounds a placeholder on its way out.
type Form int

// The forms of Reveal.
const (
	Raw      Form = iota // a header, a stream, or a body of another type
	URL                  // percent-escaped
	JSON                 // escaped for a JSON string
	FormBody             // escaped for application/x-www-form-urlencoded
)

// in returns the secret as written in the given form.
func (e *entry) in(f Form) string {
	switch f {
	case URL:
		if e.inURL {
			return e.real
		}
		return percent(e.real)
	case JSON:
		return inJSON(e.real, false)
	case FormBody:
		return url.QueryEscape(e.real)
	default:
		return e.real
	}
}

// percent escapes every byte that is not unreserved in RFC 3986, so that the
// result is one value in a path, a query or a userinfo.
func percent(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

func inJSON(s string, escapeHTML bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	if err := e.Encode(s); err != nil {
		return s
	}
	quoted := strings.TrimSuffix(b.String(), "\n")
	return quoted[1 : len(quoted)-1]
}

var (
	unreserved = regexp.MustCompile(`^[A-Za-z0-9_.~-]*$`)
	oneLine    = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ") // as a guest quotes a text
)

// forms returns the encodings of a secret in which a peer may echo it, starting
// with the raw one. The case of letters in ASCII does not matter.
func forms(real string) []string {
	host := strings.ToLower(real) // as in a host name
	if unreserved.MatchString(real) {
		return slices.Compact([]string{real, host})
	}
	plain, escaped := inJSON(real, false), inJSON(real, true)
	all := []string{
		real, host, strings.ToUpper(real),
		percent(real), url.QueryEscape(real), url.PathEscape(real),
		plain, escaped, strings.ReplaceAll(plain, "/", `\/`), strings.ReplaceAll(escaped, "/", `\/`),
	}
	all = append(all, inASCII(plain), strings.ReplaceAll(inASCII(plain), "/", `\/`))
	all = append(all, inHTML(real)...)
	if bare := strings.TrimSpace(real); len(bare) >= MinSize { // as a header value arrives
		all = append(all, bare, oneLine.Replace(bare))
	}
	var out []string
	for _, f := range all {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// inASCII escapes what JSON need not escape, as some languages do.
func inASCII(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.String()
}

// inHTML returns s in each of the known ways to escape quotes.
func inHTML(text string) []string {
	escaped := html.EscapeString(text)
	named := strings.ReplaceAll(escaped, "&#34;", "&quot;")
	return []string{
		escaped, named,
		strings.ReplaceAll(named, "&#39;", "&#x27;"), strings.ReplaceAll(named, "&#39;", "&#039;"),
	}
}

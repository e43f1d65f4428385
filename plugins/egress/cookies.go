package egress

import (
	"encoding/hex"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// cookies are what servers set during a run. A cookie goes back only to the
// site that set it, as in a browser, and one that came over https never goes out
// over http.
type cookies struct {
	jars  map[string]*cookiejar.Jar // by scheme
	count int
}

const (
	maxCookies   = 64
	cookieMemory = 512 // of a cookie, without its text
)

// keep stores the cookies of a response and counts their memory until the run
// ends. Beyond maxCookies, a server is ignored.
func (c *cookies) keep(account Account, from *url.URL, h http.Header) error {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return nil
	}
	size := 0
	for _, l := range lines {
		size += cookieMemory + 2*len(l)
	}
	if c.count += len(lines); c.count > maxCookies {
		return nil
	}
	if err := account.Hold(size); err != nil {
		return err
	}
	var err error
	from = overHTTP(from)
	jar := c.jars[from.Scheme]
	if jar == nil {
		if jar, err = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}); err != nil {
			return err
		}
		if c.jars == nil {
			c.jars = map[string]*cookiejar.Jar{}
		}
		c.jars[from.Scheme] = jar
	}
	jar.SetCookies(from, asSent(lines))
	return nil
}

// asSent parses cookies. Their values are kept in hexadecimal, because a client
// sends a value as it came (RFC 6265, section 5.4), and package http would drop
// or quote those with quotes, commas, spaces or other characters.
func asSent(lines []string) (parsed []*http.Cookie) {
	for _, line := range lines {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, ok := strings.Cut(pair, "=")
		value = strings.Trim(value, " \t")
		if !ok || !isFieldValue(value) {
			continue
		}
		cookie, err := http.ParseSetCookie(name + "=" + hex.EncodeToString([]byte(value)) + ";" + attributes)
		if err == nil {
			parsed = append(parsed, cookie)
		}
	}
	return parsed
}

// header returns the headers to send: with the cookies of the site, if
// there are any. A cookie that the guest sends itself stays as it is.
func (c *cookies) header(to *url.URL, h http.Header) http.Header {
	to = overHTTP(to)
	schemes := []string{"http"}
	if to.Scheme == "https" {
		schemes = []string{"https", "http"}
	}
	pairs := strings.Join(h["Cookie"], "; ")
	before := pairs
	for _, scheme := range schemes {
		jar := c.jars[scheme]
		if jar == nil {
			continue
		}
		for _, cookie := range jar.Cookies(to) {
			value, err := hex.DecodeString(cookie.Value)
			if err != nil || hasCookie(pairs, cookie.Name) {
				continue
			}
			if pairs != "" {
				pairs += "; "
			}
			pairs += cookie.Name + "=" + string(value)
		}
	}
	if pairs == before {
		return h
	}
	out := h.Clone()
	out.Set("Cookie", pairs)
	return out
}

// hasCookie reports whether a Cookie header has a cookie of that name.
func hasCookie(pairs, name string) bool {
	for pair := range strings.SplitSeq(pairs, ";") {
		if n, _, _ := strings.Cut(pair, "="); strings.TrimSpace(n) == name {
			return true
		}
	}
	return false
}

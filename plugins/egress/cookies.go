package egress

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"

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
	jar.SetCookies(from, (&http.Response{Header: h}).Cookies())
	return nil
}

// header returns the headers to send: with the cookies of the site, if
// there are any. A cookie that the guest sends itself stays as it is.
func (c *cookies) header(to *url.URL, h http.Header) http.Header {
	schemes := []string{"http"}
	if to.Scheme == "https" {
		schemes = []string{"https", "http"}
	}
	out := h
	for _, scheme := range schemes {
		jar := c.jars[scheme]
		if jar == nil {
			continue
		}
		for _, cookie := range jar.Cookies(to) {
			r := http.Request{Header: out}
			if _, err := r.Cookie(cookie.Name); err == nil {
				continue
			}
			if r.Header = h.Clone(); out.Get("Cookie") != "" {
				r.Header.Set("Cookie", out.Get("Cookie"))
			}
			r.AddCookie(cookie)
			out = r.Header
		}
	}
	return out
}

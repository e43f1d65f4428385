// Package targets decides what a request for GET /probe may ask for: it compares a
// target with the patterns of a module.
package targets

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// Form is what targets look like: the type of the option that they are set in, which
// is a URL, an address or, for a name to look up or a host to ping, a string.
type Form struct {
	Type manifest.Type
	DNS  bool // the port of an address is optional, and 53
	Ping bool // a string is a host, and in a pattern also a range of addresses
	// Schemes are those of a URL, of which the first is that of a URL without one.
	Schemes []string
}

// MaxSize is the length of a target, in bytes.
const MaxSize = 2048

// Target is a target in a comparable form.
type Target struct {
	Text   string // for the option
	scheme string
	host   string
	port   int
	rest   string // path and query of a URL
}

// Parse parses the target of a request. A URL without a scheme begins with the first of
// the form, which is http for most, as in blackbox_exporter. The error says what is wrong, in a sentence without a period.
func Parse(f Form, text string) (Target, error) {
	switch {
	case text == "":
		return Target{}, errors.New("the target is empty")
	case len(text) > MaxSize:
		return Target{}, fmt.Errorf("the target is longer than %d bytes", MaxSize)
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) || unicode.IsSpace(c) || c == unicode.ReplacementChar }):
		return Target{}, errors.New("the target contains a space or a control character")
	}
	if f.Type == manifest.URL && !scheme.MatchString(text) {
		text = f.Schemes[0] + "://" + text
	}
	return parse(f, text)
}

// scheme matches the beginning of a URL.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// parse parses a target whose characters are printable.
func parse(f Form, text string) (Target, error) {
	t := Target{Text: text}
	var err error
	switch f.Type {
	case manifest.URL:
		return parseURL(f, text)
	case manifest.Address:
		if f.DNS {
			text = grant.WithPort(text, 53)
		}
		t.host, t.port, err = grant.Address(text)
	default:
		if f.Ping {
			t.host, err = grant.Host(text)
			return t, err
		}
		var r grant.Rule
		r, err = grant.Parse(manifest.DNS, text)
		t.host = r.Name
		if strings.HasPrefix(text, "@") {
			err = errors.New("a name such as \"example.com\" is required")
		}
	}
	return t, err
}

func parseURL(f Form, text string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, errors.New("this is not a valid URL") // err quotes it
	}
	if u.User != nil {
		return Target{}, errors.New("a user or a password in the URL is not allowed")
	}
	if !slices.Contains(f.Schemes, u.Scheme) {
		return Target{}, fmt.Errorf("the scheme must be %s", strings.Join(f.Schemes, " or "))
	}
	r, err := grant.AnyOrigin(u)
	if err != nil {
		return Target{}, err
	}
	return Target{Text: text, scheme: r.Scheme, host: r.Host, port: r.Port, rest: u.RequestURI()}, nil
}

// Pattern is an entry of targets.
type Pattern struct {
	Target
	below bool         // host stands for all names below it
	in    netip.Prefix // stands for the addresses in it, if valid
}

// ParsePattern parses an entry of targets. The error says what is wrong, in a sentence
// without a period.
func ParsePattern(f Form, text string) (p Pattern, err error) {
	if strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) || unicode.IsSpace(c) }) || text == "" {
		return p, errors.New("it is empty, or contains a space or a control character")
	}
	plain := text
	switch before, after, found := cutStar(f, text); {
	case found:
		p.below, plain = true, before+after
	case f.Ping && strings.Contains(text, "/"):
		r, err := grant.Parse(manifest.ICMP, text)
		if err != nil {
			return p, err
		}
		p.in = netip.MustParsePrefix(r.Name)
		plain = p.in.Addr().String()
	case f.Type == manifest.Address && strings.Contains(text, "/"):
		if p.in, plain, err = cutRange(text); err != nil {
			return p, err
		}
	}
	if strings.Contains(plain, "*") {
		return p, errors.New("* stands only for the leftmost labels of a host, as in *.example.com, and there must be a domain after it")
	}
	p.Target, err = parse(f, plain)
	p.Text = text
	if _, number := netip.ParseAddr(p.host); p.below && number == nil && err == nil {
		err = errors.New("* stands for labels of a name, not for parts of an address")
	}
	return p, err
}

// cutStar removes "*." from the beginning of a host.
func cutStar(f Form, text string) (before, after string, found bool) {
	if f.Type == manifest.URL {
		if scheme, rest, ok := strings.Cut(text, "://"); ok {
			after, found = strings.CutPrefix(rest, "*.")
			return scheme + "://", after, found
		}
	}
	after, found = strings.CutPrefix(text, "*.")
	return "", after, found
}

// cutRange splits a range with a port, such as 10.0.0.0/8:22 or [2001:db8::/32]:22, and
// returns an address in it with that port.
func cutRange(text string) (in netip.Prefix, plain string, err error) {
	n := strings.LastIndexByte(text, ':')
	if n < strings.IndexByte(text, '/') {
		return in, "", errors.New("the port is missing, as in 10.0.0.0/8:22")
	}
	written, port := text[:n], text[n+1:]
	if inner, found := strings.CutPrefix(written, "["); found {
		written = strings.TrimSuffix(inner, "]")
	}
	if in, err = netip.ParsePrefix(written); err != nil {
		return in, "", errors.New("this is not a range of addresses, such as 10.0.0.0/8:22 or [2001:db8::/32]:22")
	}
	if in.Masked() != in {
		return in, "", fmt.Errorf("the range with this address is written %s", in.Masked())
	}
	return in, join(in.Addr(), port), nil
}

func join(a netip.Addr, port string) string {
	if a.Is6() {
		return "[" + a.String() + "]:" + port
	}
	return a.String() + ":" + port
}

// Many reports whether the pattern stands for several hosts.
func (p Pattern) Many() bool { return p.below || p.in.IsValid() }

// Sample returns a target that matches.
func (p Pattern) Sample() string {
	if p.below {
		return strings.Replace(p.Text, "*.", "a.", 1)
	}
	switch {
	case p.in.IsValid() && p.port == 0: // of a host without a port
		return p.in.Addr().String()
	case p.in.IsValid():
		return join(p.in.Addr(), strconv.Itoa(p.port))
	default:
		return p.Text
	}
}

// Match reports whether a target matches. A URL in a pattern without a path and a query
// leaves both open.
func (p Pattern) Match(t Target) bool {
	if p.scheme != t.scheme || p.port != t.port || p.rest != "/" && p.rest != "" && p.rest != t.rest {
		return false
	}
	return p.matchHost(t.host)
}

func (p Pattern) matchHost(host string) bool {
	switch {
	case p.in.IsValid():
		a, err := netip.ParseAddr(host)
		return err == nil && p.in.Contains(a)
	case p.below:
		name, found := strings.CutSuffix(host, "."+p.host)
		return found && name != ""
	default:
		return p.host == host
	}
}

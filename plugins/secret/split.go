package secret

import (
	"net/url"
	"strings"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// role is the role of a piece of text.
type role int

const (
	value    role = iota // a value, not URL syntax; it is escaped wherever it is inserted
	userinfo             // URL syntax before the host
	rest                 // URL syntax after the host: path, query, fragment
)

type piece struct {
	text   string
	secret bool
	role   role
}

func split(t manifest.Text, typ manifest.Type) []piece {
	whole := t.Reveal()
	switch {
	case !t.HasSecret():
	case typ == manifest.Address:
		if _, _, err := grant.Address(whole); err == nil {
			return []piece{{text: whole}}
		}
	case typ == manifest.URL:
		if l, ok := layoutOf(whole); ok {
			return l.split(t)
		}
	}
	pieces := make([]piece, len(t))
	for i, p := range t {
		pieces[i] = piece{text: p.Text, secret: p.Secret}
	}
	return pieces
}

// layout holds the offsets of the parts of a URL: scheme, userinfo, host with
// port, and the rest after the byte that ends the host.
type layout struct{ user, at, host, end, rest int }

func layoutOf(s string) (layout, bool) {
	user := 0
	for _, scheme := range []string{"https://", "http://", "wss://", "ws://"} {
		if hasPrefixFold(s, scheme) {
			user = len(scheme)
		}
	}
	if user == 0 {
		return layout{}, false
	}
	end := len(s)
	if i := strings.IndexAny(s[user:], "/?#"); i >= 0 {
		end = user + i
	}
	l := layout{user: user, at: user, host: user, end: end, rest: min(end+1, len(s))}
	if i := strings.LastIndexByte(s[user:end], '@'); i >= 0 {
		l.at, l.host = user+i, user+i+1
	}
	return l, true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// split cuts each secret part that reaches into scheme, host, port or their
// delimiters. A part that lies entirely in the userinfo or the rest is a value
// in a template and stays whole.
func (l layout) split(t manifest.Text) []piece {
	var pieces []piece
	from := 0
	for _, p := range t {
		to := from + len(p.Text)
		inside := from >= l.user && to <= l.at || from >= l.rest
		if !p.Secret || inside {
			pieces = append(pieces, piece{text: p.Text, secret: p.Secret})
		} else {
			pieces = append(pieces, l.cut(p.Text, from)...)
		}
		from = to
	}
	return pieces
}

// cut splits a secret text that begins at offset from in the URL.
func (l layout) cut(s string, from int) []piece {
	part := func(begin, end int) string {
		begin, end = max(begin-from, 0), min(end-from, len(s))
		if begin >= end {
			return ""
		}
		return s[begin:end]
	}
	after := part(l.rest, from+len(s))
	all := []piece{
		{text: part(0, l.user)},
		{text: part(l.user, l.at), secret: true, role: userinfo},
		{text: part(l.at, l.rest)},
		{text: after, secret: len(after) >= MinSize, role: rest},
	}
	pieces := all[:0]
	for _, p := range all {
		if p.text != "" {
			pieces = append(pieces, p)
		}
	}
	return pieces
}

// likelyToken is the length from which a segment of a secret path counts as a
// secret itself; shorter ones are words such as "services".
const likelyToken = 16

// parts returns the parts of a secret piece of a URL that a peer may echo
// alone: the path without the query, a query value, the password. They count if
// they are long enough to be a secret.
func (p piece) parts() []piece {
	var found []piece
	add := func(minimum int, raw string) {
		if len(raw) >= minimum && raw != p.text {
			found = append(found, piece{text: raw, secret: true, role: p.role})
		}
		if s, err := url.PathUnescape(raw); err == nil && s != raw && len(s) >= minimum {
			found = append(found, piece{text: s, secret: true})
		}
	}
	switch p.role {
	case userinfo:
		user, password, _ := strings.Cut(p.text, ":")
		add(MinSize, user)
		add(MinSize, password)
	case rest:
		text, _, _ := strings.Cut(p.text, "#")
		path, query, _ := strings.Cut(text, "?")
		add(MinSize, text)
		add(MinSize, path)
		add(MinSize, query)
		for segment := range strings.SplitSeq(path, "/") {
			add(likelyToken, segment)
		}
		for pair := range strings.SplitSeq(query, "&") {
			_, v, _ := strings.Cut(pair, "=")
			add(MinSize, v)
		}
	}
	return found
}

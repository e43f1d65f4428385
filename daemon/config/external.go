package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
)

// ownPaths are the first segments of vega's own paths.
var ownPaths = []string{"admin", "v1", "healthz", "readyz", "openapi.json"}

// plainPath matches a path that needs no percent-encoding and no normalizing.
var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`)

// externalURL reads server.external_url.
func (d serverStage) externalURL(s *bind.Section) string {
	t := s.Slot("external_url")
	text := d.ev.Str(s, "external_url")
	if t == nil || text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil { // the type of the attribute has reported it
		return ""
	}
	const example = `use a URL such as "https://ops.example.com/vega"`
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	switch {
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		d.out.Err(diag.BadURL, t.Expr.At, "external_url must consist of scheme, host and path only.", example)
	case !plainPath.MatchString(u.EscapedPath()):
		d.out.Err(diag.BadURL, t.Expr.At, "The path of external_url may contain only letters, digits and - . _ ~ between single slashes.", example)
	case slices.Contains(ownPaths, first):
		d.out.Err(diag.BadURL, t.Expr.At, fmt.Sprintf("The path of external_url begins with /%s, which is a path of vega itself, so the two could not be told apart.", first), example)
	default:
		return strings.TrimRight(text, "/")
	}
	return ""
}

// scopes reads the scopes of a key.
func (d serverStage) scopes(k *bind.Section) []string {
	t := k.Slot("scopes")
	all := d.ev.Strs(k, "scopes")
	if t != nil && t.State == bind.Present && len(all) == 0 {
		d.out.Err(diag.OutOfBounds, t.Expr.At, "scopes is empty, so the key could be used for nothing.", `name a scope, such as ["read"], or remove scopes for a key that may be used for everything`)
	}
	return all
}

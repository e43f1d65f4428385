package eval

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
)

// MinSecret is the length of a secret, in bytes, from which on vega finds it
// wherever it occurs.
const MinSecret = secret.MinSize

// textChecker checks strings against their types.
type textChecker struct{ out *diag.Collector }

// check returns a string as a value of its type.
func (c textChecker) check(v manifest.Text, e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State) {
	if w.Argument && !c.isArgument(v, e, w) {
		return nil, bind.Bad
	}
	if w.SQL && v.HasSecret() {
		c.out.Err(diag.NotAllowed, e.At, fmt.Sprintf("%s is SQL, so it cannot contain values of env() or file(). They are secrets, and a query could return a value computed from one.", w.Name),
			"use a literal; a password belongs in the dsn of the database block")
		return nil, bind.Bad
	}
	if w.Guest {
		for _, p := range v {
			if p.Secret && p.Text != "" && len(p.Text) < MinSecret {
				c.short(p.Text, e, w)
			}
		}
	}
	switch t {
	case manifest.URL:
		return c.url(v, e, w)
	case manifest.Address:
		return c.address(v, e, w)
	case schema.Path:
		return c.path(v, e, w)
	default:
		return v, bind.Present
	}
}

// short warns of a secret that is too short to be found wherever it occurs.
func (c textChecker) short(text string, e *syntax.Expr, w want) {
	detail := fmt.Sprintf("The secret in %s is shorter than %d bytes, so it occurs in other text by chance: vega hides it in messages only where it stands alone, as a word.", w.Name, MinSecret)
	if len(text) < secret.MinPlaced {
		detail = fmt.Sprintf("The secret in %s is shorter than %d bytes, too short to be hidden: the plugin sees it, and vega hides it in messages only where it is the whole text.", w.Name, secret.MinPlaced)
	}
	c.out.Warn(diag.ShortSecret, e.At, detail, "use a longer secret if the target allows it; if the value is not secret, use a literal instead of env() or file()")
}

// isArgument reports whether a string can be a command argument. A secret
// cannot: the plugin receives a placeholder, which is replaced only on the way
// to a target, and a command connects to no target.
func (c textChecker) isArgument(v manifest.Text, e *syntax.Expr, w want) bool {
	switch {
	case v.HasSecret():
		c.out.Err(diag.NotAllowed, e.At, fmt.Sprintf("%s are command arguments, so they cannot contain values of env() or file(). Those are secrets, which no plugin sees.", w.Name),
			"use a literal if the value is not secret; for a check that needs a secret, use a probe with the ABI vega_v1")
	case strings.ContainsRune(v.Reveal(), 0):
		c.out.Err(diag.OutOfBounds, e.At, w.Name+" contains a zero byte, which would end the argument.", "remove the byte")
	default:
		return true
	}
	return false
}

func (c textChecker) address(v manifest.Text, e *syntax.Expr, w want) (manifest.Value, bind.State) {
	full, fix := v.Reveal(), `use host:port, such as "example.com:443"`
	if w.DNS {
		full, fix = grant.WithPort(full, 53), `use the server's address, such as "10.0.0.2" or "10.0.0.2:53"`
	}
	if _, _, err := grant.Address(full); err != nil {
		instead := ""
		if !v.HasSecret() && !w.Sensitive {
			fix, instead = addressFix(full, fix)
		}
		if e.Kind != syntax.TextExpr || e.Computed() {
			instead = ""
		}
		c.out.Err(diag.BadAddress, e.At, fmt.Sprintf("%s is not a valid address: %v.", w.Name, err), fix).Suggest(e.At, instead)
		return nil, bind.Bad
	}
	return v, bind.Present
}

// addressFix returns the fix for an address with a scheme, or whose port is
// missing, wrong or there twice, and what to write instead, as far as that is
// certain.
func addressFix(address, otherwise string) (fix, instead string) {
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		if port := map[string]string{"http": "80", "https": "443"}[strings.ToLower(scheme)]; port != "" && !strings.Contains(host, ":") {
			host = net.JoinHostPort(host, port)
		}
		if _, _, err := grant.Address(host); err == nil {
			return "remove the scheme and path: " + strconv.Quote(host), strconv.Quote(host)
		}
	}
	if strings.HasPrefix(address, ":") && IsNumber(address[1:]) {
		return "write the host, too, such as " + strconv.Quote("127.0.0.1"+address), ""
	}
	if host, port, ok := cutLast(address); ok && strings.HasSuffix(host, ":"+port) {
		if _, _, err := grant.Address(host); err == nil {
			return "the port is there twice: use " + strconv.Quote(host), strconv.Quote(host)
		}
	}
	if bare := strings.ReplaceAll(address, " ", ""); bare != address {
		if _, _, err := grant.Address(bare); err == nil {
			return "remove the space: " + strconv.Quote(bare), strconv.Quote(bare)
		}
	}
	if host, port, ok := cutLast(address); ok && isIPv6(address) && isIPv6(host) && IsNumber(port) {
		return fmt.Sprintf("put the address in brackets: %q, or %q if these digits belong to it", net.JoinHostPort(host, port), net.JoinHostPort(address, "PORT")), ""
	}
	if inner, found := strings.CutPrefix(strings.TrimSuffix(address, "]"), "["); found && isIPv6(inner) {
		return "add the port: " + strconv.Quote(net.JoinHostPort(inner, "PORT")), ""
	}
	if host, port, err := net.SplitHostPort(address); err == nil && address[0] == '[' && !isIPv6(host) {
		if _, _, err := grant.Address(net.JoinHostPort(host, port)); err == nil {
			instead := strconv.Quote(net.JoinHostPort(host, port))
			return "remove the brackets: " + instead, instead
		}
	}
	if host, err := grant.Host(address); err == nil {
		return "add the port: " + strconv.Quote(net.JoinHostPort(host, "PORT")), ""
	}
	if host, _, err := net.SplitHostPort(address); err == nil {
		if host, err := grant.Host(host); err == nil {
			return "use a port from 1 to 65535: " + strconv.Quote(net.JoinHostPort(host, "PORT")), ""
		}
	}
	return otherwise, ""
}

func isIPv6(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is6()
}

// cutLast cuts an address at its last colon.
func cutLast(address string) (host, port string, ok bool) {
	n := strings.LastIndexByte(address, ':')
	if n < 0 {
		return address, "", false
	}
	return address[:n], address[n+1:], true
}

func (c textChecker) path(v manifest.Text, e *syntax.Expr, w want) (manifest.Value, bind.State) {
	p := v.Reveal()
	if p == "" || strings.ContainsRune(p, 0) {
		c.out.Err(diag.OutOfBounds, e.At, w.Name+" is not a valid path.", "use a path, or remove the attribute")
		return nil, bind.Bad
	}
	if e.Kind == syntax.RefExpr { // absolute already
		return v, bind.Present
	}
	return manifest.Plain(Absolute(p, e.At.Source.Dir)), bind.Present
}

package eval

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// completeURL is the fix for a URL if nothing better is known.
const completeURL = `use a complete URL, such as "https://example.com/health"`

func (c textChecker) url(v manifest.Text, e *syntax.Expr, w want) (manifest.Value, bind.State) {
	raw := v.Reveal()
	u, err := url.Parse(raw)
	if err != nil { // err quotes the URL, which may hold a secret
		why, fix := unparsable(raw, err)
		c.out.Err(diag.BadURL, e.At, w.Name+" is not a valid URL"+why+".", fix)
		return nil, bind.Bad
	}
	if strings.ContainsAny(u.RequestURI(), " \t\r\n") { // it would end the request line
		c.out.Err(diag.BadURL, e.At, w.Name+" has a space in its query.", "use %20 instead")
		return nil, bind.Bad
	}
	if err := inScheme(u, w.URLSchemes()); err != nil {
		fix, instead := completeURL, ""
		if !v.HasSecret() && !w.Sensitive {
			fix, instead = originFix(raw, u, w)
		}
		if e.Kind != syntax.TextExpr || e.Computed() {
			instead = ""
		}
		c.out.Err(diag.BadURL, e.At, fmt.Sprintf("%s must be an absolute %s URL: %v.", w.Name, strings.Join(w.URLSchemes(), " or "), err), fix).Suggest(e.At, instead)
		return nil, bind.Bad
	}
	if isScheme(u.Host) {
		c.out.Err(diag.BadURL, e.At, w.Name+" has two schemes.", "write "+strings.Join(w.URLSchemes(), ":// or ")+":// once")
		return nil, bind.Bad
	}
	return v, bind.Present
}

// inScheme returns why a URL is not complete, or not of one of the schemes.
func inScheme(u *url.URL, schemes []string) error {
	if !slices.Contains(schemes, u.Scheme) {
		return fmt.Errorf("the scheme must be %s", strings.Join(schemes, " or "))
	}
	_, err := grant.AnyOrigin(u)
	return err
}

// isScheme reports whether the host of a URL is the scheme of another one.
func isScheme(host string) bool {
	return host == "http:" || host == "https:" || host == "ws:" || host == "wss:"
}

// twins are the schemes of the same port that a WebSocket has, and a page.
var twins = map[string]string{"http": "ws", "https": "wss", "ws": "http", "wss": "https"}

var (
	manyColons = regexp.MustCompile(`^[A-Za-z]+://[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:`)
	namedPort  = regexp.MustCompile(`^[A-Za-z]+://[^/?#@:]*:[^/?#@:]*[^/?#@:0-9]`)
)

// unparsable returns why a URL cannot be parsed, for a message, and the fix. It
// quotes nothing of the URL.
func unparsable(raw string, err error) (why, fix string) {
	_, badEscape := errors.AsType[url.EscapeError](err)
	switch {
	case strings.TrimSpace(raw) != raw:
		return ": it begins or ends with a space or line break", "remove that"
	case strings.Contains(raw, "{{"):
		return ": it contains {{, which vega does not replace", `use ${env("NAME")} for a variable of the environment, or ${each.value} with for_each`
	case manyColons.MatchString(raw):
		return ": an IPv6 address must be in brackets", `write it as in "https://[2001:db8::1]:8443/"`
	case badEscape:
		return ": a % must be followed by two hexadecimal digits", "write %25 for the character % itself"
	case namedPort.MatchString(raw):
		return ": its port is not a number", completeURL
	default:
		return "", completeURL
	}
}

// isHost matches a host name or IP address, with or without a port and path.
var isHost = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$`)

// otherProbes are the probes for targets that are not HTTP, by the scheme.
var otherProbes = map[string]string{
	"tcp": "core.tcp", "tls": "core.tls", "ssh": "core.ssh", "udp": "core.udp", "ws": "core.websocket", "wss": "core.websocket", "grpc": "core.grpc", "grpcs": "core.grpc", "icmp": "core.icmp", "ping": "core.icmp", "smtp": "core.smtp", "smtps": "core.smtp", "redis": "core.redis", "rediss": "core.redis",
	"dns": "core.dns", "postgres": "core.database", "postgresql": "core.database", "mysql": "core.database",
	"mqtt": "mqtt.broker", "mqtts": "mqtt.broker", "memcached": "memcached.server", "ntp": "ntp.offset",
}

// originFix returns the fix for a URL whose origin is not one of the option's schemes,
// and what to write instead, as far as that is certain.
func originFix(raw string, u *url.URL, w want) (fix, instead string) {
	scheme, all := strings.ToLower(u.Scheme), w.URLSchemes()
	twin := twins[scheme]
	secure, plain := slices.Max(all), slices.Min(all) // https sorts after http, and wss after ws
	switch {
	case isHost.MatchString(raw) && secure != plain:
		return fmt.Sprintf("add the scheme: %q, or %q", secure+"://"+raw, plain+"://"), ""
	case slices.Contains(all, scheme) && u.Host == "" && strings.Trim(u.Opaque+u.Path, "/") != "":
		return fmt.Sprintf("write two slashes after %s:", scheme), ""
	case w.Guest && slices.Contains(all, "wss") && slices.Contains(all, twin):
		instead = strconv.Quote(twin + raw[len(scheme):])
		return fmt.Sprintf("a WebSocket has the scheme %s: %s; for a page, use the probe core.http", twin, instead), instead
	case w.Guest && slices.Contains(all, twin):
		return fmt.Sprintf("use the probe core.websocket for a WebSocket, or write %s:// for a page", twin), ""
	case w.Guest && otherProbes[scheme] != "":
		return "use the probe " + otherProbes[scheme] + " for this target, or a URL that begins with " + secure + "://", ""
	default:
		return strings.Replace(completeURL, "https", secure, 1), ""
	}
}

// Package grant decides which destinations, databases and storage an
// integration's probe may use, and records where the operator granted each.
//
// Parse parses a rule of a grant block. Effective collects all rules of an
// integration and reports the required capabilities that have none. Set.Allows*
// check a call. Everything not granted is denied. The package is a leaf: it
// opens nothing and resolves nothing.
package grant

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"vega/plugins/manifest"
)

// Origin is the place where a rule was granted.
type Origin string

// The three places that grants come from.
const (
	FromConfig  Origin = "config"  // a target the operator wrote in the integration's config
	FromBundled Origin = "bundled" // a fixed host of a plugin that ships with vega
	FromBlock   Origin = "grant"   // the grant block
)

// Secrets is the kind of the rule that Set.Watch receives when a guest sends a
// secret that only Anywhere allows.
const Secrets manifest.Kind = "secrets"

// Listed holds the kinds of grants that are lists of destinations, as Parse parses them.
var Listed = []manifest.Kind{
	manifest.HTTP, manifest.Net, manifest.DNS, manifest.SQL, manifest.ICMP, manifest.WebSocket, manifest.SSH, manifest.Unix,
}

// Rule is one allowed destination.
type Rule struct {
	Kind   manifest.Kind
	Method string // http: "GET"; unix: the same, or "" for a plain connection
	Scheme string // http: http or https; net: tcp, tls or udp; websocket: ws or wss
	Host   string // lower case, no trailing dot; an IP in canonical form, without brackets
	Port   int
	// Name is for dns the name to resolve, or "@host:port" for a server; for sql the
	// database; for unix the path of the socket; for icmp a range of addresses, in CIDR
	// notation, instead of Host.
	Name   string
	Origin Origin
	Where  string // "config.url", "default of base_url", "grant.http[0]"
}

// Set holds everything granted to one integration.
type Set struct {
	Rules []Rule
	// Withheld holds rules that are not in effect because the plugin receives
	// a secret for another origin; see Effective.
	Withheld  []Rule
	KV        manifest.Size // storage quota; 0 means no storage
	Plaintext bool          // whether secrets may travel unencrypted to other hosts
	// Anywhere allows secrets in bodies, on connections, in queries and in any
	// other text that a guest assembles.
	Anywhere bool
	// Pattern, if not nil, reports whether a pattern of the operator allows a request that
	// no rule allows, such as one that a redirect leads to. What it allows counts as
	// written by the operator.
	Pattern func(asked Rule) bool
	// Ranged means that the addresses in Rules are from a range that the operator wrote,
	// so that none counts as written itself.
	Ranged bool
	// Watch, if not nil, is called for each request with whether it is
	// granted, and may grant it. Package plugintest uses it to learn what a
	// probe needs. A rule for storage or secrets has only its kind.
	Watch func(asked Rule, granted bool) bool
}

// ByOperator reports whether the operator wrote the rule's host. Only then may
// the host be in a private range.
func (r Rule) ByOperator() bool { return r.Origin != FromBundled }

// String returns the rule in the syntax of a grant block.
func (r Rule) String() string {
	switch r.Kind {
	case manifest.HTTP:
		return r.Method + " " + r.Scheme + "://" + hostPort(r.Host, r.Port, defaultPort(r.Scheme))
	case manifest.Net:
		return r.Scheme + "://" + hostPort(r.Host, r.Port, 0)
	case manifest.WebSocket:
		return r.Scheme + "://" + hostPort(r.Host, r.Port, defaultPort(r.Scheme))
	case manifest.SSH:
		return hostPort(r.Host, r.Port, 0)
	case manifest.ICMP:
		return r.Host + r.Name
	case manifest.Unix:
		return strings.TrimPrefix(r.Method+" "+r.Name, " ")
	case manifest.SQL:
		return "database." + r.Name
	default:
		return r.Name
	}
}

// Line returns the attribute to paste into a grant block to allow r.
func (r Rule) Line() string {
	if r.Kind == manifest.SQL {
		return "sql = [" + r.String() + "]"
	}
	return fmt.Sprintf("%s = [%q]", r.Kind, r.String())
}

// Parse parses an entry of a grant block: "GET https://host:port" for http,
// "tcp://host:port" for net, "example.com" or "@server:port" for dns, the name
// of a database for sql, a host or range for icmp, "wss://host:port" for websocket,
// "host:port" for ssh, "/path" or "GET /path" for unix.
func Parse(kind manifest.Kind, text string) (Rule, error) {
	switch kind {
	case manifest.HTTP:
		return parseHTTP(text)
	case manifest.Net:
		return parseNet(text)
	case manifest.DNS:
		return parseDNS(text)
	case manifest.SQL:
		return Rule{Kind: kind, Name: text}, nil
	case manifest.ICMP:
		return parseICMP(text)
	case manifest.WebSocket:
		return parseWebSocket(text)
	case manifest.SSH:
		host, port, err := Address(text)
		return Rule{Kind: kind, Host: host, Port: port}, err
	case manifest.Unix:
		return parseUnix(text)
	default:
		return Rule{}, fmt.Errorf("%q does not take a list of destinations", kind)
	}
}

func parseHTTP(text string) (Rule, error) {
	method, target, ok := strings.Cut(text, " ")
	if !ok || method == "" || method != strings.ToUpper(method) {
		return Rule{}, fmt.Errorf("a method and an origin are required, such as \"GET https://example.com\"")
	}
	u, err := url.Parse(target)
	if err != nil || u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return Rule{}, fmt.Errorf("only an origin (scheme, host, port) is allowed, such as \"GET https://example.com:8443\"")
	}
	r, err := Origins(u)
	r.Method = method
	return r, err
}

// Origins returns the http rule, without a method, for the origin of u.
func Origins(u *url.URL) (Rule, error) {
	if u.Scheme != "http" && u.Scheme != "https" {
		return Rule{}, fmt.Errorf("the scheme must be http or https")
	}
	host, err := Host(u.Hostname())
	if err != nil {
		return Rule{}, err
	}
	port := defaultPort(u.Scheme)
	if p := u.Port(); p != "" {
		if port, err = parsePort(p); err != nil {
			return Rule{}, err
		}
	}
	return Rule{Kind: manifest.HTTP, Scheme: u.Scheme, Host: host, Port: port}, nil
}

func parseNet(text string) (Rule, error) {
	scheme, addr, ok := strings.Cut(text, "://")
	if !ok || (scheme != "tcp" && scheme != "tls" && scheme != "udp") {
		return Rule{}, fmt.Errorf("a network (tcp, tls or udp) and an address are required, such as \"tcp://example.com:25\"")
	}
	host, port, err := Address(addr)
	return Rule{Kind: manifest.Net, Scheme: scheme, Host: host, Port: port}, err
}

func parseDNS(text string) (Rule, error) {
	if addr, ok := strings.CutPrefix(text, "@"); ok {
		host, port, err := Address(addr)
		return Rule{Kind: manifest.DNS, Name: "@" + net.JoinHostPort(host, strconv.Itoa(port))}, err
	}
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" { // for a PTR query
		return Rule{Kind: manifest.DNS, Name: ip.Unmap().String()}, nil
	}
	text, err := ASCII(text)
	if err != nil {
		return Rule{}, err
	}
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	emptyLabel := name == "" || name[0] == '.' || name[len(name)-1] == '.' || strings.Contains(name, "..")
	if emptyLabel || len(name) > 253 || strings.ContainsAny(name, " /:@*\\\t\r\n\x00") {
		return Rule{}, fmt.Errorf("a name such as \"example.com\" is required, or \"@10.0.0.2:53\" for a server")
	}
	return Rule{Kind: manifest.DNS, Name: name}, labels(name)
}

// Address splits host:port and normalizes both for comparison.
func Address(text string) (host string, port int, err error) {
	h, p, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("host:port is required, such as \"example.com:443\" or \"[::1]:443\"")
	}
	if port, err = parsePort(p); err != nil {
		return "", 0, err
	}
	if strings.HasPrefix(text, "[") && !strings.Contains(h, ":") {
		return "", 0, fmt.Errorf("only an IPv6 address is written in brackets")
	}
	host, err = Host(h)
	return host, port, err
}

// Host normalizes a host name or IP literal for comparison: lower case, no
// trailing dot, an IP in canonical form. It refuses zones, and numbers that
// some resolvers take for an address (2130706433, 0x7f.1, 127.1). An
// international name gets its xn-- form.
func Host(h string) (string, error) {
	h, err := ASCII(h)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(h); err == nil {
		if ip.Zone() != "" {
			return "", fmt.Errorf("an address with a zone is not supported")
		}
		return ip.Unmap().String(), nil
	}
	h = strings.ToLower(strings.TrimSuffix(h, "."))
	if h == "" {
		return "", fmt.Errorf("the host is missing")
	}
	if len(h) > 253 {
		return "", fmt.Errorf("the host name is longer than 253 bytes")
	}
	for _, r := range h {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_') {
			return "", fmt.Errorf("the host name has an invalid character")
		}
	}
	if err := labels(h); err != nil {
		return "", err
	}
	last := h[strings.LastIndexByte(h, '.')+1:]
	if last == "" || last[0] >= '0' && last[0] <= '9' {
		return "", fmt.Errorf("the host looks like a number; an IPv4 address must have four decimal parts")
	}
	return h, nil
}

// labels reports a name that no resolver accepts for the length of its parts.
func labels(name string) error {
	for label := range strings.SplitSeq(name, ".") {
		switch {
		case label == "":
			return fmt.Errorf("the name has an empty part, before, after or between its dots")
		case len(label) > 63:
			return fmt.Errorf("a part of the name is longer than 63 bytes")
		}
	}
	return nil
}

// international converts names as browsers do. It leaves the characters of a
// name to the callers, because records have names such as _sip._tcp.
var international = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

// ASCII returns the xn-- form of an international name (RFC 5891), and other
// text unchanged.
func ASCII(name string) (string, error) {
	if strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return name, nil
	}
	converted, err := international.ToASCII(name)
	if _, bad := netip.ParseAddr(converted); err != nil || bad == nil || converted == "" {
		return "", fmt.Errorf("the name is not a valid international name; write it in its xn-- form")
	}
	return converted, nil
}

func parsePort(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 || s[0] == '+' || s[0] == '0' {
		return 0, fmt.Errorf("the port must be between 1 and 65535")
	}
	return n, nil
}

func defaultPort(scheme string) int {
	switch scheme {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	default:
		return 0
	}
}

func hostPort(host string, port, implied int) string {
	if port == implied {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

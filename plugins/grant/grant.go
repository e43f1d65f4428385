// Package grant is the operator's yes: which destinations, databases and
// storage one integration's probe may use, and where each yes was given.
//
// Parse reads a rule as it stands in a grant block; Effective gathers all the
// rules of an integration and says which non-optional capability has none.
// Set.Allows* judge a call. Everything not granted is denied. The package is
// a leaf: it opens nothing and resolves nothing.
package grant

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"vega/plugins/manifest"
)

// Origin is where a rule comes from.
type Origin string

// The three places that grants come from, and no other.
const (
	FromConfig  Origin = "config"  // a target the operator wrote in the integration's config
	FromBundled Origin = "bundled" // a fixed host of the plugin that ships with vega
	FromBlock   Origin = "grant"   // the grant block
)

// Secrets is the kind of a rule that Set.Watch is given when a guest sends a
// secret where only Anywhere allows it.
const Secrets manifest.Kind = "secrets"

// Rule is one destination that is allowed.
type Rule struct {
	Kind   manifest.Kind
	Method string // http: "GET"
	Scheme string // http: http or https; net: tcp, tls or udp
	Host   string // lower case, no trailing dot; an IP in canonical form, without brackets
	Port   int
	Name   string // dns: the name asked for, or "@host:port" for a server; sql: the database
	Origin Origin
	Where  string // "config.url", "default of base_url", "grant.http[0]"
}

// Set is everything granted to one integration.
type Set struct {
	Rules []Rule
	// Withheld are rules that do not hold, because the plugin is given a secret
	// that belongs elsewhere; see Effective.
	Withheld  []Rule
	KV        manifest.Size // quota; 0 is no storage
	Plaintext bool          // secrets may travel unencrypted to other hosts
	// Anywhere says that secrets may be sent in bodies, on connections, in queries
	// and in any other text that a guest puts together.
	Anywhere bool
	// Watch, where it is not nil, is told of all that is asked, and whether it
	// is granted; it may grant what is not. It is for plugintest, which learns
	// by it what a probe needs. A rule for storage, or for secrets, has the kind
	// alone.
	Watch func(asked Rule, granted bool) bool
}

// ByOperator reports whether a person wrote the rule's host: only then may it
// be in a private range.
func (r Rule) ByOperator() bool { return r.Origin != FromBundled }

// String is the rule as it would stand in a grant block.
func (r Rule) String() string {
	switch r.Kind {
	case manifest.HTTP:
		return r.Method + " " + r.Scheme + "://" + hostPort(r.Host, r.Port, defaultPort(r.Scheme))
	case manifest.Net:
		return r.Scheme + "://" + hostPort(r.Host, r.Port, 0)
	case manifest.SQL:
		return "database." + r.Name
	default:
		return r.Name
	}
}

// Line is the attribute to paste into a grant block to allow what r says.
func (r Rule) Line() string {
	if r.Kind == manifest.SQL {
		return "sql = [" + r.String() + "]"
	}
	return fmt.Sprintf("%s = [%q]", r.Kind, r.String())
}

// Parse reads one entry of a grant block: "GET https://host:port" for http,
// "tcp://host:port" for net, "example.com" or "@server:port" for dns, a
// database's name for sql.
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
	default:
		return Rule{}, fmt.Errorf("%q takes no list of destinations", kind)
	}
}

func parseHTTP(text string) (Rule, error) {
	method, target, ok := strings.Cut(text, " ")
	if !ok || method == "" || method != strings.ToUpper(method) {
		return Rule{}, fmt.Errorf("write a method and an origin, such as \"GET https://example.com\"")
	}
	u, err := url.Parse(target)
	if err != nil || u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return Rule{}, fmt.Errorf("write an origin only (scheme, host, port), such as \"GET https://example.com:8443\"")
	}
	r, err := Origins(u)
	r.Method = method
	return r, err
}

// Origins is the http rule, still without a method, for where u points.
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
		return Rule{}, fmt.Errorf("write a network and an address, such as \"tcp://example.com:25\" (tcp, tls or udp)")
	}
	host, port, err := Address(addr)
	return Rule{Kind: manifest.Net, Scheme: scheme, Host: host, Port: port}, err
}

func parseDNS(text string) (Rule, error) {
	if addr, ok := strings.CutPrefix(text, "@"); ok {
		host, port, err := Address(addr)
		return Rule{Kind: manifest.DNS, Name: "@" + net.JoinHostPort(host, strconv.Itoa(port))}, err
	}
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" { // what a PTR is asked of
		return Rule{Kind: manifest.DNS, Name: ip.Unmap().String()}, nil
	}
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	emptyLabel := name == "" || name[0] == '.' || name[len(name)-1] == '.' || strings.Contains(name, "..")
	if emptyLabel || len(name) > 253 || strings.ContainsAny(name, " /:@*\\\t\r\n\x00") {
		return Rule{}, fmt.Errorf("write a name such as \"example.com\", or \"@10.0.0.2:53\" for a server")
	}
	return Rule{Kind: manifest.DNS, Name: name}, nil
}

// Address splits host:port and brings both into the form rules compare in.
func Address(text string) (host string, port int, err error) {
	h, p, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("write host:port, such as \"example.com:443\" or \"[::1]:443\"")
	}
	if port, err = parsePort(p); err != nil {
		return "", 0, err
	}
	host, err = Host(h)
	return host, port, err
}

// Host brings a host name or IP literal into the form rules compare in: lower
// case, no trailing dot, an IP in canonical form. Numbers that some resolvers
// take for an address (2130706433, 0x7f.1, 127.1) are refused, as is a zone.
func Host(h string) (string, error) {
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
			return "", fmt.Errorf("the host name has a character that no host name has; write an international name in its xn-- form")
		}
	}
	last := h[strings.LastIndexByte(h, '.')+1:]
	if last == "" || last[0] >= '0' && last[0] <= '9' {
		return "", fmt.Errorf("the host looks like a number; write an IPv4 address as four decimal parts")
	}
	return h, nil
}

func parsePort(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 || s[0] == '+' || s[0] == '0' {
		return 0, fmt.Errorf("the port must be within 1 to 65535")
	}
	return n, nil
}

func defaultPort(scheme string) int {
	switch scheme {
	case "http":
		return 80
	case "https":
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

package grant

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strings"

	"vega/plugins/manifest"
)

// parseICMP parses a host, an address or a range of addresses.
func parseICMP(text string) (Rule, error) {
	if !strings.Contains(text, "/") {
		host, err := Host(text)
		return Rule{Kind: manifest.ICMP, Host: host}, err
	}
	in, err := netip.ParsePrefix(text)
	if err != nil || in.Addr().Is4In6() {
		return Rule{}, errors.New("a host such as \"example.com\" is required, or a range such as \"10.0.0.0/8\"")
	}
	if in.Masked() != in {
		return Rule{}, fmt.Errorf("the range with this address is written %s", in.Masked())
	}
	return Rule{Kind: manifest.ICMP, Name: in.String()}, nil
}

// parseWebSocket parses an origin such as "wss://example.com:8443".
func parseWebSocket(text string) (Rule, error) {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return Rule{}, errors.New("only an origin (scheme, host, port) is allowed, such as \"wss://example.com:8443\"")
	}
	return WebSocketOrigin(u)
}

// WebSocketOrigin returns the websocket rule for the origin of u.
func WebSocketOrigin(u *url.URL) (Rule, error) {
	over, ok := map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	if !ok {
		return Rule{}, errors.New("the scheme must be ws or wss")
	}
	as := *u
	as.Scheme = over
	r, err := Origins(&as)
	return Rule{Kind: manifest.WebSocket, Scheme: u.Scheme, Host: r.Host, Port: r.Port}, err
}

// AnyOrigin returns the rule for the origin of a URL: of kind websocket for ws and wss,
// and otherwise as Origins does.
func AnyOrigin(u *url.URL) (Rule, error) {
	if u.Scheme == "ws" || u.Scheme == "wss" {
		return WebSocketOrigin(u)
	}
	return Origins(u)
}

// parseUnix parses the path of a socket, after an HTTP method or alone.
func parseUnix(text string) (Rule, error) {
	method, name, ok := strings.Cut(text, " ")
	if !ok || strings.HasPrefix(text, "/") {
		method, name = "", text
	}
	if method != strings.ToUpper(method) || strings.ContainsFunc(method, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		return Rule{}, errors.New("an HTTP method and a path are required, such as \"GET /run/docker.sock\", or a path alone for any other protocol")
	}
	if err := socketPath(name); err != nil {
		return Rule{}, err
	}
	return Rule{Kind: manifest.Unix, Method: method, Name: name}, nil
}

// maxSocketPath is the longest path that the kernel takes for a socket, in bytes.
const maxSocketPath = 107

func socketPath(name string) error {
	switch {
	case !strings.HasPrefix(name, "/"):
		return errors.New("an absolute path is required, such as \"/run/docker.sock\"")
	case name == "/":
		return errors.New("the path of a socket is required, such as \"/run/docker.sock\"")
	case path.Clean(name) != name:
		return fmt.Errorf("the path must be in its shortest form: %s", path.Clean(name))
	case len(name) > maxSocketPath:
		return fmt.Errorf("the path of a socket can have at most %d bytes", maxSocketPath)
	case strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return errors.New("the path contains a control character")
	default:
		return nil
	}
}

// AllowsICMP checks echo requests to a host.
func (s *Set) AllowsICMP(host string) (Rule, error) {
	name, err := Host(host)
	if err != nil {
		return Rule{}, refused(host, "echo requests to %s are refused: %v", err)
	}
	return s.find(Rule{Kind: manifest.ICMP, Host: name})
}

// AllowsWebSocket checks a connection by its origin.
func (s *Set) AllowsWebSocket(u *url.URL) (Rule, error) {
	want, err := WebSocketOrigin(u)
	if err != nil {
		return Rule{}, &Denial{Asked: fmt.Sprintf("a WebSocket to this URL is refused: %v", err)}
	}
	return s.find(want)
}

// AllowsSSH checks a connection.
func (s *Set) AllowsSSH(address string) (Rule, error) {
	host, port, err := Address(address)
	if err != nil {
		return Rule{}, refused(address, "ssh to %s is refused: %v", err)
	}
	return s.find(Rule{Kind: manifest.SSH, Host: host, Port: port})
}

// AllowsUnix checks the use of a socket in the file system: by requests with a method,
// or plainly if the method is empty.
func (s *Set) AllowsUnix(method, name string) (Rule, error) {
	if err := socketPath(name); err != nil {
		return Rule{}, refused(name, "the socket %s is refused: %v", err)
	}
	return s.find(Rule{Kind: manifest.Unix, Method: method, Name: name})
}

// inRange reports whether a rule for a range of addresses allows what is asked for.
func (r Rule) inRange(want Rule) bool {
	if r.Kind != manifest.ICMP || want.Kind != manifest.ICMP || r.Name == "" {
		return false
	}
	in, err := netip.ParsePrefix(r.Name)
	a, notIP := netip.ParseAddr(want.Host)
	return err == nil && notIP == nil && in.Contains(a)
}

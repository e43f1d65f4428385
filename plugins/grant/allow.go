package grant

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"vega/plugins/manifest"
	"vega/policies/check"
)

// Denial is a refused call. Its text states the request and the line to paste
// to allow it. It names only method, scheme, host and port, so it contains no
// secret.
type Denial struct {
	Asked string
	Fix   string // an attribute for the grant block; "" if no grant can allow it
	Empty bool   // the guest asked for no target at all
	// Module is set for a scrape_module, which has targets and no grant block.
	Module bool
}

// Error returns what was denied and what to do.
func (d *Denial) Error() string {
	switch {
	case d.Fix == "":
		return d.Asked
	case d.Module:
		return d.Asked + " is not granted; to allow it, add it to targets of the scrape_module"
	}
	return d.Asked + " is not granted; to allow it, write in the integration: grant { " + d.Fix + " }"
}

// AllowsHTTP checks a request by method and origin, and returns the rule that
// allows it.
func (s *Set) AllowsHTTP(method string, u *url.URL) (Rule, error) {
	want, err := Origins(u)
	if err != nil {
		return Rule{}, &Denial{Asked: fmt.Sprintf("http to this URL is refused: %v", err)}
	}
	want.Method = method
	return s.find(want)
}

// AllowsNet checks a connection; scheme is tcp, tls or udp.
func (s *Set) AllowsNet(scheme, address string) (Rule, error) {
	host, port, err := Address(address)
	if err != nil {
		return Rule{}, refused(address, "the connection to %s is refused: %v", err)
	}
	return s.find(Rule{Kind: manifest.Net, Scheme: scheme, Host: host, Port: port})
}

var (
	errNotName     = errors.New("it is not a host name")
	errInvalidName = errors.New("its name is not valid")
)

// refused returns the denial of a target that is not valid.
func refused(target, format string, err error) *Denial {
	if target == "" {
		return &Denial{Asked: fmt.Sprintf(format, "an empty address", err), Empty: true}
	}
	return &Denial{Asked: fmt.Sprintf(format, strconv.Quote(check.Clip(target, 80)), err)}
}

// AllowsDNS checks a query. The name must be granted, and so must the server if
// the guest names one. The default port is 53.
func (s *Set) AllowsDNS(name, server string) error {
	want, err := parseDNS(name)
	if err != nil || strings.HasPrefix(name, "@") {
		return refused(name, "resolving %s is refused: %v", errNotName)
	}
	if _, err := s.find(want); err != nil || server == "" {
		return err
	}
	want, err = parseDNS("@" + WithPort(server, 53))
	if err != nil {
		return refused(server, "querying the server %s is refused: %v", err)
	}
	_, err = s.find(want)
	return err
}

// AllowsSQL checks a query by its database.
func (s *Set) AllowsSQL(database string) error {
	if !manifest.ValidName(database) {
		return refused(database, "sql on the database %s is refused: %v", errInvalidName)
	}
	_, err := s.find(Rule{Kind: manifest.SQL, Name: database})
	return err
}

// AllowsKV checks the use of storage.
func (s *Set) AllowsKV() error {
	if s.watched(Rule{Kind: manifest.KV}, s.KV > 0) {
		return nil
	}
	return &Denial{Asked: "key-value storage", Fix: `kv = "64KiB"`}
}

// AllowsSecrets checks the sending of a secret in a text that the guest
// assembled. what describes the secret and its destination.
func (s *Set) AllowsSecrets(what string) error {
	if s.watched(Rule{Kind: Secrets}, s.Anywhere) {
		return nil
	}
	return &Denial{Asked: "sending " + what, Fix: secretsAnywhere}
}

const secretsAnywhere = `secrets = "anywhere"`

var verbs = map[manifest.Kind]string{
	manifest.HTTP: "the request ", manifest.Net: "the connection ", manifest.DNS: "the DNS query ", manifest.SQL: "sql on ",
	manifest.ICMP: "an echo request to ", manifest.WebSocket: "the connection ", manifest.SSH: "ssh to ", manifest.Unix: "the connection to the socket ",
}

func (s *Set) find(want Rule) (Rule, error) {
	for _, r := range s.Rules {
		if r.allows(want) {
			s.watched(want, true)
			return r, nil
		}
	}
	if s.Matches(want) {
		s.watched(want, true)
		want.Origin, want.Where = FromConfig, "targets"
		return want, nil
	}
	if s.watched(want, false) {
		want.Origin, want.Where = FromBlock, "learned"
		return want, nil
	}
	for _, r := range s.Withheld {
		if r.allows(want) {
			return Rule{}, &Denial{
				Asked: want.asked() + ", by a plugin with a secret for another host,",
				Fix:   secretsAnywhere,
			}
		}
	}
	return Rule{}, &Denial{Asked: want.asked(), Fix: want.Line(), Module: s.Pattern != nil}
}

// asked describes a call for a denial.
func (r Rule) asked() string {
	if r.Kind == manifest.Unix && r.Method != "" {
		return "the request " + r.Method + " over the socket " + r.Name
	}
	return verbs[r.Kind] + r.String()
}

// allows reports whether the rule allows the call.
func (r Rule) allows(want Rule) bool {
	return r.inRange(want) || r.Kind == want.Kind && r.Method == want.Method && r.Scheme == want.Scheme &&
		r.Host == want.Host && r.Port == want.Port && r.Name == want.Name
}

// Matches reports whether a pattern of the operator allows the rule.
func (s *Set) Matches(r Rule) bool { return s.Pattern != nil && s.Pattern(r) }

func (s *Set) watched(asked Rule, granted bool) bool {
	if s.Watch == nil {
		return granted
	}
	return s.Watch(asked, granted) || granted
}

// WithPort adds the port if the address has none.
func WithPort(address string, port int) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), strconv.Itoa(port))
}

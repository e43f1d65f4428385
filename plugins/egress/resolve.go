package egress

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/plugins/span"
	"vega/sdk/abi"
)

// types lists the record types that can be queried.
var types = map[string]uint16{
	"A": dns.TypeA, "AAAA": dns.TypeAAAA, "CNAME": dns.TypeCNAME, "MX": dns.TypeMX, "NS": dns.TypeNS,
	"TXT": dns.TypeTXT, "SOA": dns.TypeSOA, "PTR": dns.TypePTR, "SRV": dns.TypeSRV, "CAA": dns.TypeCAA,
}

var errType = invalid("the record type must be one of A, AAAA, CNAME, MX, NS, TXT, SOA, PTR, SRV, CAA")

// Resolve queries the records of a name, without search domains and without the
// hosts file: from server if given (host or host:port), or else from the
// Network's resolver, or else from the system's. PTR also takes an address. The
// records are in the server's order. A name that does not exist is abi.ErrDNS,
// one without such a record abi.ErrNotSet.
func (s *Session) Resolve(ctx context.Context, rrtype, name, server string) ([]string, error) {
	defer s.begin(span.Resolve, "resolve")()
	found, err := resolve(ctx, s, rrtype, name, server)
	if s.call.Recorded() {
		if _, ok := types[strings.ToUpper(rrtype)]; ok {
			s.call.Text(span.RecordType, strings.ToUpper(rrtype))
			s.call.Text(span.Question, s.vault.Redact(name))
		}
		s.call.Number(span.Answers, int64(len(found)))
	}
	s.call.Fail(s.class(err))
	return found, err
}

func resolve(ctx context.Context, s *Session, rrtype, name, server string) ([]string, error) {
	typ, ok := types[strings.ToUpper(rrtype)]
	if !ok {
		return nil, errType
	}
	question, err := s.question(typ, name, server)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	servers, err := s.servers(ctx, server)
	s.Seen.Query(time.Since(start))
	if err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		return s.bySystem(ctx, typ, question)
	}
	q := exchanger{session: s, stream: server == "" && s.network.stream(), held: holding{of: s.account()}}
	defer q.held.release()
	ask := q.ask // the servers that a guest names are its target
	if server == "" {
		ask = q.askOwn
	}
	answer, err := ask(ctx, question, typ, servers)
	if err != nil {
		return nil, s.fail(ctx, "resolving "+name, err, abi.ErrDNS)
	}
	return answer.found(name, rrtype)
}

// question checks a name and returns the form to query. The grant for the PTR
// record of an address may name the address or its arpa name.
func (s *Session) question(typ uint16, name, server string) (string, error) {
	if s.vault.Holds([]byte(name)) {
		return "", s.deny(&grant.Denial{Asked: "resolving a name that contains a secret is refused; set the name as a literal in the configuration, without env() or file()"})
	}
	asked := name
	if ip, err := netip.ParseAddr(name); err == nil && typ == dns.TypePTR {
		if asked, err = dns.ReverseAddr(ip.Unmap().WithZone("").String()); err != nil {
			return "", invalid("the address cannot be queried")
		}
		if s.grants.AllowsDNS(name, server) == nil {
			return asked, nil
		}
	}
	if err := s.grants.AllowsDNS(asked, server); err != nil {
		return "", s.deny(err)
	}
	asked, err := grant.ASCII(asked)
	if _, ok := dns.IsDomainName(asked); err != nil || !ok {
		return "", invalid("the name is not a domain name")
	}
	return dns.Fqdn(asked), nil
}

// servers returns the addresses to query. A server named by the guest is
// checked like any other destination; the operator's own is not.
func (s *Session) servers(ctx context.Context, server string) ([]string, error) {
	if server == "" {
		servers, err := s.network.servers()
		if err != nil {
			return nil, s.fail(ctx, "reading the system's DNS servers", err, abi.ErrIO)
		}
		return servers, nil
	}
	host, port, err := grant.Address(grant.WithPort(server, 53))
	if err != nil {
		return nil, invalid("the DNS server is not host or host:port: %v", err)
	}
	found, err := s.waitForLookup(ctx, host)
	if err != nil {
		return nil, s.fail(ctx, "resolving the DNS server "+host, err, abi.ErrIO)
	}
	rule := grant.Rule{Kind: manifest.DNS, Name: "@" + net.JoinHostPort(host, strconv.Itoa(port))}
	ips, err := s.allowed(rule, host, found)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, maxTried)
	for _, ip := range ips[:min(len(ips), maxTried)] {
		out = append(out, net.JoinHostPort(ip.String(), strconv.Itoa(port)))
	}
	return out, nil
}

func (s *Session) waitForLookup(ctx context.Context, host string) ([]netip.Addr, error) {
	s.account().Leave()
	defer s.account().Return()
	return s.lookup(ctx, host)
}

func (n *Network) servers() ([]string, error) {
	if n.dialer.Server != "" {
		return []string{n.dialer.Server}, nil
	}
	system, err := dns.ClientConfigFromFile(resolvConf)
	if short := shortage.Of(err); short != nil {
		return nil, short
	}
	if err != nil { // no such file on this system: use package net
		return nil, nil //nolint:nilerr // not a failure
	}
	if len(system.Servers) == 0 { // the C library's default
		system.Servers = []string{"127.0.0.1", "::1"}
	}
	out := make([]string, 0, len(system.Servers))
	for _, server := range system.Servers {
		out = append(out, net.JoinHostPort(server, system.Port))
	}
	return out, nil
}

const resolvConf = "/etc/resolv.conf"

// stream reports whether the system's DNS servers are to be queried over TCP
// only.
func (n *Network) stream() bool {
	if n.dialer.Server != "" {
		return false
	}
	text, err := os.ReadFile(resolvConf)
	return err == nil && usesTCP(string(text))
}

// usesTCP reports whether a resolv.conf has the option use-vc.
func usesTCP(text string) bool {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == "options" && slices.Contains(fields, "use-vc") {
			return true
		}
	}
	return false
}

func (r *reply) found(name, rrtype string) ([]string, error) {
	rrtype = strings.ToUpper(rrtype)
	switch {
	case r.rcode == dns.RcodeNameError && r.alias != "":
		return nil, &Error{Errno: abi.ErrDNS, Text: "resolving " + name + ": it is an alias of " + r.alias + ", which does not exist (NXDOMAIN); add it, or correct the alias"}
	case r.rcode == dns.RcodeNameError:
		return nil, &Error{Errno: abi.ErrDNS, Text: "resolving " + name + ": no such name (NXDOMAIN); add a record, or correct the name"}
	case len(r.records) == 0 && r.alias != "":
		return nil, &Error{Errno: abi.ErrNotSet, Text: name + " is an alias of " + r.alias + ", for which the server returned no " + rrtype + " record"}
	case len(r.records) == 0:
		return nil, &Error{Errno: abi.ErrNotSet, Text: name + " has no " + rrtype + " record"}
	}
	return r.records, nil
}

// JudgeResolve returns the error that Resolve would return before it sends a
// query, or nil.
func (s Judge) JudgeResolve(rrtype, name, server string) error {
	typ, ok := types[strings.ToUpper(rrtype)]
	if !ok {
		return errType
	}
	_, err := s.question(typ, name, server)
	return err
}

package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// types are the record types that can be asked for.
var types = map[string]uint16{
	"A": dns.TypeA, "AAAA": dns.TypeAAAA, "CNAME": dns.TypeCNAME, "MX": dns.TypeMX, "NS": dns.TypeNS,
	"TXT": dns.TypeTXT, "SOA": dns.TypeSOA, "PTR": dns.TypePTR, "SRV": dns.TypeSRV, "CAA": dns.TypeCAA,
}

var errType = invalid("the record type must be one of A, AAAA, CNAME, MX, NS, TXT, SOA, PTR, SRV, CAA")

// Resolve asks for the records of a name, without search domains and without
// the hosts file: of the server if one is given (host or host:port), or else
// of the Network's, or else of the system's. PTR also takes an address. The
// answers are in the server's order. A name that does not exist is
// abi.ErrDNS, one without such a record abi.ErrNotSet.
func (s *Session) Resolve(ctx context.Context, rrtype, name, server string) ([]string, error) {
	typ, ok := types[strings.ToUpper(rrtype)]
	if !ok {
		return nil, errType
	}
	question, err := s.question(typ, name, server)
	if err != nil {
		return nil, err
	}
	servers, err := s.servers(ctx, server)
	if err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		return s.bySystem(ctx, typ, question)
	}
	answer, err := ask(ctx, question, typ, servers)
	if err != nil {
		return nil, s.fail(ctx, "resolving "+name, err, abi.ErrDNS)
	}
	return s.records(answer, typ, name, rrtype)
}

// question judges a name and brings it into the form that is asked for. The
// grant for the PTR of an address may name the address or its arpa name.
func (s *Session) question(typ uint16, name, server string) (string, error) {
	if s.vault.Redact(name) != name {
		return "", s.deny(&grant.Denial{Asked: "asking for a name with a secret in it is refused: write the name itself in the configuration, not env() or file()"})
	}
	asked := name
	if ip, err := netip.ParseAddr(name); err == nil && typ == dns.TypePTR {
		if asked, err = dns.ReverseAddr(ip.Unmap().WithZone("").String()); err != nil {
			return "", invalid("the address can't be asked for")
		}
		if s.grants.AllowsDNS(name, server) == nil {
			return asked, nil
		}
	}
	if err := s.grants.AllowsDNS(asked, server); err != nil {
		return "", s.deny(err)
	}
	if _, ok := dns.IsDomainName(asked); !ok {
		return "", invalid("the name is no domain name")
	}
	return dns.Fqdn(asked), nil
}

// servers are the addresses to ask. The server that a guest names is judged
// by address like any other destination; the operator's own is not.
func (s *Session) servers(ctx context.Context, server string) ([]string, error) {
	if server == "" {
		return s.network.servers(), nil
	}
	host, port, err := grant.Address(grant.WithPort(server, 53))
	if err != nil {
		return nil, invalid("the DNS server is no host or host:port: %v", err)
	}
	found, err := s.network.lookup(ctx, host)
	if err != nil {
		return nil, s.fail(ctx, "resolving the DNS server "+host, err, abi.ErrDNS)
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

func (n *Network) servers() []string {
	if n.server != "" {
		return []string{n.server}
	}
	system, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil // no such file on this system: the net package knows how
	}
	out := make([]string, 0, len(system.Servers))
	for _, server := range system.Servers {
		out = append(out, net.JoinHostPort(server, system.Port))
	}
	return out
}

const (
	rounds     = 3
	shareOfTry = 2 * time.Second
)

// ask goes through the servers up to three times, since a datagram may be
// lost. Only the last attempt may take all the time that is left.
func ask(ctx context.Context, name string, typ uint16, servers []string) (*dns.Msg, error) {
	query := new(dns.Msg).SetQuestion(name, typ)
	query.SetEdns0(1232, false)
	var last error
	for i := range rounds * len(servers) {
		limit := shareOfTry
		if deadline, ok := ctx.Deadline(); ok && i == rounds*len(servers)-1 {
			limit = time.Until(deadline)
		}
		answer, err := askOne(ctx, query, servers[i%len(servers)], limit)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = err
		if !isTimeout(err) && i >= len(servers)-1 {
			break // a server that answers wrongly does so again
		}
	}
	return nil, last
}

func askOne(ctx context.Context, query *dns.Msg, server string, limit time.Duration) (*dns.Msg, error) {
	client := dns.Client{Net: "udp", Timeout: max(limit, time.Millisecond)}
	answer, _, err := client.ExchangeContext(ctx, query, server)
	if err == nil && answer.Truncated {
		client.Net = "tcp"
		answer, _, err = client.ExchangeContext(ctx, query, server)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("asking %s: %w", server, err)
	case len(answer.Question) != 1 || !strings.EqualFold(answer.Question[0].Name, query.Question[0].Name) || answer.Question[0].Qtype != query.Question[0].Qtype:
		return nil, errors.New(server + " answered another question")
	case answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError:
		return nil, errors.New(server + " answered " + dns.RcodeToString[answer.Rcode])
	}
	return answer, nil
}

func (s *Session) records(answer *dns.Msg, typ uint16, name, rrtype string) ([]string, error) {
	if answer.Rcode == dns.RcodeNameError {
		return nil, &Error{Errno: abi.ErrDNS, Text: s.vault.HideString("resolving " + name + ": no such name (NXDOMAIN)")}
	}
	var out []string
	for _, rr := range answer.Answer {
		if rr.Header().Rrtype == typ {
			out = append(out, s.vault.HideString(recordText(rr)))
		}
	}
	if len(out) == 0 {
		return nil, &Error{Errno: abi.ErrNotSet, Text: s.vault.HideString(name + " has no " + strings.ToUpper(rrtype) + " record")}
	}
	return out, nil
}

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
	"vega/plugins/shortage"
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
	held := holding{of: s.account()}
	defer held.release()
	answer, err := s.ask(ctx, question, typ, servers, &held)
	if err != nil {
		return nil, s.fail(ctx, "resolving "+name, err, abi.ErrDNS)
	}
	return answer.found(name, rrtype)
}

// question checks a name and returns the form to query. The grant for the PTR
// record of an address may name the address or its arpa name.
func (s *Session) question(typ uint16, name, server string) (string, error) {
	if s.vault.Holds([]byte(name)) {
		return "", s.deny(&grant.Denial{Asked: "resolving a name that contains a secret is refused: write the name itself in the configuration, not env() or file()"})
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
	if _, ok := dns.IsDomainName(asked); !ok {
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

func (s *Session) waitForLookup(ctx context.Context, host string) ([]netip.Addr, error) {
	s.account().Leave()
	defer s.account().Return()
	return s.lookup(ctx, host)
}

func (n *Network) servers() ([]string, error) {
	if n.dialer.Server != "" {
		return []string{n.dialer.Server}, nil
	}
	system, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if short := shortage.Of(err); short != nil {
		return nil, short
	}
	if err != nil { // no such file on this system: use package net
		return nil, nil //nolint:nilerr // not a failure
	}
	out := make([]string, 0, len(system.Servers))
	for _, server := range system.Servers {
		out = append(out, net.JoinHostPort(server, system.Port))
	}
	return out, nil
}

const (
	rounds     = 3
	shareOfTry = 2 * time.Second
)

// ask tries the servers up to three times, because a datagram may be lost. Only
// the last attempt may use all the remaining time.
func (s *Session) ask(ctx context.Context, name string, typ uint16, servers []string, held *holding) (*reply, error) {
	query := new(dns.Msg).SetQuestion(name, typ)
	query.SetEdns0(1232, false)
	var last error
	for i := range rounds * len(servers) {
		limit := shareOfTry
		if deadline, ok := ctx.Deadline(); ok && i == rounds*len(servers)-1 {
			limit = time.Until(deadline)
		}
		answer, err := s.askOne(ctx, query, servers[i%len(servers)], limit, held)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = err
		if shortage.Of(err) != nil || !isTimeout(err) && i >= len(servers)-1 {
			break // a server that sends a wrong reply does so again
		}
	}
	return nil, last
}

func (s *Session) askOne(ctx context.Context, query *dns.Msg, server string, limit time.Duration, held *holding) (*reply, error) {
	answer, err := s.exchangeDNS(ctx, "udp", query, server, limit, held)
	if err == nil && answer.truncated {
		answer, err = s.exchangeDNS(ctx, "tcp", query, server, limit, held)
	}
	asked := query.Question[0]
	switch {
	case err != nil:
		return nil, fmt.Errorf("querying %s: %w", server, err)
	case !strings.EqualFold(answer.name, asked.Name) || answer.typ != asked.Qtype:
		return nil, errors.New(server + " answered a different question")
	case answer.rcode != dns.RcodeSuccess && answer.rcode != dns.RcodeNameError:
		return nil, errors.New(server + " answered " + dns.RcodeToString[answer.rcode])
	}
	return answer, nil
}

// exchangeDNS waits for a reply and unpacks it, which takes CPU time.
func (s *Session) exchangeDNS(ctx context.Context, network string, query *dns.Msg, server string, limit time.Duration, held *holding) (*reply, error) {
	held.release() // of an earlier reply
	if err := held.grow(dns.MaxMsgSize); err != nil {
		return nil, err
	}
	packed, err := s.waitForAnswer(ctx, network, query, server, max(limit, time.Millisecond))
	if err != nil {
		return nil, err
	}
	return s.unpack(packed, query.Question[0].Qtype, held)
}

// waitForAnswer sends a query over a new connection and returns the raw reply.
func (s *Session) waitForAnswer(ctx context.Context, network string, query *dns.Msg, server string, limit time.Duration) ([]byte, error) {
	s.account().Leave()
	defer s.account().Return()
	s.account().Pay(Question, 1)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	plain, err := s.network.dialer.Dial(ctx, network, server, s.Sockets)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	conn := &dns.Conn{Conn: plain, UDPSize: query.IsEdns0().UDPSize()}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // a closed connection fails below
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if err := conn.WriteMsg(query); err != nil {
		return nil, err
	}
	return s.answerTo(query.Id, conn, network == "udp")
}

// answerTo reads the reply to a query. It ignores datagrams with another ID,
// which may be late.
func (s *Session) answerTo(id uint16, conn *dns.Conn, datagrams bool) ([]byte, error) {
	for {
		var head dns.Header
		packed, err := conn.ReadMsgHeader(&head)
		s.account().Pay(Moved, len(packed))
		switch {
		case err != nil:
			return nil, err
		case head.Id == id:
			return packed, nil
		case !datagrams:
			return nil, dns.ErrId
		}
	}
}

func (r *reply) found(name, rrtype string) ([]string, error) {
	if r.rcode == dns.RcodeNameError {
		return nil, &Error{Errno: abi.ErrDNS, Text: "resolving " + name + ": no such name (NXDOMAIN)"}
	}
	if len(r.records) == 0 {
		return nil, &Error{Errno: abi.ErrNotSet, Text: name + " has no " + strings.ToUpper(rrtype) + " record"}
	}
	return r.records, nil
}

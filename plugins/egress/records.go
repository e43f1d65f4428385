package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"vega/sdk/abi"
)

// recordText returns a record's data on one line, with names without the final
// dot: "10 mail.example.com" for MX, `0 issue "ca.example"` for CAA.
func recordText(rr dns.RR) string {
	switch r := rr.(type) {
	case *dns.A:
		return r.A.String()
	case *dns.AAAA: // net.IP would print an IPv4-mapped address as IPv4
		ip, _ := netip.AddrFromSlice(r.AAAA.To16())
		return ip.String()
	case *dns.CNAME:
		return bare(r.Target)
	case *dns.NS:
		return bare(r.Ns)
	case *dns.PTR:
		return bare(r.Ptr)
	case *dns.MX:
		return fmt.Sprintf("%d %s", r.Preference, bare(r.Mx))
	case *dns.SRV:
		return fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, bare(r.Target))
	case *dns.SOA:
		return fmt.Sprintf("%s %s %d %d %d %d %d", bare(r.Ns), bare(r.Mbox), r.Serial, r.Refresh, r.Retry, r.Expire, r.Minttl)
	case *dns.CAA:
		return oneLine(fmt.Sprintf(`%d %s "%s"`, r.Flag, r.Tag, unescape(r.Value)))
	case *dns.TXT:
		return oneLine(unescape(strings.Join(r.Txt, "")))
	default:
		return ""
	}
}

func bare(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// unescape decodes the presentation form of a TXT record: \DDD and \x.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

// oneLine prevents a record from looking like two.
func oneLine(s string) string {
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(s)
}

// bySystem queries through package net, for systems without a resolv.conf.
func (s *Session) bySystem(ctx context.Context, typ uint16, name string) ([]string, error) {
	s.account().Leave()
	s.account().Pay(Question, 1)
	var out []string
	err := s.network.dialer.Ask(ctx, bare(name), s.Sockets, func(r *net.Resolver) (err error) {
		out, err = systemRecords(ctx, r, typ, name)
		return err
	})
	s.account().Return()
	if err != nil {
		return nil, s.fail(ctx, "resolving "+bare(name), err, abi.ErrIO)
	}
	if len(out) == 0 {
		return nil, &Error{Errno: abi.ErrNotSet, Text: bare(name) + " has no record of this type"}
	}
	return out, nil
}

func systemRecords(ctx context.Context, r *net.Resolver, typ uint16, name string) ([]string, error) {
	switch typ {
	case dns.TypeA:
		ips, err := r.LookupNetIP(ctx, "ip4", name)
		return each(ips, func(ip netip.Addr) string { return ip.Unmap().String() }), err
	case dns.TypeAAAA:
		ips, err := r.LookupNetIP(ctx, "ip6", name)
		return each(ips, netip.Addr.String), err
	case dns.TypeCNAME:
		target, err := r.LookupCNAME(ctx, name)
		if err != nil || strings.EqualFold(target, name) {
			return nil, err
		}
		return []string{bare(target)}, nil
	case dns.TypeMX:
		mx, err := r.LookupMX(ctx, name)
		return each(mx, func(m *net.MX) string { return fmt.Sprintf("%d %s", m.Pref, bare(m.Host)) }), err
	case dns.TypeNS:
		ns, err := r.LookupNS(ctx, name)
		return each(ns, func(n *net.NS) string { return bare(n.Host) }), err
	case dns.TypeTXT:
		txt, err := r.LookupTXT(ctx, name)
		return each(txt, oneLine), err
	case dns.TypeSRV:
		_, srv, err := r.LookupSRV(ctx, "", "", name)
		return each(srv, func(s *net.SRV) string {
			return fmt.Sprintf("%d %d %d %s", s.Priority, s.Weight, s.Port, bare(s.Target))
		}), err
	default:
		return nil, invalid("the system's resolver can't query this type; name a DNS server")
	}
}

func each[T any](in []T, text func(T) string) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = text(v)
	}
	return out
}

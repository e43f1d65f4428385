package egress

import (
	"fmt"
	"net/netip"
	"slices"

	"vega/plugins/grant"
)

// class is what an address is, as far as it matters for reaching it.
type class int

const (
	public   class = iota
	private        // only for a host that a person wrote
	loopback       // only as a literal or localhost
	special        // only as that literal
)

// ranges are those that are not public, the first match counts. The list is
// IANA's special-purpose registries and the addresses at which clouds serve
// credentials to whoever asks from inside.
var ranges = []struct {
	prefix netip.Prefix
	class  class
	what   string
}{
	{netip.MustParsePrefix("169.254.169.254/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("169.254.170.0/24"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("100.100.100.200/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("168.63.129.16/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("192.0.0.192/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd00:ec2::/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd20:ce::254/128"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd00:42::42/128"), special, "a cloud metadata address"},

	{netip.MustParsePrefix("127.0.0.0/8"), loopback, "a loopback address"},
	{netip.MustParsePrefix("::1/128"), loopback, "a loopback address"},

	{netip.MustParsePrefix("10.0.0.0/8"), private, "a private address"},
	{netip.MustParsePrefix("172.16.0.0/12"), private, "a private address"},
	{netip.MustParsePrefix("192.168.0.0/16"), private, "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), private, "a private address"},
	{netip.MustParsePrefix("fc00::/7"), private, "a private address"},

	{netip.MustParsePrefix("0.0.0.0/32"), special, "the unspecified address"},
	{netip.MustParsePrefix("::/128"), special, "the unspecified address"},
	{netip.MustParsePrefix("169.254.0.0/16"), special, "a link-local address"},
	{netip.MustParsePrefix("fe80::/10"), special, "a link-local address"},
	{netip.MustParsePrefix("224.0.0.0/4"), special, "a multicast address"},
	{netip.MustParsePrefix("ff00::/8"), special, "a multicast address"},

	{netip.MustParsePrefix("0.0.0.0/8"), special, "a reserved address"},
	{netip.MustParsePrefix("192.0.0.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("192.0.2.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("192.88.99.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("198.18.0.0/15"), special, "a reserved address"},
	{netip.MustParsePrefix("198.51.100.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("203.0.113.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("240.0.0.0/4"), special, "a reserved address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), special, "a reserved address"},
	{netip.MustParsePrefix("100::/64"), special, "a reserved address"},
	{netip.MustParsePrefix("100:0:0:1::/64"), special, "a reserved address"},
	{netip.MustParsePrefix("2001::/23"), special, "a reserved address"},
	{netip.MustParsePrefix("2001:db8::/32"), special, "a reserved address"},
	{netip.MustParsePrefix("3fff::/20"), special, "a reserved address"},
	{netip.MustParsePrefix("5f00::/16"), special, "a reserved address"},
	{netip.MustParsePrefix("fec0::/10"), special, "a reserved address"},
}

// global is all of IPv6 that IANA gives out for use on the internet.
var global = netip.MustParsePrefix("2000::/3")

// nat64 is the one range outside of global that is reached from everywhere.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// embedding are the IPv6 ranges that carry an IPv4 address, and where.
var embedding = []struct {
	prefix netip.Prefix
	at     int
}{
	{nat64, 12},
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated (RFC 2765)
}

// classify is the stricter of what an address is itself and of what the IPv4
// address is that it carries, if it carries one.
func classify(ip netip.Addr) (class, string) {
	ip = ip.Unmap().WithZone("")
	c, what := classifyRange(ip)
	if v4, ok := carried(ip); ok {
		if inner, why := classify(v4); inner >= c {
			return inner, why
		}
	}
	return c, what
}

// classifyRange looks at the range of an address alone.
func classifyRange(ip netip.Addr) (class, string) {
	for _, r := range ranges {
		if r.prefix.Contains(ip) {
			return r.class, r.what
		}
	}
	if ip.Is6() && !global.Contains(ip) && !nat64.Contains(ip) {
		return private, "an address outside of the internet's range"
	}
	return public, ""
}

// carried is the IPv4 address within an IPv6 address.
func carried(ip netip.Addr) (netip.Addr, bool) {
	if !ip.Is6() || ip.IsLoopback() || ip.IsUnspecified() {
		return netip.Addr{}, false
	}
	b := ip.As16()
	if isISATAP(b) {
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	for _, e := range embedding {
		if e.prefix.Contains(ip) {
			return netip.AddrFrom4([4]byte(b[e.at : e.at+4])), true
		}
	}
	return netip.Addr{}, false
}

// isISATAP reports whether an address has the interface identifier of ISATAP
// (RFC 5214), which any prefix may stand before.
func isISATAP(b [16]byte) bool {
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// forbidden says why a connection for host may not go to ip, or "". The host
// is in the form of grant.Host; written says that a person wrote it.
func forbidden(ip netip.Addr, host string, written bool) string {
	literal := host == ip.Unmap().String()
	c, what := classify(ip)
	switch {
	case c == private && !written,
		c == loopback && !literal && host != "localhost",
		c == special && !literal:
		return what
	default:
		return ""
	}
}

// allowed keeps the addresses of a rule's host that it may connect to. If
// there are only others, that is a denial.
func (s *Session) allowed(rule grant.Rule, host string, found []netip.Addr) ([]netip.Addr, error) {
	written := s.written(rule)
	var out []netip.Addr
	var denial *grant.Denial
	for _, ip := range found {
		ip = ip.Unmap().WithZone("")
		why := forbidden(ip, host, written)
		if why == "" {
			out = append(out, ip)
		} else if denial == nil {
			denial = refusal(rule, host, ip, why)
		}
	}
	if len(out) == 0 && denial != nil {
		return nil, s.deny(denial)
	}
	return interleave(out), nil
}

func refusal(rule grant.Rule, host string, ip netip.Addr, why string) *grant.Denial {
	at := fmt.Sprintf("%s is %s", ip, why)
	if host != ip.String() {
		at = fmt.Sprintf("%s resolves to %s, %s", host, ip, why)
	}
	c, _ := classify(ip)
	switch {
	case c == private:
		return &grant.Denial{Asked: fmt.Sprintf("%s to %s (%s, and no person wrote that host)", rule.Kind, rule, at), Fix: rule.Line()}
	case c == loopback:
		at += "; loopback is reached only as localhost or by its address"
	default:
		at += "; it is reached only by that address itself"
	}
	return &grant.Denial{Asked: fmt.Sprintf("%s to %s is refused: %s", rule.Kind, rule, at)}
}

// interleave alternates between the families, the first one's first, so that
// one broken family costs one attempt.
func interleave(ips []netip.Addr) []netip.Addr {
	if len(ips) < 3 {
		return ips
	}
	var a, b, out []netip.Addr
	for _, ip := range ips {
		if ip.Is4() == ips[0].Is4() {
			a = append(a, ip)
		} else {
			b = append(b, ip)
		}
	}
	for i := range max(len(a), len(b)) {
		out = append(out, a[min(i, len(a)):min(i+1, len(a))]...)
		out = append(out, b[min(i, len(b)):min(i+1, len(b))]...)
	}
	return slices.Clip(out)
}

package limit

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf returns the IP address of a network address, or the zero Addr.
func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return normalize(tcp.AddrPort().Addr())
	}
	return netip.Addr{}
}

// normalize returns an address in the form used for comparison: IPv4 unmapped,
// and without a zone.
func normalize(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// clientAddress returns the address that identifies a client: the whole IPv4
// address, or the first 64 bits of an IPv6 address, since a client can choose the
// rest.
func clientAddress(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil { // 64 bits are valid for every IPv6 address
		return a
	}
	return p.Addr()
}

// trusts reports whether an address belongs to a trusted proxy.
func trusts(proxies []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// forwardedClient returns the client of a request that arrived from remote. Only
// the headers of a trusted proxy count, and each proxy knows only its own peer: the
// client is the last address in the chain that is not a trusted proxy. An entry
// that can't be parsed ends the chain at the proxy that added it. If the two headers
// disagree, the client has set one of them, and only remote is certain.
func forwardedClient(remote netip.Addr, proxies []netip.Prefix, h http.Header) netip.Addr {
	if !trusts(proxies, remote) {
		return remote
	}
	forwardedFor := h.Values("X-Forwarded-For")
	forwarded := h.Values("Forwarded")
	a := lastUntrusted(remote, proxies, splitList(forwardedFor))
	b := lastUntrusted(remote, proxies, forwardedNodes(forwarded))
	switch {
	case len(forwarded) == 0:
		return a
	case len(forwardedFor) == 0 || a == b:
		return b
	default:
		return remote
	}
}

// lastUntrusted walks the chain back from remote to the first address that is not
// a trusted proxy.
func lastUntrusted(remote netip.Addr, proxies []netip.Prefix, nodes []string) netip.Addr {
	at := remote
	for _, node := range slices.Backward(nodes) {
		a, ok := nodeAddress(node)
		if !ok {
			return at
		}
		at = a
		if !trusts(proxies, a) {
			return at
		}
	}
	return at
}

// nodeAddress parses an address with or without a port: 192.0.2.1, 192.0.2.1:80,
// 2001:db8::1, [2001:db8::1], [2001:db8::1]:80.
func nodeAddress(node string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(node); err == nil {
		return normalize(at.Addr()), true
	}
	node = strings.TrimSuffix(strings.TrimPrefix(node, "["), "]")
	a, err := netip.ParseAddr(node)
	return normalize(a), err == nil
}

// splitList splits the values of a list header.
func splitList(values []string) (all []string) {
	for _, v := range values {
		for node := range strings.SplitSeq(v, ",") {
			all = append(all, strings.TrimSpace(node))
		}
	}
	return all
}

// forwardedNodes returns the "for" parameters of Forwarded (RFC 7239), one per hop,
// "" for a hop without one.
func forwardedNodes(values []string) (all []string) {
	for _, v := range values {
		for _, hop := range splitQuoted(v, ',') {
			node := ""
			for _, pair := range splitQuoted(hop, ';') {
				name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
				if strings.EqualFold(name, "for") {
					node = unquote(value)
				}
			}
			all = append(all, node)
		}
	}
	return all
}

// splitQuoted splits a string at each sep outside quotes.
func splitQuoted(s string, sep byte) (parts []string) {
	begin, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[begin:i])
			begin = i + 1
		}
	}
	return append(parts, s[begin:])
}

// unquote removes the quotes and escapes of a quoted string.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return strings.ReplaceAll(s[1:len(s)-1], `\`, "")
}

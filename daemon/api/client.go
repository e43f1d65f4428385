package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf is the IP address of a connection's far end.
func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return plain(tcp.AddrPort().Addr())
	}
	return netip.Addr{}
}

// plain is an address as it is compared: IPv4 in its own form, and no zone.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// counted is what clients are counted by: an IPv4 address, or the first half of
// an IPv6 address. The other half is the client's own to choose.
func counted(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil { // 64 bits are within every address
		return a
	}
	return p.Addr()
}

func trusts(proxies []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// clientBehind is whom a request is from that a connection from remote brought.
// Only a trusted proxy is believed, and it knows only who asked it: the client is
// the last one named that is no trusted proxy. What can't be read ends the chain,
// at the proxy that passed it on. Where the two headers say different things,
// one of them is the client's own, and the proxy is all that is certain.
func clientBehind(remote netip.Addr, proxies []netip.Prefix, h http.Header) netip.Addr {
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

// lastUntrusted goes back through the nodes of a chain, from the one next to us.
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

// nodeAddress reads an address with or without a port: 192.0.2.1, 192.0.2.1:80,
// 2001:db8::1, [2001:db8::1], [2001:db8::1]:80.
func nodeAddress(node string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(node); err == nil {
		return plain(at.Addr()), true
	}
	node = strings.TrimSuffix(strings.TrimPrefix(node, "["), "]")
	a, err := netip.ParseAddr(node)
	return plain(a), err == nil
}

// splitList splits the values of a header that is a list.
func splitList(values []string) (all []string) {
	for _, v := range values {
		for node := range strings.SplitSeq(v, ",") {
			all = append(all, strings.TrimSpace(node))
		}
	}
	return all
}

// forwardedNodes are the "for" parameters of Forwarded (RFC 7239), one for each
// hop; "" where a hop has none.
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

// splitQuoted splits a text at each sep that is not within quotes.
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

// unquote takes the quotes of a quoted string away.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return strings.ReplaceAll(s[1:len(s)-1], `\`, "")
}

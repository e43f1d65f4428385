package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config"
)

// dialTime limits a connection to this machine.
const dialTime = 2 * time.Second

// checkPort reports whether vega has its port, or can have it.
func checkPort(ctx context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	found := append(foreignAddress(c), unreachable(c)...)
	where := net.JoinHostPort(c.Server.Host, strconv.Itoa(c.Server.Port))
	switch {
	case h.answers.reached, h.pid != 0 && errors.Is(h.answers.err, ErrCertificate):
		return orOK(found, ok("%s is answered by this vega", where))
	case errors.Is(h.answers.err, ErrStranger):
		return append(found, h.taken(c, where))
	}
	conn, err := (&net.Dialer{Timeout: min(dialTime, h.Patience/4)}).DialContext(ctx, "tcp", net.JoinHostPort(local(c.Server.Host), strconv.Itoa(c.Server.Port)))
	if err == nil {
		_ = conn.Close() // nothing was sent
		if h.pid != 0 {
			return append(found, failure(where+" accepts connections, but does not answer", "see the row daemon"))
		}
		return append(found, h.taken(c, where))
	}
	if low := lowestPort(); c.Server.Port < low && !h.account.root() && h.pid == 0 {
		found = append(found, warning(fmt.Sprintf("port %d is below %d, which %s may only use with CAP_NET_BIND_SERVICE", c.Server.Port, low, h.account.name), "set server.port to 1024 or more, or AmbientCapabilities=CAP_NET_BIND_SERVICE in systemd's unit"))
	}
	return orOK(found, ok("%s is free", where))
}

// taken reports a port that another program has.
func (h *host) taken(c *config.Config, where string) Finding {
	by := listener(c.Server.Host, c.Server.Port)
	if by == "" {
		by = "another program; only root can see which"
	}
	return failure(fmt.Sprintf("%s is taken by %s", where, by), "stop that program, or set server.port to another port")
}

// local returns the address at which this machine reaches a server on host.
func local(host string) string {
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil || !ip.IsUnspecified():
		return host
	case ip.Is4():
		return "127.0.0.1"
	default:
		return "::1"
	}
}

// loopback reports whether only this machine reaches a server on host.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// foreignAddress reports a host that is not an address of this machine.
func foreignAddress(c *config.Config) []Finding {
	ip, err := netip.ParseAddr(c.Server.Host)
	if err != nil || ip.IsUnspecified() || ip.Unmap().IsLoopback() {
		return nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == ip.Unmap().WithZone("") {
			return nil
		}
	}
	return []Finding{failure(fmt.Sprintf("server.host is %s, which is not an address of this machine", ip), "set server.host to an address that ip addr shows, or to 127.0.0.1")}
}

// unreachable reports an external_url that leads to vega itself, which only this
// machine reaches. One that leads to a proxy on this machine is fine.
func unreachable(c *config.Config) []Finding {
	u, err := url.Parse(c.Server.ExternalURL)
	if err != nil || u.Host == "" || !loopback(c.Server.Host) || loopback(u.Hostname()) {
		return nil
	}
	if u.Port() != strconv.Itoa(c.Server.Port) || (u.Scheme == "https") != (c.Server.TLS != nil) {
		return nil
	}
	return []Finding{warning(fmt.Sprintf("external_url is %s, but vega listens on %s only, which other machines can't reach", c.Server.ExternalURL, c.Server.Host), "set server.host to an address of this machine, or external_url to the URL of the proxy")}
}

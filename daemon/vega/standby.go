package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"vega/daemon/config"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// dialTimeout limits how long check looks for a daemon on this machine.
const dialTimeout = time.Second

// standBy disables the integrations whose only target is the HTTP server of this
// configuration, if nothing listens there. They are a daemon's checks of itself:
// without a daemon there is nothing to find out, and nothing is broken.
func standBy(ctx context.Context, cfg *config.Config) {
	var own []*config.Integration
	address := ""
	for n := range cfg.Integrations {
		i := &cfg.Integrations[n]
		if at := ownServer(cfg.Server, i.Grants); at != "" && i.Enabled {
			own, address = append(own, i), at
		}
	}
	if len(own) == 0 || !refuses(ctx, address) {
		return
	}
	for _, i := range own {
		i.Enabled, i.Disabled = false, fmt.Sprintf("it checks vega itself, and no daemon listens on %s: start one with vega serve", address)
	}
}

// ownServer returns the address of the server if the grants reach nothing else,
// or "".
func ownServer(s config.Server, grants grant.Set) (address string) {
	for _, r := range grants.Rules {
		if r.Kind != manifest.HTTP && r.Kind != manifest.Net && r.Kind != manifest.WebSocket || r.Port != s.Port || !isHost(s.Host, r.Host) {
			return ""
		}
		address = net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
	}
	return address
}

// isHost reports whether a client on this machine that connects to host reaches
// a server that listens on listen.
func isHost(listen, host string) bool {
	if host == listen {
		return true
	}
	at, err := netip.ParseAddr(listen)
	local := listen == "localhost" || err == nil && (at.IsLoopback() || at.IsUnspecified())
	to, err := netip.ParseAddr(host)
	return local && (host == "localhost" || err == nil && to.IsLoopback())
}

// refuses reports whether nothing listens on the address.
func refuses(ctx context.Context, address string) bool {
	c, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address)
	if err != nil {
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	_ = c.Close() // nothing was sent
	return false
}

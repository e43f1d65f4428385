package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/daemon/config"
	"vega/plugins/manifest"
)

const (
	// mostNames is how many names are resolved, the first in alphabetical order.
	mostNames = 50
	// slowName is how long a name may take.
	slowName = time.Second
	// resolveTime limits each name.
	resolveTime = 4 * time.Second
)

// checkResolver resolves the names of the configured targets and notifiers.
func checkResolver(ctx context.Context, h *host) []Finding {
	c := h.loaded.Config
	if c == nil {
		return noConfiguration()
	}
	names := hostNames(c)
	server := cmp.Or(c.Network.Resolver, "the system's resolver")
	if len(names) == 0 {
		return []Finding{ok("not needed: every target is an address")}
	}
	asked := names[:min(len(names), mostNames)]
	answers := resolveAll(ctx, resolverOf(c), asked, min(resolveTime, h.Patience/2))
	var absent, silent, slow []string
	var reason error
	for n, a := range answers {
		dns, isDNS := errors.AsType[*net.DNSError](a.err)
		switch {
		case a.err == nil && a.took > slowName:
			slow = append(slow, fmt.Sprintf("%s (%v)", asked[n], a.took.Round(100*time.Millisecond)))
		case isDNS && dns.IsNotFound:
			absent = append(absent, asked[n])
		case a.err != nil:
			silent, reason = append(silent, asked[n]), a.err
		}
	}
	var found []Finding
	if len(silent) > 0 {
		found = append(found, failure(fmt.Sprintf("%s does not answer for %s: %s", server, named(silent), dnsReason(reason)), "check the address in network.resolver or /etc/resolv.conf, and whether UDP and TCP port 53 are open"))
	}
	if len(absent) > 0 {
		found = append(found, warning(fmt.Sprintf("%s knows no address of %s", server, named(absent)), "correct the name in the configuration, or add it to DNS or /etc/hosts"))
	}
	if len(slow) > 0 {
		found = append(found, warning(fmt.Sprintf("%s is slow: %s", server, named(slow)), "use a resolver that is closer, or one on this host"))
	}
	return orOK(found, ok("%s resolves %d of %d names", server, len(asked), len(names)))
}

// resolverOf returns the configured resolver, or that of the system.
func resolverOf(c *config.Config) *net.Resolver {
	r := &net.Resolver{PreferGo: true}
	if at := c.Network.Resolver; at != "" {
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, at)
		}
	}
	return r
}

type resolved struct {
	took time.Duration
	err  error
}

// resolveAll resolves names, a few at a time.
func resolveAll(ctx context.Context, r *net.Resolver, names []string, limit time.Duration) []resolved {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out := make([]resolved, len(names))
	var all sync.WaitGroup
	for n, name := range names {
		all.Go(func() {
			began := time.Now()
			_, err := r.LookupNetIP(ctx, "ip", name)
			out[n] = resolved{time.Since(began), err}
		})
	}
	all.Wait()
	return out
}

// dnsReason returns the cause without the name, which may be long.
func dnsReason(err error) string {
	if dns, isDNS := errors.AsType[*net.DNSError](err); isDNS {
		if dns.IsTimeout {
			return "time-out"
		}
		return dns.Err
	}
	return err.Error()
}

// hostNames returns the names of the hosts that vega connects to, sorted. A proxy
// resolves the names in the requests that go through it.
func hostNames(c *config.Config) []string {
	set := map[string]bool{}
	proxied := c.Network.Proxy != nil && c.Network.Proxy.Reveal() != ""
	if proxied {
		addName(set, hostOf(c.Network.Proxy.Reveal()))
	}
	for _, i := range c.Integrations {
		for _, r := range i.Grants.Rules {
			if i.Enabled && resolves(r.Kind, proxied) {
				addName(set, r.Host)
			}
		}
	}
	if proxied {
		return slices.Sorted(maps.Keys(set))
	}
	for _, n := range c.Notifiers {
		addName(set, hostOf(n.URL))
		addName(set, hostOf(n.Address))
	}
	if o := c.Telemetry.OTLP; o != nil {
		addName(set, hostOf(o.Endpoint.Reveal()))
	}
	if s := c.Telemetry.StatsD; s != nil && !strings.HasPrefix(s.Address, "unix:") {
		addName(set, hostOf(s.Address))
	}
	for _, d := range c.DeadMen {
		addName(set, hostOf(d.URL.Reveal()))
	}
	return slices.Sorted(maps.Keys(set))
}

// resolves reports whether vega resolves the hosts of a kind of grants itself.
func resolves(kind manifest.Kind, proxied bool) bool {
	switch kind {
	case manifest.HTTP, manifest.WebSocket:
		return !proxied
	case manifest.Net, manifest.SSH, manifest.ICMP:
		return true
	default:
		return false
	}
}

// addName adds a host unless it is an address or a pattern, or this machine itself.
func addName(set map[string]bool, host string) {
	_, err := netip.ParseAddr(host)
	if host == "" || err == nil || strings.EqualFold(host, "localhost") || strings.ContainsAny(host, "*/ ") {
		return
	}
	set[strings.TrimSuffix(strings.ToLower(host), ".")] = true
}

// hostOf returns the host in a URL or in host:port, or "".
func hostOf(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return u.Hostname()
	}
	if host, _, err := net.SplitHostPort(text); err == nil {
		return host
	}
	return ""
}

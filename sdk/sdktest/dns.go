//go:build !wasip1

package sdktest

import (
	"context"
	"net"
	"strconv"
	"strings"

	"vega/sdk/abi"
)

func (h *host) Resolve(rrtype, name, server string, buf []byte) int32 {
	if h.denied("dns", name) {
		return int32(abi.ErrDenied)
	}
	r := &net.Resolver{PreferGo: true}
	if server != "" {
		if _, _, err := net.SplitHostPort(server); err != nil {
			server = net.JoinHostPort(server, "53")
		}
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, server)
		}
	}
	answers, err := ask(h.ctx, r, strings.ToUpper(rrtype), strings.TrimSuffix(name, ".")+".")
	if err != nil {
		return h.fail(err)
	}
	return put(buf, strings.Join(answers, "\n"))
}

// ask supports the record types that the standard library can query.
func ask(ctx context.Context, r *net.Resolver, rrtype, name string) (out []string, err error) {
	add := func(s string) { out = append(out, strings.TrimSuffix(s, ".")) }
	switch rrtype {
	case "A", "AAAA":
		ips, e := r.LookupIP(ctx, map[string]string{"A": "ip4", "AAAA": "ip6"}[rrtype], name)
		for err = e; len(ips) > 0; ips = ips[1:] {
			add(ips[0].String())
		}
	case "CNAME":
		s, e := r.LookupCNAME(ctx, name)
		err = e
		add(s)
	case "TXT":
		out, err = r.LookupTXT(ctx, name)
	case "MX":
		records, e := r.LookupMX(ctx, name)
		for err = e; len(records) > 0; records = records[1:] {
			add(strconv.Itoa(int(records[0].Pref)) + " " + records[0].Host)
		}
	case "NS":
		records, e := r.LookupNS(ctx, name)
		for err = e; len(records) > 0; records = records[1:] {
			add(records[0].Host)
		}
	default:
		return nil, newErrno(abi.ErrInvalid, "the native host can't query records of type "+rrtype)
	}
	return out, err
}

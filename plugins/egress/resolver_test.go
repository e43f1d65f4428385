package egress

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/fault"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// resolver serves DNS the way that its rules say: an address for good.test, and
// something for broken.test.
func resolver(t *testing.T, rule func(w dns.ResponseWriter, q *dns.Msg)) string {
	t.Helper()
	pc, l := onePort(t)
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: dns.HandlerFunc(rule)}, {Listener: l, Handler: dns.HandlerFunc(rule)}} {
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return pc.LocalAddr().String()
}

func respond(w dns.ResponseWriter, q *dns.Msg, rcode int) {
	m := new(dns.Msg).SetReply(q)
	m.Rcode = rcode
	m.RecursionAvailable = true
	_ = w.WriteMsg(m)
}

// always returns the rule of a resolver that treats all names alike.
func always(rcode int) func(dns.ResponseWriter, *dns.Msg) {
	return func(w dns.ResponseWriter, q *dns.Msg) { respond(w, q, rcode) }
}

// only returns the rule of a resolver that works, except for broken.test.
func only(broken func(dns.ResponseWriter, *dns.Msg)) func(dns.ResponseWriter, *dns.Msg) {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		if strings.HasSuffix(q.Question[0].Name, "broken.test.") {
			broken(w, q)
			return
		}
		respond(w, q, dns.RcodeNameError)
	}
}

func silent(dns.ResponseWriter, *dns.Msg) {}

func closedPort(t *testing.T) string {
	t.Helper()
	pc, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	return pc.LocalAddr().String()
}

// A name is at fault only if vega's DNS server says so, or answers for other
// names but not for this one. Otherwise the server is, and the message names it.
func TestBrokenResolverIsVegasFault(t *testing.T) {
	for name, c := range map[string]struct {
		server string
		code   abi.Errno
		says   string
	}{
		"no such name":          {resolver(t, always(dns.RcodeNameError)), abi.ErrDNS, "no such"},
		"no address":            {resolver(t, always(dns.RcodeSuccess)), 0, ""},
		"dead":                  {closedPort(t), abi.ErrIO, "refuses the connection"},
		"silent":                {resolver(t, silent), abi.ErrIO, "does not answer"},
		"SERVFAIL":              {resolver(t, always(dns.RcodeServerFailure)), abi.ErrIO, "answers SERVFAIL"},
		"REFUSED":               {resolver(t, always(dns.RcodeRefused)), abi.ErrIO, "answers REFUSED"},
		"NOTIMP":                {resolver(t, always(dns.RcodeNotImplemented)), abi.ErrIO, "answers NOTIMP"},
		"FORMERR":               {resolver(t, always(dns.RcodeFormatError)), abi.ErrIO, "answers FORMERR"},
		"an unknown code":       {resolver(t, always(13)), abi.ErrIO, "response code 13"},
		"garbage":               {resolver(t, func(w dns.ResponseWriter, _ *dns.Msg) { _, _ = w.Write([]byte("HTTP/1.0 400 Bad Request")) }), abi.ErrIO, "not a reply"},
		"SERVFAIL for the zone": {resolver(t, only(always(dns.RcodeServerFailure))), abi.ErrDNS, "answers SERVFAIL, and resolves other names"},
		"silent for the zone":   {resolver(t, only(silent)), abi.ErrDNS, "and resolves other names"},
		"REFUSED for the zone":  {resolver(t, only(always(dns.RcodeRefused))), abi.ErrIO, "answers REFUSED"},
		"one type fails": {resolver(t, func(w dns.ResponseWriter, q *dns.Msg) {
			if q.Question[0].Qtype == dns.TypeAAAA || strings.HasSuffix(q.Question[0].Name, ".arpa.") {
				respond(w, q, dns.RcodeServerFailure)
				return
			}
			respond(w, q, dns.RcodeSuccess)
		}), abi.ErrIO, "answers SERVFAIL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, setup{rules: append(rules(t, manifest.HTTP, "GET http://broken.test"), rules(t, manifest.DNS, "broken.test")...), network: New(c.server), noSecret: true})
			bound := func() context.Context { // short, because some cases wait for its end
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				t.Cleanup(cancel)
				return ctx
			}
			_, byHTTP := r.HTTP(bound(), &Request{Method: "GET", URL: "http://broken.test/"})
			_, byDNS := r.Resolve(bound(), "AAAA", "broken.test", "")
			for how, err := range map[string]error{"connecting": byHTTP, "resolve": byDNS} {
				want := c.code
				if want == 0 { // the two calls differ
					want = map[string]abi.Errno{"connecting": abi.ErrDNS, "resolve": abi.ErrNotSet}[how]
				}
				own := fault.Of(err)
				if Code(err) != want || !strings.Contains(err.Error(), c.says) && how != "resolve" || (own != nil) != (want == abi.ErrIO) {
					t.Errorf("%s: errno %d, want %d, %v", how, Code(err), want, err)
				}
				if own != nil && !strings.Contains(err.Error(), c.server) {
					t.Errorf("%s: %v does not name %s", how, err, c.server)
				}
			}
		})
	}
}

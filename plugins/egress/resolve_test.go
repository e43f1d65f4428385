package egress

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// nameServer is a DNS server on loopback with a zone given as text.
type nameServer struct {
	addr    string
	mu      sync.Mutex
	records map[string][]dns.RR // by name and type
	asked   atomic.Int32
}

func serveDNS(t testing.TB, zone string) *nameServer {
	t.Helper()
	pc, l := onePort(t)
	n := &nameServer{addr: pc.LocalAddr().String(), records: map[string][]dns.RR{}}
	for line := range strings.SplitSeq(zone, "\n") {
		if strings.TrimSpace(line) != "" {
			n.add(t, line)
		}
	}
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: n}, {Listener: l, Handler: n}} {
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return n
}

// onePort listens on a port that is free for both networks: a connection may
// occupy the TCP port that the system picks for UDP.
func onePort(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 {
		pc, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", pc.LocalAddr().String()); err == nil {
			return pc, l
		}
		pc.Close()
	}
	t.Fatal("no port is free for both udp and tcp")
	return nil, nil
}

func (n *nameServer) add(t testing.TB, line string) {
	t.Helper()
	rr, err := dns.NewRR(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	key := strings.ToLower(rr.Header().Name)
	n.records[key] = append(n.records[key], rr)
}

func (n *nameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	n.asked.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	m := new(dns.Msg).SetReply(q)
	name := strings.ToLower(q.Question[0].Name)
	switch all, known := n.records[name]; {
	case strings.HasPrefix(name, "servfail"):
		m.Rcode = dns.RcodeServerFailure
	case strings.HasPrefix(name, "silent"):
		return
	case strings.HasPrefix(name, "truncated") && w.RemoteAddr().Network() == "udp":
		m.Truncated = true
	case strings.HasPrefix(name, "flip"): // rebinding: a different answer each time
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = all[:1]
			n.records[name] = append(all[1:len(all):len(all)], all[0])
		}
	case !known:
		m.Rcode = dns.RcodeNameError
	default:
		for _, rr := range all {
			if t := rr.Header().Rrtype; t == q.Question[0].Qtype || t == dns.TypeCNAME {
				m.Answer = append(m.Answer, rr)
			}
		}
	}
	_ = w.WriteMsg(m)
}

const zone = `
meta.test.      60 IN A    169.254.169.254
link.test.      60 IN AAAA fe80::1
loop.test.      60 IN A    127.0.0.1
loop6.test.     60 IN AAAA ::1
mapped.test.    60 IN AAAA ::ffff:127.0.0.1
nat64.test.     60 IN AAAA 64:ff9b::7f00:1
both.test.      60 IN A    169.254.169.254
both.test.      60 IN A    127.0.0.1
any.test.       60 IN A    0.0.0.0
private.test.   60 IN A    10.255.255.1
localhost.      60 IN A    169.254.169.254
flip.test.      60 IN A    169.254.169.254
flip.test.      60 IN A    127.0.0.1
`

func TestNamesThatResolveToForbiddenAddresses(t *testing.T) {
	dnsServer := serveDNS(t, zone)
	var arrived atomic.Int32
	addr := listen(t, func(c net.Conn) { arrived.Add(1) })
	_, port, _ := net.SplitHostPort(addr)
	network := New(dnsServer.addr)
	for _, c := range []struct{ host, say string }{
		{"meta.test", "meta.test resolves to 169.254.169.254, a cloud metadata address"},
		{"link.test", "fe80::1, a link-local address"},
		{"loop.test", "127.0.0.1, a loopback address"},
		{"LOOP.test.", "loop.test resolves to 127.0.0.1"},
		{"loop6.test", "::1, a loopback address"},
		{"mapped.test", "127.0.0.1, a loopback address"},
		{"nat64.test", "64:ff9b::7f00:1, a loopback address"},
		{"both.test", "both.test resolves to"},
		{"any.test", "0.0.0.0, the unspecified address"},
		{"flip.test", "flip.test resolves to"},
		{"flip.test", "flip.test resolves to"},
		{"flip.test", "flip.test resolves to"},
	} {
		target := c.host + ":" + port
		r := start(t, setup{rules: append(rules(t, manifest.HTTP, "GET http://"+target), rules(t, manifest.Net, "tcp://"+target, "tls://"+target, "udp://"+target)...), network: network})
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://" + target})
		wantsDenial(t, r, err, c.say)
		for _, kind := range []int32{abi.NetTCP, abi.NetTLS, abi.NetUDP} {
			_, err := r.Dial(within(t, 5*time.Second), kind, target)
			wantsDenial(t, r, err, strings.SplitN(c.say, " resolves", 2)[0])
		}
	}
	r := start(t, setup{rules: bundled(rules(t, manifest.Net, "tcp://private.test:"+port)), network: network})
	_, err := r.Dial(within(t, 5*time.Second), abi.NetTCP, "private.test:"+port)
	wantsDenial(t, r, err, "10.255.255.1, a private address", `net = ["tcp://private.test:`+port+`"]`)
	if arrived.Load() != 0 {
		t.Errorf("%d connections arrived", arrived.Load())
	}
	// localhost is always loopback, whatever DNS says.
	before := dnsServer.asked.Load()
	r = start(t, setup{rules: rules(t, manifest.Net, "tcp://localhost:"+port), network: network})
	if c, err := r.Dial(within(t, 5*time.Second), abi.NetTCP, "localhost:"+port); err != nil || c.RemoteAddr() != addr || dnsServer.asked.Load() != before {
		t.Errorf("localhost: %v, %d questions", err, dnsServer.asked.Load()-before)
	}
}

// For a name with a private address of this machine, if it has one, the
// connection goes to the checked address and skips a forbidden one.
func TestConnectsToTheJudgedAddress(t *testing.T) {
	ip := privateAddress(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(ip.String(), "0"))
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	kind := "AAAA"
	if ip.Is4() {
		kind = "A"
	}
	n := serveDNS(t, fmt.Sprintf("db.test. 60 IN A 127.0.0.1\ndb.test. 60 IN %s %s", kind, ip))
	_, port, _ := net.SplitHostPort(l.Addr().String())
	both := append(bundled(rules(t, manifest.Net, "tcp://db.test:"+port)), rules(t, manifest.Net, "tcp://db.test:"+port)...)
	r := start(t, setup{rules: both, network: New(n.addr)})
	c := dial(t, r, abi.NetTCP, "db.test:"+port)
	if c.RemoteAddr() != l.Addr().String() || len(r.denied) != 0 {
		t.Errorf("connected to %s: %q", c.RemoteAddr(), r.denied)
	}
	_, err = c.Write(within(t, 10*time.Second), []byte(r.mask))
	wantsDenial(t, r, err, "plaintext = true")
}

func privateAddress(t testing.TB) netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Skip(err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			if c, _ := classify(p.Addr()); c == private {
				return p.Addr()
			}
		}
	}
	t.Skip("this machine has no private address")
	return netip.Addr{}
}

func TestHostThatDoesNotResolve(t *testing.T) {
	n := serveDNS(t, zone)
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET http://absent.test", "GET http://silent.test"), network: New(n.addr), plaintext: true})
	_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://absent.test/" + r.mask})
	wants(t, err, abi.ErrDNS)
	_, err = r.HTTP(within(t, 200*time.Millisecond), &Request{Method: "GET", URL: "http://silent.test/" + r.mask})
	wants(t, err, abi.ErrIO)
}

func TestResolve(t *testing.T) {
	n := serveDNS(t, `
a.test.         60 IN A     192.0.2.1
a.test.         60 IN A     169.254.169.254
a.test.         60 IN AAAA  2001:db8::1
a.test.         60 IN MX    10 mail.a.test.
a.test.         60 IN NS    ns.a.test.
a.test.         60 IN TXT   "v=spf1 \"q\"" " -all\010x"
a.test.         60 IN SOA   ns.a.test. root.a.test. 1 2 3 4 5
a.test.         60 IN CAA   0 issue "ca.example"
_s._tcp.a.test. 60 IN SRV   1 2 443 a.test.
www.a.test.     60 IN CNAME a.test.
www.a.test.     60 IN A     192.0.2.1
truncated.test. 60 IN A     192.0.2.9
1.2.0.192.in-addr.arpa. 60 IN PTR host.a.test.
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 60 IN PTR host6.a.test.
`)
	grants := rules(t, manifest.DNS, "a.test", "_s._tcp.a.test", "www.a.test", "truncated.test", "absent.test", "servfail.test", "silent.test", "192.0.2.1", "2001:db8::1", "@"+n.addr)
	for _, c := range []struct {
		rrtype, name, want string
		code               abi.Errno
	}{
		{"A", "a.test", "192.0.2.1\n169.254.169.254", 0},
		{"a", "A.Test.", "192.0.2.1\n169.254.169.254", 0},
		{"AAAA", "a.test", "2001:db8::1", 0},
		{"MX", "a.test", "10 mail.a.test", 0},
		{"NS", "a.test", "ns.a.test", 0},
		{"TXT", "a.test", `v=spf1 "q" -all x`, 0},
		{"SOA", "a.test", "ns.a.test root.a.test 1 2 3 4 5", 0},
		{"CAA", "a.test", `0 issue "ca.example"`, 0},
		{"SRV", "_s._tcp.a.test", "1 2 443 a.test", 0},
		{"CNAME", "www.a.test", "a.test", 0},
		{"A", "www.a.test", "192.0.2.1", 0},
		{"A", "truncated.test", "192.0.2.9", 0},
		{"PTR", "192.0.2.1", "host.a.test", 0},
		{"PTR", "2001:db8:0::1", "host6.a.test", 0},
		{"PTR", "a.test", "", abi.ErrNotSet},
		{"A", "absent.test", "", abi.ErrDNS},
		{"A", "servfail.test", "", abi.ErrDNS},
		{"A", "silent.test", "", abi.ErrTimeout},
		{"A", "other.test", "", abi.ErrDenied},
		{"ANY", "a.test", "", abi.ErrInvalid},
	} {
		for _, server := range []string{n.addr, ""} {
			r := start(t, setup{rules: grants, network: New(n.addr)})
			limit := 20 * time.Second
			if c.code == abi.ErrTimeout {
				limit = 300 * time.Millisecond
			}
			if c.code == abi.ErrTimeout && server == "" { // there was no time to see whether the server answers at all
				c.code = abi.ErrIO
			}
			got, err := r.Resolve(within(t, limit), c.rrtype, c.name, server)
			if wants(t, err, c.code); strings.Join(got, "\n") != c.want {
				t.Errorf("%s %s of %q: %q, want %q", c.rrtype, c.name, server, got, c.want)
			}
		}
	}
	r := start(t, setup{rules: grants, network: New(n.addr)})
	_, err := r.Resolve(within(t, 10*time.Second), "A", "a.test", "192.0.2.1")
	wantsDenial(t, r, err, `dns = ["@192.0.2.1:53"]`)
	_, err = r.Resolve(within(t, 10*time.Second), "A", r.mask+".a.test", "")
	wantsDenial(t, r, err, "as a literal in the configuration")
	before := n.asked.Load()
	meta := start(t, setup{rules: append(grants, rules(t, manifest.DNS, "@flip.test:53")...), network: New(serveDNS(t, zone).addr)})
	_, err = meta.Resolve(within(t, 10*time.Second), "A", "a.test", "flip.test")
	wantsDenial(t, meta, err, "169.254.169.254")
	if n.asked.Load() != before {
		t.Error("a denied question was sent")
	}
}

func TestResolveByTheNetPackage(t *testing.T) {
	n := serveDNS(t, "a.test. 60 IN A 192.0.2.1\na.test. 60 IN MX 10 mail.a.test.\na.test. 60 IN TXT x\na.test. 60 IN NS ns.a.test.\nwww.test. 60 IN CNAME a.test.\nwww.test. 60 IN A 192.0.2.1")
	network := New(n.addr)
	ask := func(typ uint16, name string) (out []string, err error) {
		err = network.dialer.Ask(t.Context(), name, nil, func(r *net.Resolver) (err error) {
			out, err = systemRecords(within(t, 5*time.Second), r, typ, name)
			return err
		})
		return out, err
	}
	for _, c := range []struct{ rrtype, name, want string }{
		{"A", "a.test.", "192.0.2.1"}, {"MX", "a.test.", "10 mail.a.test"}, {"TXT", "a.test.", "x"}, {"NS", "a.test.", "ns.a.test"},
	} {
		got, err := ask(types[c.rrtype], c.name)
		if err != nil || strings.Join(got, "\n") != c.want {
			t.Errorf("%s %s: %q %v", c.rrtype, c.name, got, err)
		}
	}
	if _, err := ask(dns.TypeSOA, "a.test."); Code(err) != abi.ErrInvalid {
		t.Error(err)
	}
}

// A resolv.conf may ask for TCP, where datagrams get lost.
func TestResolveOverTCP(t *testing.T) {
	for text, want := range map[string]bool{
		"nameserver 10.0.0.2\noptions ndots:5 use-vc\n": true,
		"options timeout:1\noptions use-vc":             true,
		"nameserver 10.0.0.2\n# options use-vc\n":       false,
		"search use-vc\n":                               false,
	} {
		if usesTCP(text) != want {
			t.Errorf("%q: over TCP is %v", text, !want)
		}
	}
	server := oddServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if _, tcp := w.RemoteAddr().(*net.TCPAddr); tcp {
			_ = w.WriteMsg(replyTo(t, q, "a.test. 60 IN A 192.0.2.1"))
		}
	})
	r := start(t, setup{network: New("")})
	q := exchanger{session: r.Session, stream: true, held: holding{of: r.account()}}
	defer q.held.release()
	got, err := q.ask(within(t, 20*time.Second), "a.test.", dns.TypeA, []string{server})
	if err != nil || len(got.records) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

package egress

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// oddServer serves DNS over UDP and TCP with a handler.
func oddServer(t testing.TB, answer dns.HandlerFunc) string {
	t.Helper()
	pc, l := onePort(t)
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: answer}, {Listener: l, Handler: answer}} {
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return pc.LocalAddr().String()
}

// udpServer serves DNS with a handler over UDP, and refuses TCP.
func udpServer(t testing.TB, answer dns.HandlerFunc) string {
	t.Helper()
	pc, l := onePort(t)
	_ = l.Close()
	s := &dns.Server{PacketConn: pc, Handler: answer}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return pc.LocalAddr().String()
}

// reply returns a reply with records.
func replyTo(t testing.TB, q *dns.Msg, records ...string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetReply(q)
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Error(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	return m
}

func raw(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	packed, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return packed
}

// Servers answer in many ways; only what is an answer counts.
func TestResolveWithOddServers(t *testing.T) {
	const record = "a.test. 60 IN A 192.0.2.1"
	overUDP := func(w dns.ResponseWriter) bool { return w.RemoteAddr().Network() == "udp" }
	send := func(w dns.ResponseWriter, packed []byte) { _, _ = w.Write(packed) }
	withoutEDNS := func(rcode int, bare bool) dns.HandlerFunc {
		return func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q, record)
			if q.IsEdns0() != nil {
				m = new(dns.Msg).SetRcode(q, rcode)
				if rcode == dns.RcodeBadVers {
					m.SetEdns0(512, false)
				}
				if bare {
					m.Question = nil
				}
			}
			_ = w.WriteMsg(m)
		}
	}
	for _, c := range []struct {
		name   string
		server dns.HandlerFunc
		want   string
		code   abi.Errno
		text   string
	}{
		{name: "FORMERR to EDNS", server: withoutEDNS(dns.RcodeFormatError, false), want: "192.0.2.1"},
		{name: "FORMERR to EDNS, the header alone", server: withoutEDNS(dns.RcodeFormatError, true), want: "192.0.2.1"},
		{name: "NOTIMP to EDNS", server: withoutEDNS(dns.RcodeNotImplemented, false), want: "192.0.2.1"},
		{name: "BADVERS", server: withoutEDNS(dns.RcodeBadVers, false), want: "192.0.2.1"},
		{name: "drops EDNS", want: "192.0.2.1", server: func(w dns.ResponseWriter, q *dns.Msg) {
			if q.IsEdns0() == nil {
				_ = w.WriteMsg(replyTo(t, q, record))
			}
		}},
		{name: "NOTIMP always", code: abi.ErrDNS, text: "answered NOTIMP", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeNotImplemented))
		}},
		{name: "stray datagrams first", want: "192.0.2.1", server: func(w dns.ResponseWriter, q *dns.Msg) {
			other := replyTo(t, q, "a.test. 60 IN A 192.0.2.66")
			other.Id++
			send(w, raw(t, other))
			other.Id--
			other.Question[0].Name = "b.test."
			send(w, raw(t, other))
			echo := q.Copy() // of the query itself
			send(w, raw(t, echo))
			send(w, []byte("hi"))
			q.Question[0].Name = "a.test."
			send(w, raw(t, replyTo(t, q, record)))
		}},
		{name: "another question over TCP", code: abi.ErrDNS, text: "id mismatch", server: func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q)
			if m.Truncated = true; !overUDP(w) {
				m.Question[0].Name = "b.test."
			}
			_ = w.WriteMsg(m)
		}},
		{name: "truncated, and closes over TCP", code: abi.ErrTarget, text: "its reply over UDP is truncated, and over TCP it fails: the connection was closed early; allow TCP there", server: func(w dns.ResponseWriter, q *dns.Msg) {
			if _, tcp := w.RemoteAddr().(*net.TCPAddr); tcp {
				_ = w.Close()
				return
			}
			m := replyTo(t, q)
			m.Truncated = true
			_ = w.WriteMsg(m)
		}},
		{name: "SERVFAIL", code: abi.ErrDNS, text: "answered SERVFAIL; check that the servers of the zone answer it", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
		}},
		{name: "REFUSED", code: abi.ErrDNS, text: "answered REFUSED; it does not serve this zone, and does not resolve names for this machine", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeRefused))
		}},
		{name: "truncated within a record", want: "192.0.2.1", server: func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q, record)
			if m.Truncated = overUDP(w); !m.Truncated {
				_ = w.WriteMsg(m)
				return
			}
			packed := raw(t, m)
			send(w, packed[:len(packed)-2])
		}},
		{name: "a larger datagram than was offered", want: strings.Repeat("192.0.2.1\n", 199) + "192.0.2.1", server: func(w dns.ResponseWriter, q *dns.Msg) {
			records := make([]string, 200)
			for i := range records {
				records[i] = record
			}
			m := replyTo(t, q, records...)
			m.Compress = true
			send(w, raw(t, m))
		}},
		{name: "an upper-case question", want: "192.0.2.1", server: func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q, record)
			m.Question[0].Name = "A.TEST."
			_ = w.WriteMsg(m)
		}},
		{name: "a chain of aliases", want: "192.0.2.1", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(replyTo(t, q, "a.test. 60 IN CNAME b.test.", "b.test. 60 IN CNAME c.test.", "c.test. 60 IN A 192.0.2.1"))
		}},
		{name: "a chain of aliases in reverse", want: "192.0.2.1", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(replyTo(t, q, "C.test. 60 IN A 192.0.2.1", "b.test. 60 IN CNAME c.test.", "A.test. 60 IN CNAME B.test."))
		}},
		{name: "a loop of aliases", code: abi.ErrNotSet, text: "a.test is an alias of b.test", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(replyTo(t, q, "a.test. 60 IN CNAME b.test.", "b.test. 60 IN CNAME a.test."))
		}},
		{name: "a record of another name", code: abi.ErrNotSet, text: "a.test has no A record", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(replyTo(t, q, "other.test. 60 IN A 192.0.2.1"))
		}},
		{name: "a record that the alias does not lead to", code: abi.ErrNotSet, text: "a.test is an alias of b.test", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(replyTo(t, q, "a.test. 60 IN CNAME b.test.", "c.test. 60 IN A 192.0.2.1"))
		}},
		{name: "a record of another class", code: abi.ErrNotSet, text: "a.test has no A record", server: func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q, record)
			m.Answer[0].Header().Class = dns.ClassCHAOS
			_ = w.WriteMsg(m)
		}},
		{name: "an alias without the record", code: abi.ErrNotSet, text: "a.test is an alias of c.test, for which the server returned no A record", server: func(w dns.ResponseWriter, q *dns.Msg) {
			_ = w.WriteMsg(replyTo(t, q, "a.test. 60 IN CNAME b.test.", "b.test. 60 IN CNAME c.test."))
		}},
		{name: "an alias of nothing", code: abi.ErrDNS, text: "it is an alias of gone.test, which does not exist (NXDOMAIN)", server: func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q, "a.test. 60 IN CNAME gone.test.")
			m.Rcode = dns.RcodeNameError
			_ = w.WriteMsg(m)
		}},
		{name: "a referral", code: abi.ErrDNS, text: "answered with a referral", server: func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q)
			m.Ns = replyTo(t, q, "test. 60 IN NS ns.test.").Answer
			_ = w.WriteMsg(m)
		}},
		{name: "no such record", code: abi.ErrNotSet, text: "a.test has no A record", server: func(w dns.ResponseWriter, q *dns.Msg) {
			m := replyTo(t, q)
			m.Ns = replyTo(t, q, "test. 60 IN NS ns.test.", "test. 60 IN SOA ns.test. root.test. 1 2 3 4 5").Answer
			_ = w.WriteMsg(m)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // mostly waiting
			server := oddServer(t, c.server)
			r := start(t, setup{rules: rules(t, manifest.DNS, "a.test", "@"+server), network: New("")})
			got, err := r.Resolve(within(t, 20*time.Second), "A", "a.test", server)
			wants(t, err, c.code)
			if strings.Join(got, "\n") != c.want || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// A server that answers only other queries is told from a silent one.
func TestResolveNamesStrayDatagrams(t *testing.T) {
	server := oddServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := replyTo(t, q)
		m.Id++
		_ = w.WriteMsg(m)
	})
	query := newQuery("a.test.", dns.TypeA, true)
	r := start(t, setup{network: New("")})
	q := exchanger{session: r.Session, held: holding{of: r.account()}}
	defer q.held.release()
	_, err := q.askOne(within(t, 20*time.Second), query, server, 300*time.Millisecond)
	if err == nil || !strings.HasSuffix(err.Error(), errStray.Error()) || !mayPass(err) {
		t.Error(err)
	}
}

// The operator's own server: what it sends until the deadline is said.
func TestResolveSaysWhyAServerIsNoUse(t *testing.T) {
	stray := oddServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := replyTo(t, q)
		m.Id++
		_ = w.WriteMsg(m)
	})
	onlyUDP := udpServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := replyTo(t, q)
		m.Truncated = true
		_ = w.WriteMsg(m)
	})
	for server, says := range map[string]string{
		stray:   "it sent only datagrams that do not answer the query; check what answers there",
		onlyUDP: "its reply over UDP is truncated, and over TCP it fails: connection refused; allow TCP there",
	} {
		r := start(t, setup{network: New(""), rules: fromConfig(rules(t, manifest.DNS, "a.test", "@"+server))})
		for _, timeout := range []time.Duration{time.Second, 2*shareOfTry + time.Millisecond} {
			_, err := r.Resolve(within(t, timeout), "A", "a.test", server)
			wants(t, err, abi.ErrTarget)
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want %q", err, says)
			}
		}
	}
}

// With several servers, a silent one does not use up a short timeout.
func TestShareOfTime(t *testing.T) {
	for _, c := range []struct {
		left    time.Duration
		servers int
		last    bool
		want    time.Duration
	}{
		{2 * time.Second, 2, false, time.Second},
		{10 * time.Second, 2, false, shareOfTry},
		{time.Second, 1, false, shareOfTry},
		{10 * time.Second, 2, true, 10 * time.Second},
	} {
		if got := share(c.left, c.servers, c.last); got != c.want {
			t.Errorf("share(%v, %d, %v) = %v, want %v", c.left, c.servers, c.last, got, c.want)
		}
	}
}

// A lost datagram is sent again, even if the timeout is short.
func TestResolveAfterALostDatagram(t *testing.T) {
	var asked atomic.Int32
	server := oddServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if asked.Add(1) > 1 {
			_ = w.WriteMsg(replyTo(t, q, "a.test. 60 IN A 192.0.2.1"))
		}
	})
	r := start(t, setup{network: New(""), rules: fromConfig(rules(t, manifest.DNS, "a.test", "@"+server))})
	if got, err := r.Resolve(within(t, time.Second), "A", "a.test", server); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}

// Records keep the form that identifies them.
func TestRecordText(t *testing.T) {
	for in, want := range map[string]string{
		"a. 1 IN AAAA ::ffff:192.0.2.1":               "::ffff:192.0.2.1",
		"a. 1 IN AAAA 2001:db8:0:0::1":                "2001:db8::1",
		`a. 1 IN CAA 128 issue "ca.example; x=\"1\""`: `128 issue "ca.example; x="1""`,
		"a. 1 IN MX 0 .":                              "0 .",
		`a. 1 IN TXT "v=DKIM1; p=" "abc"`:             "v=DKIM1; p=abc",
		"a. 1 IN SRV 0 5 5060 Sip.Example.":           "0 5 5060 Sip.Example",
		"a. 1 IN SOA ns.test. a\\.b.test. 1 2 3 4 5":  `ns.test a\.b.test 1 2 3 4 5`,
	} {
		rr, err := dns.NewRR(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := recordText(rr); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

package sockets

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/daemon/realtest"
	"vega/plugins/fault"
	"vega/plugins/shortage"
)

// nameServer knows only known.test. It needs no descriptor to answer.
func nameServer(t *testing.T) string {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		switch {
		case q.Question[0].Name != "known.test.":
			m.Rcode = dns.RcodeNameError
		case q.Question[0].Qtype == dns.TypeA:
			rr, _ := dns.NewRR("known.test. 60 IN A 127.0.0.1")
			m.Answer = append(m.Answer, rr)
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return conn.LocalAddr().String()
}

// However few descriptors there are, a lookup returns what it would return with
// plenty, or reports what vega is short of. The first lookup is the first of
// the process, which has not read /etc/hosts yet.
func TestLookupUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	d := Dialer{Server: nameServer(t)}
	short := 0
	for _, left := range []int{0, 1, 2, 3, 4, 6} {
		feed := realtest.Starve(t, left)
		for name, right := range map[string]func(error) bool{
			"known.test":   func(err error) bool { return err == nil },
			"unknown.test": notFound,
			"localhost":    func(err error) bool { return err == nil }, // from the hosts file
			host:           func(err error) bool { return err == nil || notFound(err) && left > 3 },
		} {
			_, err := d.Lookup(t.Context(), name, nil)
			if shortage.Of(err) != nil {
				short++
			} else if !right(err) {
				t.Errorf("%s with %d descriptors left: %v", name, left, err)
			}
		}
		feed()
	}
	if short == 0 {
		t.Error("there was no shortage")
	}
}

func notFound(err error) bool {
	var e *net.DNSError
	return errors.As(err, &e) && e.IsNotFound
}

// TestDialContextUnderShortage uses DialContext as database drivers do.
func TestDialContextUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := Dialer{Server: nameServer(t)}
	for _, left := range []int{0, 1, 2, 3, 4} {
		feed := realtest.Starve(t, left)
		for _, host := range []string{"known.test", "127.0.0.1"} {
			c, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
			if err == nil {
				_ = c.Close()
			} else if shortage.Of(err) == nil {
				t.Errorf("%s with %d descriptors left: %v", host, left, err)
			}
			if (err == nil) != (left >= 1 && host == "127.0.0.1" || left >= 3) {
				t.Errorf("%s with %d descriptors left: %v", host, left, err)
			}
		}
		feed()
	}
}

// Package net keeps only the text of why a lookup could not send its query.
func TestLookupWithoutPlace(t *testing.T) {
	p := NewPool(1)
	a := allow(t, p, 1)
	if err := a.take(); err != nil {
		t.Fatal(err)
	}
	d := Dialer{Server: nameServer(t)}
	for _, name := range []string{"known.test", "unknown.test"} {
		if _, err := d.Lookup(t.Context(), name, a); shortage.Of(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.give(false)
	if ips, err := d.Lookup(t.Context(), "known.test", a); err != nil || len(ips) != 1 {
		t.Errorf("%v %v", ips, err)
	}
}

// A silent server does not use up a short lookup if there is another one.
func TestShare(t *testing.T) {
	now := time.Unix(1000, 0)
	after := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
	for name, c := range map[string]struct {
		t, ends time.Time
		servers int
		want    time.Time
	}{
		"short lookup":    {after(4), after(4), 2, after(2)},
		"one server":      {after(4), after(4), 1, after(4)},
		"long lookup":     {after(5), after(20), 2, after(5)},
		"without the end": {after(5), time.Time{}, 2, after(5)},
	} {
		if got := share(now, c.t, c.ends, func() int { return c.servers }); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// NXDOMAIN from one server counts, whether or not there is a way to the others.
func TestProvenWithAnUnreachableServer(t *testing.T) {
	lost := query{server: "fe80::1", own: fault.New(nil, "no route", "")}
	reply := func(kind uint16, r fault.Reply) query {
		return query{server: "10.0.0.2:53", name: "a.test", kind: kind, sent: 1, said: replied, reply: r}
	}
	for name, c := range map[string]struct {
		queries []query
		want    bool
	}{
		"NXDOMAIN":          {[]query{lost, reply(1, fault.NoName)}, true},
		"no record of both": {[]query{lost, reply(1, fault.Answers), reply(28, fault.Answers)}, true},
		"no record of one":  {[]query{lost, reply(1, fault.Answers)}, false},
		"SERVFAIL":          {[]query{lost, reply(1, fault.Ambiguous)}, false},
		"nothing":           {[]query{lost}, false},
	} {
		if proven(c.queries) != c.want {
			t.Errorf("%s: proven is %v", name, !c.want)
		}
	}
}

// A name's zone is at fault only if its server is not just as slow for other
// names: a server that took 1.2 s for one of them may have needed that here.
func TestZoneOfASlowServer(t *testing.T) {
	const server = "10.0.0.2:53"
	began := time.Now().Add(-2 * time.Second)
	answers := func(took time.Duration) *control {
		c := &control{done: make(chan struct{}), began: began, ended: began.Add(took), reply: fault.NoName}
		close(c.done)
		return c
	}
	silent := query{server: server, name: "a.test", kind: 1, sent: 2, at: began, until: began.Add(time.Second)}
	failing := query{server: server, name: "a.test", kind: 1, sent: 1, at: began, until: began, said: replied, reply: fault.Ambiguous}
	for name, c := range map[string]struct {
		q    query
		took time.Duration
		want bool
	}{
		"silent for the name":           {silent, 20 * time.Millisecond, true},
		"slow for each name":            {silent, 1200 * time.Millisecond, false},
		"SERVFAIL for the name":         {failing, 1200 * time.Millisecond, true},
		"about as slow for other names": {silent, 700 * time.Millisecond, false},
	} {
		w := &Watch{dialer: &Dialer{}, began: began}
		w.dialer.controls.by = map[string]*control{server: answers(c.took)}
		if got := w.zone(t.Context(), []query{c.q}); (got != "") != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A server that does not know EDNS is asked without, as other resolvers do.
func TestLookupWithoutEDNS(t *testing.T) {
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		switch {
		case q.IsEdns0() != nil && q.Question[0].Qtype == dns.TypeA:
			m.Rcode, m.Question = dns.RcodeFormatError, nil
		case q.IsEdns0() != nil:
			m.Rcode = dns.RcodeNotImplemented
		case q.Question[0].Qtype == dns.TypeA:
			rr, _ := dns.NewRR("old.test. 60 IN A 192.0.2.1")
			m.Answer = append(m.Answer, rr)
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	d := Dialer{Server: conn.LocalAddr().String()}
	if ips, err := d.Lookup(t.Context(), "old.test", nil); err != nil || len(ips) != 1 {
		t.Error(ips, err)
	}
}

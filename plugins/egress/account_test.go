package egress

import (
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// ledger is an account that a test can inspect.
type ledger struct {
	t      *testing.T
	away   int // waits in progress
	held   int
	peak   int
	room   int // limit in bytes; 0 for none
	paid   map[Work]int
	pauses int
	most   int // limit on pauses; 0 for none
}

func newLedger(t *testing.T) *ledger { return &ledger{t: t, paid: map[Work]int{}} }

func (b *ledger) Leave() { b.away++ }

func (b *ledger) Return() {
	if b.away--; b.away < 0 {
		b.t.Error("Return without Leave")
	}
}

func (b *ledger) Pause() error {
	if b.away > 0 {
		b.t.Error("Pause during a wait")
	}
	if b.pauses++; b.most > 0 && b.pauses > b.most {
		return errors.New("enough")
	}
	return nil
}

func (b *ledger) Pay(w Work, n int) { b.paid[w] += n }

func (b *ledger) Hold(n int) error {
	if b.room > 0 && b.held+n > b.room {
		return &Error{Errno: abi.ErrQuota, Text: "no room"}
	}
	b.held += n
	b.peak = max(b.peak, b.held)
	return nil
}

func (b *ledger) Release(n int) {
	if b.held -= n; b.held < 0 {
		b.t.Error("more was released than held")
	}
}

// settled checks that every wait has ended and nothing is held.
func (b *ledger) settled(what string) {
	b.t.Helper()
	if b.away != 0 || b.held != 0 {
		b.t.Errorf("%s: %d waits have not ended, %d bytes are held", what, b.away, b.held)
	}
}

// However an exchange ends, it is paid for and holds no memory afterwards.
func TestExchangesAreCharged(t *testing.T) {
	ca := newAuthority(t)
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/zip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 300_000))
			_ = z.Close()
		case "/big":
			_, _ = w.Write(make([]byte, 300_000))
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "x")
		default:
			_, _ = io.WriteString(w, "hello")
		}
	}
	plain, secure, second := server(t, handler), ca.server(t, false, handler), ca.server(t, true, handler)
	elsewhere := ca.server(t, false, handler)
	elsewhere.TLS.Certificates[0] = newAuthority(t).leaf(t, time.Now().Add(time.Hour))
	grants := rules(t, manifest.HTTP, "GET "+plain.URL, "GET "+secure.URL, "GET "+second.URL, "GET "+elsewhere.URL, "GET http://127.0.0.1:1")
	for _, c := range []struct {
		name, url string
		body      int64 // largest
		want      map[Work]int
		minimum   int // bytes held at a time
	}{
		{"http", plain.URL, 0, map[Work]int{Connect: 1, Exchange: 1}, connMemory + readerMemory}, // the session has a secret
		{"https", secure.URL, 0, map[Work]int{Connect: 1, Handshake: 1, Exchange: 1}, connMemory + tlsMemory},
		{"http2", second.URL, 0, map[Work]int{Connect: 1, Handshake: 1, Exchange: 1, HTTP2: 1}, connMemory + tlsMemory + windowMemory},
		{"redirect", plain.URL + "/away", 0, map[Work]int{Connect: 2, Exchange: 2}, connMemory},
		{"gzip", plain.URL + "/zip", 0, map[Work]int{Connect: 1, Exchange: 1}, connMemory + gzipMemory},
		{"large", plain.URL + "/big", 0, map[Work]int{Connect: 1, Exchange: 1}, connMemory},
		{"too large", plain.URL + "/big", 1000, map[Work]int{Connect: 1, Exchange: 1}, connMemory},
		{"cut", plain.URL + "/cut", 0, map[Work]int{Connect: 1, Exchange: 1}, connMemory},
		{"refused", "http://127.0.0.1:1/", 0, map[Work]int{Connect: 1}, connMemory},
		{"distrusted", elsewhere.URL, 0, map[Work]int{Connect: 1, Handshake: 1}, connMemory + tlsMemory},
		{"denied", "http://192.0.2.1/", 0, map[Work]int{}, 0},
	} {
		for _, toTheEnd := range []bool{true, false} {
			b := newLedger(t)
			r := start(t, setup{rules: grants, network: ca.network()})
			r.Account = b
			answer, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: c.url, Redirects: 3, MaxBody: c.body})
			if err == nil {
				if toTheEnd {
					n, _ := io.Copy(io.Discard, answer.Body) // truncated or not
					if b.paid[Moved] < int(min(n, 300)) {
						t.Errorf("%s: paid for %d bytes of %d", c.name, b.paid[Moved], n)
					}
				}
				answer.Body.Close()
				answer.Body.Close()
			}
			b.settled(c.name)
			if b.peak < c.minimum && toTheEnd {
				t.Errorf("%s: held %d bytes, want %d", c.name, b.peak, c.minimum)
			}
			delete(b.paid, Moved)
			for w := range Question {
				if b.paid[w] != c.want[w] {
					t.Errorf("%s: paid %v, want %v", c.name, b.paid, c.want)
				}
			}
		}
	}
}

// Without room, an operation does not start, or ends.
func TestNoConnectionBeyondMemoryLimit(t *testing.T) {
	ca := newAuthority(t)
	second := ca.server(t, true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	address := strings.TrimPrefix(second.URL, "https://")
	for _, room := range []int{1, connMemory + tlsMemory/2, connMemory + tlsMemory + readerMemory} {
		b := newLedger(t)
		b.room = room
		r := start(t, setup{rules: append(rules(t, manifest.HTTP, "GET "+second.URL), rules(t, manifest.Net, "tls://"+address, "tcp://"+address, "udp://"+address)...), network: ca.network()})
		r.Account = b
		_, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: second.URL}) // the last limit is too small for HTTP/2
		wants(t, err, abi.ErrQuota)
		if room < connMemory+tlsMemory {
			_, err = r.Dial(within(t, 10*time.Second), abi.NetTLS, address)
			wants(t, err, abi.ErrQuota)
		}
		b.settled("tls")
		if room == 1 {
			_, err = r.Dial(within(t, 10*time.Second), abi.NetUDP, address)
			wants(t, err, abi.ErrQuota)
			_, err = r.Resolve(within(t, 10*time.Second), "A", "x.test", "")
			wants(t, err, abi.ErrDenied)
		}
		b.settled("all")
	}
}

func TestConnectionsAreCharged(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(c, c)
		c.Close()
	}()
	b := newLedger(t)
	r := start(t, setup{rules: rules(t, manifest.Net, "tcp://"+l.Addr().String())})
	r.Account = b
	c, err := r.Dial(within(t, 10*time.Second), abi.NetTCP, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if b.held < connMemory || b.away != 0 {
		t.Errorf("%d bytes are held, %d waits", b.held, b.away)
	}
	ctx := within(t, 10*time.Second)
	if n, err := c.Write(ctx, make([]byte, 1000)); n != 1000 || err != nil {
		t.Fatal(n, err)
	}
	for got := 0; got < 1000; {
		n, err := c.Read(ctx, make([]byte, 300))
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if b.paid[Moved] != 2000 || b.paid[Connect] != 1 {
		t.Errorf("paid %v", b.paid)
	}
	c.Close()
	c.Close()
	b.settled("closed")
}

// Every record type comes out as the DNS library reads it, at the price of its
// text.
func TestReplyMatchesLibrary(t *testing.T) {
	for typ, lines := range map[uint16][]string{
		dns.TypeA: {"a.test. 60 IN A 192.0.2.1", "a.test. 60 IN A 192.0.2.2"}, dns.TypeTXT: {`a.test. 60 IN TXT "x" "y\255"`}, dns.TypeMX: {"a.test. 60 IN MX 10 m.a.test.", "www.a.test. 60 IN CNAME a.test."},
		dns.TypeSOA: {"a.test. 60 IN SOA n.a.test. r.a.test. 1 2 3 4 5"}, dns.TypeCNAME: {"a.test. 60 IN CNAME www.a.test.", "www.a.test. 60 IN CNAME a.test."},
	} {
		m := new(dns.Msg).SetQuestion("a.test.", typ)
		m.Response, m.Compress = true, true
		for _, line := range lines {
			rr, err := dns.NewRR(line)
			if err != nil {
				t.Fatal(err)
			}
			m.Answer, m.Ns, m.Extra = append(m.Answer, rr), append(m.Ns, rr), append(m.Extra, rr)
		}
		m.SetEdns0(1232, false)
		packed, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		b := newLedger(t)
		checkReply(t, b, packed, typ)
		if b.held == 0 {
			t.Error("the reply holds no memory")
		}
	}
}

func checkReply(t *testing.T, b *ledger, packed []byte, typ uint16) {
	t.Helper()
	s := &Session{Account: b}
	got, err := s.unpack(packed, typ, &holding{of: b})
	var m dns.Msg
	if failed := m.Unpack(packed); failed != nil || len(m.Question) != 1 || m.Question[0].Qclass == 0 {
		return // the library is stricter, or laxer: a question may end early
	}
	if err != nil {
		t.Fatalf("%x: %v", packed, err)
	}
	of := namesOf(&m, typ)
	var want []string
	for _, rr := range m.Answer {
		if h := rr.Header(); h.Rrtype == typ && h.Class == dns.ClassINET && of[strings.ToLower(h.Name)] {
			want = append(want, recordText(rr))
		}
	}
	if !slices.Equal(got.records, want) || got.rcode != m.Rcode || got.truncated != m.Truncated || got.name != m.Question[0].Name || got.typ != m.Question[0].Qtype {
		t.Fatalf("%x: %+v, want %q %d", packed, got, want, m.Rcode)
	}
}

// namesOf returns the name in the question and those that it is an alias of.
func namesOf(m *dns.Msg, typ uint16) map[string]bool {
	links, seen := map[string]string{}, 0
	for _, rr := range m.Answer {
		if link, ok := rr.(*dns.CNAME); ok && typ != dns.TypeCNAME && link.Hdr.Class == dns.ClassINET && seen < maxAliases {
			links[strings.ToLower(link.Hdr.Name)] = strings.ToLower(link.Target)
			seen++
		}
	}
	of := map[string]bool{}
	for name, more := strings.ToLower(m.Question[0].Name), true; more && !of[name]; {
		of[name] = true
		name, more = links[name], links[name] != ""
	}
	return of
}

func FuzzReply(f *testing.F) {
	m := new(dns.Msg).SetQuestion("a.test.", dns.TypeNS)
	m.Response, m.Compress = true, true
	m.Answer = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: "a.test.", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: "n.a.test."}}
	m.SetEdns0(1232, true)
	m.Rcode = dns.RcodeBadVers
	packed, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed, dns.TypeNS)
	f.Fuzz(func(t *testing.T, packed []byte, typ uint16) { checkReply(t, newLedger(t), packed, typ) })
}

// Unpacking a small reply into a large one pauses, and holds the memory of the
// result.
func TestLargeReplyPauses(t *testing.T) {
	long := strings.Repeat(strings.Repeat(`\255`, 60)+".", 4)
	m := new(dns.Msg).SetQuestion(long, dns.TypeNS)
	m.Response, m.Compress = true, true
	for range 3000 {
		m.Answer = append(m.Answer, &dns.NS{Hdr: dns.RR_Header{Name: long, Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: long})
	}
	packed, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	b := newLedger(t)
	s := &Session{Account: b}
	got, err := s.unpack(packed, dns.TypeNS, &holding{of: b})
	if err != nil || len(got.records) != 3000 || b.pauses != 3000/pauseEvery || b.held < 3000*len(got.records[0]) {
		t.Errorf("%v: %d records, %d pauses, %d bytes held", err, len(got.records), b.pauses, b.held)
	}
	b = newLedger(t)
	b.most = 3
	if _, err := (&Session{Account: b}).unpack(packed, dns.TypeNS, &holding{of: b}); err == nil || b.pauses != 4 {
		t.Errorf("%v after %d pauses", err, b.pauses)
	}
	b = newLedger(t)
	b.room = 100_000
	h := holding{of: b}
	if _, err := (&Session{Account: b}).unpack(packed, dns.TypeNS, &h); Code(err) != abi.ErrQuota {
		t.Errorf("%v", err)
	}
	h.release()
	b.settled("no room")
}

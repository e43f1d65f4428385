//go:build unix

package egress

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/grant"
	"vega/plugins/icmp"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// farEnd holds the addresses of servers in a child process, whose CPU time must
// not be measured.
type farEnd struct {
	HTTP, HTTPS, HTTP2, Blaster, Silent, DNS string
	Certificate                              []byte
}

const farEndVariable, farEndPrefix = "VEGA_FAR_END", "far end: "

// TestFarEnd is the child process of the benchmarks.
func TestFarEnd(t *testing.T) {
	if os.Getenv(farEndVariable) == "" {
		return // not the child process
	}
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/zip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 1<<20))
			_ = z.Close()
		case "/big":
			_, _ = w.Write(make([]byte, 8<<20))
		default:
			_, _ = io.WriteString(w, "hello")
		}
	})
	plain, secured, second := httptest.NewServer(answer), httptest.NewUnstartedServer(answer), httptest.NewUnstartedServer(answer)
	second.EnableHTTP2 = true
	secured.StartTLS()
	second.StartTLS()
	end := farEnd{
		HTTP: plain.URL, HTTPS: secured.URL, HTTP2: second.URL, Certificate: secured.Certificate().Raw,
		Blaster: accept(t, func(c net.Conn) {
			for buf := make([]byte, 256<<10); ; {
				if _, err := c.Write(buf); err != nil {
					return
				}
			}
		}),
		Silent: accept(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
		DNS:    names(t),
	}
	text, err := json.Marshal(end)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(farEndPrefix + string(text))
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent exits
}

func accept(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { serve(c); c.Close() }()
		}
	}()
	return l.Addr().String()
}

// names answers one address over UDP, and as many as fit in a message over TCP.
func names(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		name := q.Question[0].Name
		a := &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1)}
		_, stream := w.RemoteAddr().(*net.TCPAddr)
		switch {
		case !stream && strings.HasPrefix(name, "many"):
			m.Truncated = true
		case stream:
			m.Compress = true
			for range 4000 { // 16 bytes each, compressed
				m.Answer = append(m.Answer, a)
			}
		default:
			m.Answer = []dns.RR{a}
		}
		_ = w.WriteMsg(m)
	})
	go func() { _ = dns.ActivateAndServe(l, nil, handler) }()
	go func() { _ = dns.ActivateAndServe(nil, packets, handler) }()
	return l.Addr().String()
}

// startFarEnd starts the child process.
func startFarEnd(tb testing.TB) (farEnd, *Network) {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestFarEnd$", "-test.v", "-test.timeout=0")
	cmd.Env = append(os.Environ(), farEndVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { in.Close(); _ = cmd.Wait() }) // it ends when its input does
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text, ok := strings.CutPrefix(lines.Text(), farEndPrefix)
		if !ok {
			continue
		}
		var end farEnd
		if err := json.Unmarshal([]byte(text), &end); err != nil {
			tb.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(end.Certificate)
		if err != nil {
			tb.Fatal(err)
		}
		n := New(end.DNS)
		n.RootCAs = x509.NewCertPool()
		n.RootCAs.AddCert(certificate)
		return end, n
	}
	tb.Fatal("the child process did not start")
	return farEnd{}, nil
}

// everything returns a session that may do what the benchmarks do.
func (e farEnd) everything(tb testing.TB, n *Network) *Session {
	tb.Helper()
	set := grant.Set{}
	for kind, texts := range map[manifest.Kind][]string{
		manifest.HTTP: {"GET " + e.HTTP, "GET " + e.HTTPS, "GET " + e.HTTP2}, manifest.Net: {"tcp://" + e.Blaster, "tcp://" + e.Silent, "tls://" + strings.TrimPrefix(e.HTTPS, "https://")},
		manifest.DNS: {"one.example", "many.example"},
	} {
		set.Rules = append(set.Rules, rules(tb, kind, texts...)...)
	}
	r := start(tb, setup{rules: set.Rules, network: n})
	return r.Session
}

// BenchmarkPrices measures the CPU time, on this side of the connection, of
// each unit that a run pays for; see limits.go in package plugins.
func BenchmarkPrices(b *testing.B) {
	end, network := startFarEnd(b)
	s := end.everything(b, network)
	get := func(url string) func(context.Context) error {
		return func(ctx context.Context) error {
			answer, err := s.HTTP(ctx, &Request{Method: "GET", URL: url, MaxBody: HardBody})
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			return err
		}
	}
	dial := func(network int32, address string) func(context.Context) error {
		return func(ctx context.Context) error {
			c, err := s.Dial(ctx, network, address)
			if err != nil {
				return err
			}
			return c.Close()
		}
	}
	resolve := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Resolve(ctx, "A", name, "")
			return err
		}
	}
	for _, c := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"connect", dial(abi.NetTCP, end.Silent)},
		{"connect+handshake", dial(abi.NetTLS, strings.TrimPrefix(end.HTTPS, "https://"))},
		{"lookup", func(ctx context.Context) error { _, err := s.lookup(ctx, "one.example"); return err }},
		{"question", resolve("one.example")},
		{"question of 64 KiB", resolve("many.example")},
		{"connect+exchange", get(end.HTTP)},
		{"connect+handshake+exchange", get(end.HTTPS)},
		{"connect+handshake+exchange, HTTP2", get(end.HTTP2)},
		{"connect+exchange+8 MiB", get(end.HTTP + "/big")},
		{"connect+handshake+exchange+8 MiB", get(end.HTTPS + "/big")},
		{"connect+handshake+exchange+8 MiB, HTTP2", get(end.HTTP2 + "/big")},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer cpuTime(b)()
			for b.Loop() {
				if err := c.do(within(b, 10*time.Second)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	benchmarkMove(b, s, end)
	benchmarkEcho(b, network)
}

// benchmarkEcho sends echo requests to this machine, whose kernel does the work of both
// ends within the call that sends. The price of a request is the difference between 20
// of them and one, divided by 19 and the runs. Between two requests a run sleeps; waking a process
// that does nothing else costs more than the request, so many runs are measured.
func benchmarkEcho(b *testing.B, network *Network) {
	const runs = 50
	if err := icmp.Allowed(); err != nil {
		b.Skip(err)
	}
	for _, count := range []int{1, 20} {
		b.Run(fmt.Sprintf("%d runs of connect+%d echo requests", runs, count), func(b *testing.B) {
			defer cpuTime(b)()
			for b.Loop() {
				var all sync.WaitGroup
				for n := range runs {
					host := fmt.Sprintf("127.0.0.%d", n+1)
					r := start(b, setup{rules: rules(b, manifest.ICMP, host), network: network})
					all.Go(func() {
						found, err := r.Echo(within(b, 10*time.Second), EchoRequest{Host: host, Count: count, Size: 56, Interval: minEchoInterval, Wait: time.Second})
						if err != nil || found.arrived() != count {
							b.Error(found, err)
						}
					})
				}
				all.Wait()
			}
		})
	}
}

// benchmarkMove reads from a peer that is always faster, and writes to it, in
// pieces of each size.
func benchmarkMove(b *testing.B, s *Session, end farEnd) {
	for _, size := range []int{1, 1 << 10, 64 << 10} {
		buf := make([]byte, size)
		for _, c := range []struct {
			name, address string
			do            func(*Conn, context.Context) error
		}{
			{"read", end.Blaster, func(c *Conn, ctx context.Context) error { _, err := c.Read(ctx, buf); return err }},
			{"write", end.Silent, func(c *Conn, ctx context.Context) error { _, err := c.Write(ctx, buf); return err }},
		} {
			b.Run(fmt.Sprintf("%s of %d", c.name, size), func(b *testing.B) {
				conn, err := s.Dial(b.Context(), abi.NetTCP, c.address)
				if err != nil {
					b.Fatal(err)
				}
				defer conn.Close()
				ctx := within(b, time.Hour)
				defer cpuTime(b)()
				for b.Loop() {
					if err := c.do(conn, ctx); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkConnectionMemory measures the memory of a connection that is open
// and has not been read; see account.go.
func BenchmarkConnectionMemory(b *testing.B) {
	end, network := startFarEnd(b)
	s := end.everything(b, network)
	const many = 200
	get := func(url string, read int64) func() io.Closer {
		return func() io.Closer {
			answer, err := s.HTTP(b.Context(), &Request{Method: "GET", URL: url, MaxBody: HardBody})
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.CopyN(io.Discard, answer.Body, read)
			return answer.Body
		}
	}
	dial := func(network int32, address string) func() io.Closer {
		return func() io.Closer {
			c, err := s.Dial(b.Context(), network, address)
			if err != nil {
				b.Fatal(err)
			}
			return c
		}
	}
	for _, c := range []struct {
		name string
		open func() io.Closer
	}{
		{"tcp", dial(abi.NetTCP, end.Silent)},
		{"tls", dial(abi.NetTLS, strings.TrimPrefix(end.HTTPS, "https://"))},
		{"http", get(end.HTTP+"/big", 1)},
		{"https", get(end.HTTPS+"/big", 1)},
		{"http2", get(end.HTTP2+"/big", 1)},
		{"gzip", get(end.HTTP+"/zip", 1)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.open().Close()
				before := inUse()
				open := make([]io.Closer, many)
				for i := range open {
					open[i] = c.open()
				}
				time.Sleep(100 * time.Millisecond) // wait for data in flight
				b.ReportMetric(float64(inUse()-before)/many, "B/connection")
				for _, o := range open {
					o.Close()
				}
			}
		})
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

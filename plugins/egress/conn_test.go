package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// readAll reads until it has n bytes or reaches the end.
func readAll(t testing.TB, c *Conn, n int) string {
	t.Helper()
	var out []byte
	p := make([]byte, 64)
	for len(out) < n {
		m, err := c.Read(within(t, 5*time.Second), p[:min(len(p), n-len(out))])
		out = append(out, p[:m]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return string(out)
}

func write(t testing.TB, c *Conn, text string) {
	t.Helper()
	if n, err := c.Write(within(t, 5*time.Second), []byte(text)); err != nil || n != len(text) {
		t.Fatal(n, err)
	}
}

func dial(t testing.TB, r *run, network int32, addr string) *Conn {
	t.Helper()
	c, err := r.Dial(within(t, 5*time.Second), network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestTCP(t *testing.T) {
	got := make(chan string, 1)
	addr := listen(t, func(c net.Conn) {
		fmt.Fprint(c, "hello\r\n")
		line, _ := bufio.NewReader(c).ReadString('\n')
		got <- line
		fmt.Fprint(c, line[:9])
		fmt.Fprint(c, line[9:])
	})
	r := start(t, setup{rules: rules(t, manifest.Net, "tcp://"+addr)})
	c := dial(t, r, abi.NetTCP, addr)
	if s := readAll(t, c, 7); s != "hello\r\n" {
		t.Fatalf("%q", s)
	}
	write(t, c, "AUTH "+r.mask+"\r\n")
	if line := <-got; line != "AUTH "+token+"\r\n" {
		t.Errorf("the server received %q", line)
	}
	if s := readAll(t, c, 100); s != "AUTH "+token+"\r\n" { // streams are not filtered
		t.Errorf("the guest received %q", s)
	}
	if _, err := c.TLSInfo(abi.TLSVersion); Code(err) != abi.ErrInvalid || c.RemoteAddr() != addr {
		t.Error(err, c.RemoteAddr())
	}
	_, err := r.Dial(within(t, 10*time.Second), abi.NetTLS, addr)
	wantsDenial(t, r, err, `net = ["tls://`+addr+`"]`)
	if _, err = r.Dial(within(t, 10*time.Second), 7, addr); Code(err) != abi.ErrInvalid {
		t.Error(err)
	}
	c.Close()
	_, err = c.Read(within(t, 10*time.Second), make([]byte, 1))
	wants(t, err, abi.ErrClosed)
}

func TestReadObservesDeadline(t *testing.T) {
	addr := listen(t, func(c net.Conn) {
		_, _ = io.CopyN(io.Discard, c, 1)
		fmt.Fprint(c, "late")
		drain(c)
	})
	r := start(t, setup{rules: rules(t, manifest.Net, "tcp://"+addr)})
	c := dial(t, r, abi.NetTCP, addr)
	_, err := c.Read(within(t, 50*time.Millisecond), make([]byte, 10))
	wants(t, err, abi.ErrTimeout)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = c.Read(ctx, make([]byte, 10))
	wants(t, err, abi.ErrTimeout)
	write(t, c, "x")
	if s := readAll(t, c, 4); s != "late" {
		t.Errorf("after a timeout: %q", s)
	}
}

func TestUDPKeepsMessages(t *testing.T) {
	pc, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	go func() {
		p := make([]byte, 100)
		for {
			n, from, err := pc.ReadFrom(p)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(p[:n], from)
		}
	}()
	addr := pc.LocalAddr().String()
	for _, noSecret := range []bool{true, false} {
		r := start(t, setup{rules: rules(t, manifest.Net, "udp://"+addr), noSecret: noSecret})
		c := dial(t, r, abi.NetUDP, addr)
		write(t, c, "ask "+r.mask)
		small := make([]byte, 3)
		if n, err := c.Read(within(t, 5*time.Second), small); n != 3 || string(small) != "ask" {
			t.Fatal(n, err)
		}
		want := " " + token
		if noSecret {
			want = " "
		}
		if s := readAll(t, c, len(want)); s != want {
			t.Errorf("the rest of the datagram: %q", s)
		}
	}
	pc.Close()
	r := start(t, setup{rules: rules(t, manifest.Net, "udp://"+addr)})
	c := dial(t, r, abi.NetUDP, addr)
	write(t, c, "x")
	_, err = c.Read(within(t, 5*time.Second), make([]byte, 1))
	wants(t, err, abi.ErrRefused)
}

// TestReadWithin checks that a wait for a datagram ends without ending the connection, so
// that a request that was lost can be sent again.
func TestReadWithin(t *testing.T) {
	pc, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	go func() {
		p := make([]byte, 100)
		for n := 1; ; n++ {
			_, from, err := pc.ReadFrom(p)
			if err != nil {
				return
			}
			if n > 1 { // the first is lost
				_, _ = pc.WriteTo(fmt.Append(nil, n), from)
			}
		}
	}()
	addr := pc.LocalAddr().String()
	r := start(t, setup{rules: rules(t, manifest.Net, "udp://"+addr)})
	c := dial(t, r, abi.NetUDP, addr)
	ctx, p := within(t, time.Minute), make([]byte, 10)
	write(t, c, "x")
	for _, wait := range []time.Duration{-time.Hour, 0, 5 * time.Millisecond} {
		_, err := c.ReadWithin(ctx, wait, p)
		wants(t, err, abi.ErrTimeout)
	}
	write(t, c, "")
	if n, err := c.ReadWithin(ctx, time.Hour, p); err != nil || string(p[:n]) != "2" {
		t.Errorf("%q %v", p[:n], err)
	}
	_, err = c.ReadWithin(within(t, 20*time.Millisecond), time.Hour, p)
	wants(t, err, abi.ErrTimeout)
}

// A datagram goes to one host: not to all of a network, nor from another sender.
func TestDatagramsStayBetweenTwo(t *testing.T) {
	for _, addr := range []string{"127.255.255.255:9", "255.255.255.255:9"} {
		r := start(t, setup{rules: rules(t, manifest.Net, "udp://"+addr)})
		_, err := r.Dial(within(t, 5*time.Second), abi.NetUDP, addr)
		if Code(err) != abi.ErrInvalid || !strings.Contains(err.Error(), "it is a broadcast address") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	honest, spoof := packetConn(t), packetConn(t)
	addr := honest.LocalAddr().String()
	c := dial(t, start(t, setup{rules: rules(t, manifest.Net, "udp://"+addr)}), abi.NetUDP, addr)
	write(t, c, "ask")
	p := make([]byte, 10)
	_, from, err := honest.ReadFrom(p)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = spoof.WriteTo([]byte("spoofed"), from)
	_, _ = honest.WriteTo([]byte("honest"), from)
	if n, err := c.Read(within(t, 5*time.Second), p); string(p[:n]) != "honest" {
		t.Errorf("%q %v", p[:n], err)
	}
}

// TestLongDatagramIsRefused has a datagram that UDP can't carry. The peer has not answered
// with too much.
func TestLongDatagramIsRefused(t *testing.T) {
	addr := packetConn(t).LocalAddr().String()
	c := dial(t, start(t, setup{rules: rules(t, manifest.Net, "udp://"+addr)}), abi.NetUDP, addr)
	_, err := c.Write(within(t, 5*time.Second), make([]byte, 65508))
	if wants(t, err, abi.ErrInvalid); !strings.Contains(err.Error(), "a datagram of 65508 bytes") {
		t.Error(err)
	}
	write(t, c, strings.Repeat("x", 65507))
}

func packetConn(t *testing.T) net.PacketConn {
	t.Helper()
	pc, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	return pc
}

// tlsEcho is a server that echoes what it receives.
func tlsEcho(t testing.TB, cert tls.Certificate) (addr string, got chan string) {
	got = make(chan string, 8)
	return listen(t, func(c net.Conn) { echoTLS(c, cert, got) }), got
}

func echoTLS(c net.Conn, cert tls.Certificate, got chan<- string) {
	s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	p := make([]byte, 100)
	for {
		n, err := s.Read(p)
		if err != nil {
			return
		}
		got <- string(p[:n])
		_, _ = s.Write(p[:n])
	}
}

func TestTLSShowsAnyCertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	year := time.Now().Add(365 * 24 * time.Hour)
	for name, c := range map[string]struct {
		cert tls.Certificate
		say  string // part of the verification error
	}{
		"good":        {ca.leaf(t, year), ""},
		"expired":     {ca.leaf(t, time.Now().Add(-time.Hour)), "expired"},
		"self-signed": {other.leaf(t, year), "unknown authority"},
		"other name":  {ca.leaf(t, year, "other.example", "more.example"), "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			addr, got := tlsEcho(t, c.cert)
			r := start(t, setup{rules: rules(t, manifest.Net, "tls://"+addr), network: ca.network(), plaintext: true})
			conn := dial(t, r, abi.NetTLS, addr)
			verified, err := conn.TLSInfo(abi.TLSVerified)
			if err != nil || (verified == "") != (c.say == "") || !strings.Contains(verified, c.say) {
				t.Errorf("verified: %q %v", verified, err)
			}
			for what, want := range map[int32]string{abi.TLSVersion: "TLS 1.3", abi.TLSCipher: "TLS_", abi.TLSSubject: "CN=Test Leaf", abi.TLSIssuer: "CN=Test Authority"} {
				if s, err := conn.TLSInfo(what); err != nil || !strings.Contains(s, want) {
					t.Errorf("fact %d: %q %v", what, s, err)
				}
			}
			until, _ := conn.TLSInfo(abi.TLSNotAfter)
			if sec, err := strconv.ParseInt(until, 10, 64); err != nil || name == "expired" != time.Unix(sec, 0).Before(time.Now()) {
				t.Errorf("not after %q", until)
			}
			if names, _ := conn.TLSInfo(abi.TLSDNSNames); name == "other name" && names != "other.example\nmore.example" {
				t.Errorf("names %q", names)
			}
			if _, err := conn.TLSInfo(99); Code(err) != abi.ErrInvalid {
				t.Error(err)
			}
			write(t, conn, "no secret")
			<-got
			n, err := conn.Write(within(t, 10*time.Second), []byte(r.mask))
			if c.say == "" {
				if err != nil || n != len(r.mask) || <-got != token {
					t.Error("a secret was not sent over a verified connection", err)
				}
				return
			}
			wantsDenial(t, r, err, "can't be trusted")
			write(t, conn, "still open")
			if s := <-got; s != "still open" {
				t.Errorf("the server received %q", s)
			}
		})
	}
}

func TestStartTLS(t *testing.T) {
	ca := newAuthority(t)
	cert := ca.leaf(t, time.Now().Add(time.Hour), "localhost", "mail.example")
	for name, c := range map[string]struct {
		host, tlsName, inject string
		code                  abi.Errno
		verified, secret      bool
	}{
		"by its own name":        {"localhost", "", "", 0, true, true},
		"by another, also valid": {"localhost", "mail.example", "", 0, true, true},
		"an address, by a name":  {"127.0.0.1", "mail.example", "", 0, true, true},
		"an address, by itself":  {"127.0.0.1", "", "", 0, false, false},
		"by a name it has not":   {"localhost", "evil.example", "", 0, false, false},
		"plain text before it":   {"localhost", "", "250 injected\r\n", abi.ErrTLS, false, false},
		"an invalid name       ": {"localhost", "a b", "", abi.ErrInvalid, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan string, 8)
			addr := listen(t, func(conn net.Conn) {
				line, _ := bufio.NewReader(conn).ReadString('\n')
				got <- line
				fmt.Fprint(conn, "220 go ahead\r\n"+c.inject)
				if c.inject == "" {
					echoTLS(conn, cert, got)
				} else {
					drain(conn)
				}
			})
			_, port, _ := net.SplitHostPort(addr)
			target := net.JoinHostPort(c.host, port)
			r := start(t, setup{rules: rules(t, manifest.Net, "tcp://"+target), network: ca.network()})
			conn := dial(t, r, abi.NetTCP, target)
			write(t, conn, "STARTTLS\r\n")
			<-got
			readAll(t, conn, 14)
			err := conn.StartTLS(within(t, 5*time.Second), c.tlsName)
			if wants(t, err, c.code); err != nil || c.code != 0 {
				return
			}
			if v, _ := conn.TLSInfo(abi.TLSVerified); (v == "") != c.verified {
				t.Errorf("verified: %q", v)
			}
			if _, err := conn.Write(within(t, 10*time.Second), []byte(r.mask)); (err == nil) != c.secret {
				t.Errorf("writing a secret: %v", err)
			} else if c.secret {
				if s := readAll(t, conn, len(token)); <-got != token || s != token {
					t.Errorf("the echo is %q", s)
				}
			}
			wants(t, conn.StartTLS(within(t, 10*time.Second), ""), abi.ErrInvalid)
		})
	}
	plain := listen(t, func(c net.Conn) { fmt.Fprint(c, "500 no\r\n"); drain(c) })
	r := start(t, setup{rules: rules(t, manifest.Net, "tcp://"+plain)})
	wants(t, dial(t, r, abi.NetTCP, plain).StartTLS(within(t, 10*time.Second), ""), abi.ErrTLS)
}

// A guest that names a host of its own choice cannot send a secret unless the
// certificate is also valid for the granted host.
func TestStartTLSNameCannotBypassVerification(t *testing.T) {
	ca := newAuthority(t)
	cert := ca.leaf(t, time.Now().Add(time.Hour), "evil.example")
	addr := listen(t, func(conn net.Conn) { echoTLS(conn, cert, make(chan string, 8)) })
	_, port, _ := net.SplitHostPort(addr)
	r := start(t, setup{rules: rules(t, manifest.Net, "tcp://localhost:"+port), network: ca.network()})
	conn := dial(t, r, abi.NetTCP, "localhost:"+port)
	if err := conn.StartTLS(within(t, 5*time.Second), "evil.example"); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Write(within(t, 10*time.Second), []byte(r.mask))
	wantsDenial(t, r, err, "not valid for \"localhost\", only for \"evil.example\"")
}

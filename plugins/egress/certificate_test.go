package egress

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// fill adds n small items of one kind to a certificate.
var fill = map[string]func(c *x509.Certificate, n int){
	"uris": func(c *x509.Certificate, n int) {
		for range n {
			c.URIs = append(c.URIs, &url.URL{Scheme: "a", Opaque: "b"})
		}
	},
	"names":         func(c *x509.Certificate, n int) { c.DNSNames = many(n, "a") },
	"addresses":     func(c *x509.Certificate, n int) { c.IPAddresses = many(n, net.IPv4(1, 2, 3, 4)) },
	"subject":       func(c *x509.Certificate, n int) { c.Subject.OrganizationalUnit = many(n, "a") },
	"empty uris":    func(c *x509.Certificate, n int) { c.URIs = many(n, &url.URL{}) },
	"empty names":   func(c *x509.Certificate, n int) { c.DNSNames = many(n, "") },
	"empty subject": func(c *x509.Certificate, n int) { c.Subject.OrganizationalUnit = many(n, "") },
	"mail":          func(c *x509.Certificate, n int) { c.EmailAddresses = many(n, "") },
	"usages":        func(c *x509.Certificate, n int) { c.UnknownExtKeyUsage = many(n, asn1.ObjectIdentifier{1, 2, 3}) },
	"policies": func(c *x509.Certificate, n int) {
		for i := range n {
			id, _ := x509.OIDFromInts([]uint64{1, 2, uint64(i)})
			c.Policies = append(c.Policies, id)
		}
	},
	"permitted": func(c *x509.Certificate, n int) {
		c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = many(n, "a"), true
	},
	"issuers": func(c *x509.Certificate, n int) { c.OCSPServer = many(n, "a") },
	"lists":   func(c *x509.Certificate, n int) { c.CRLDistributionPoints = many(n, "a") },
	"extensions": func(c *x509.Certificate, n int) {
		for i := range n {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, i}})
		}
	},
}

func many[T any](n int, one T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = one
	}
	return all
}

func (a *authority) filled(t *testing.T, kind string, n int) tls.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(3), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	fill[kind](c, n)
	return a.sign(t, c, a.cert)
}

// No certificate takes more memory than is held for its bytes.
func TestParsedMemory(t *testing.T) {
	ca := newAuthority(t)
	for kind := range fill {
		der := ca.filled(t, kind, 2000).Certificate[0]
		const copies = 16
		parsed := make([]*x509.Certificate, copies)
		before := live()
		for i := range parsed {
			parsed[i], _ = x509.ParseCertificate(der)
		}
		took := (live() - before) / copies
		if parsed[0] == nil {
			t.Fatalf("%s: parsing failed", kind)
		}
		t.Logf("%s: %d bytes take %d, %.1f per byte", kind, len(der), took, float64(took)/float64(len(der)))
		if took > int64(len(der))*parsedMemory || took > int64(keptMemory(parsed[:1])) {
			t.Errorf("%s: %d bytes take %d, but only %d are held", kind, len(der), took, keptMemory(parsed[:1]))
		}
		runtime.KeepAlive(parsed)
	}
}

func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// calls makes an https request and a TLS connection and returns their errors.
func (a *authority) calls(t *testing.T, b Account, chain tls.Certificate) map[string]error {
	t.Helper()
	addr := listen(t, func(raw net.Conn) {
		c := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{chain}, MinVersion: tls.VersionTLS12})
		readRequest(c)
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
		drain(raw)
	})
	r := start(t, setup{rules: append(rules(t, manifest.HTTP, "GET https://"+addr), rules(t, manifest.Net, "tls://"+addr)...), network: a.network(), noSecret: true})
	r.Account = b
	answer, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: "https://" + addr})
	if err == nil {
		answer.Body.Close()
	}
	all := map[string]error{"https": err}
	c, err := r.Dial(within(t, 10*time.Second), abi.NetTLS, addr)
	if err == nil {
		c.Close()
	}
	all["tls"] = err
	return all
}

// The memory of the parsed handshake is held.
func TestCertificatesAreHeld(t *testing.T) {
	ca := newAuthority(t)
	large := ca.filled(t, "uris", 8000)
	size := len(large.Certificate[0])
	b := newLedger(t)
	for name, err := range ca.calls(t, b, large) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b.peak < size*parsedMemory {
		t.Errorf("held %d bytes for a certificate of %d", b.peak, size)
	}
	b.settled("large")
	b.room = 1 << 20
	for name, err := range ca.calls(t, b, large) {
		if Code(err) != abi.ErrQuota {
			t.Errorf("%s without room: %v", name, err)
		}
	}
	b.settled("without room")
}

func TestLargeHandshake(t *testing.T) {
	ca := newAuthority(t)
	b := newLedger(t)
	for name, err := range ca.calls(t, b, ca.filled(t, "uris", 16000)) {
		wants(t, err, abi.ErrTLS)
		if err == nil || !strings.Contains(err.Error(), "larger than 64 KiB") {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.settled("large")
}

func TestLongChain(t *testing.T) {
	ca := newAuthority(t)
	for n, code := range map[int]abi.Errno{maxChain: 0, maxChain + 1: abi.ErrTLS} {
		chain := ca.leaf(t, time.Now().Add(time.Hour))
		for len(chain.Certificate) < n {
			chain.Certificate = append(chain.Certificate, ca.cert.Raw)
		}
		b := newLedger(t)
		for name, err := range ca.calls(t, b, chain) {
			wants(t, err, code)
			if err != nil && !strings.Contains(err.Error(), "presents 17 certificates; at most 16") {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.settled("chain")
	}
}

// returnCounter is an account that counts how pauseEvery the run resumes.
type returnCounter struct {
	*ledger
	began int
}

func (t *returnCounter) Return() {
	if t.ledger.Return(); t.away == 0 {
		t.began++
	}
}

// The certificate of an https handshake is verified on the run's own CPU time.
func TestVerifyingCountsAsRunTime(t *testing.T) {
	ca := newAuthority(t)
	chain := ca.leaf(t, time.Now().Add(time.Hour))
	addr := listen(t, func(raw net.Conn) {
		_ = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{chain}, MinVersion: tls.VersionTLS12}).Handshake()
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET https://"+addr), network: newAuthority(t).network(), noSecret: true})
	b := &returnCounter{ledger: newLedger(t)}
	r.Account = b
	_, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: "https://" + addr})
	wants(t, err, abi.ErrTLS)
	if want := "its certificate is signed by an unknown authority"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v does not contain %q", err, want)
	}
	if b.began != 2 { // for verification and at the end
		t.Errorf("the run resumed %d times", b.began)
	}
	b.settled("verified")
}

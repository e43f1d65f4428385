package observe

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func certificate(names ...string) *x509.Certificate {
	return &x509.Certificate{
		Raw: []byte("raw"), SerialNumber: big.NewInt(0x0abc), Subject: pkix.Name{CommonName: "leaf"}, Issuer: pkix.Name{CommonName: "authority"},
		DNSNames: names, NotAfter: time.Unix(2000, 0),
	}
}

// A certificate may contain anything, up to the size of a handshake.
func TestCertificateTextsAreSafe(t *testing.T) {
	var r Record
	r.Redact = func(s string) string { return strings.ReplaceAll(s, "hunter2", "(secret)") }
	c := certificate("a.test\nb.test", "\xff\x00hunter2", strings.Repeat("x", 60_000))
	c.Subject.CommonName = "hunter2\r\n\u202e"
	r.Handshake(time.Second, &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c}, Version: tls.VersionTLS13}, nil)
	got := r.Exchange().TLS.Certificate
	for _, text := range []string{got.Subject, got.Names, got.Issuer, got.Serial, got.Fingerprint} {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00\u202e") || strings.Contains(text, "hunter2") || len(text) > maxText+len("…") {
			t.Errorf("%.200q", text)
		}
	}
	if got.Serial != "0abc" || got.Issuer != "CN=authority" || !strings.HasPrefix(got.Names, "a.test b.test,") {
		t.Errorf("%+v", got.Serial)
	}
}

// The expiry counts for the whole chain: the first end of what the peer sent, and the last
// of the verified chains' first ends.
func TestExpiry(t *testing.T) {
	at := func(s int64) *x509.Certificate { return &x509.Certificate{NotAfter: time.Unix(s, 0)} }
	var r Record
	r.Handshake(time.Second, &tls.ConnectionState{PeerCertificates: []*x509.Certificate{at(500), at(300), at(900)}}, [][]*x509.Certificate{{at(500), at(200)}, {at(500), at(400)}})
	x := r.Exchange().TLS
	if x.EarliestExpiry.Unix() != 300 || x.ChainExpiry.Unix() != 400 || x.Certificate != nil {
		t.Errorf("%+v", x)
	}
	r.Handshake(time.Second, nil, nil) // the peer showed none, so the last one counts
	if x = r.Exchange().TLS; x.EarliestExpiry.Unix() != 300 {
		t.Errorf("%+v", x)
	}
}

func TestEmptyRecord(t *testing.T) {
	var r Record
	if x := r.Exchange(); x != nil {
		t.Errorf("%+v", x)
	}
	r.Body(0, 5) // of no request
	if x := r.Exchange(); x.HTTP != nil {
		t.Errorf("%+v", x)
	}
}

// BenchmarkHTTPS records what an HTTPS check does: one allocation.
func BenchmarkHTTPS(b *testing.B) {
	b.ReportAllocs()
	state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate("a.test")}, Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256}
	chains := [][]*x509.Certificate{state.PeerCertificates}
	resp := &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, ContentLength: 5, Header: http.Header{}}
	to := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}
	for b.Loop() {
		var r Record
		now := time.Now()
		n := r.Request()
		r.Hop()
		r.Lookup(time.Second)
		r.Connect(time.Second, to)
		r.Handshake(time.Second, state, chains)
		r.Response(now, now, resp, true)
		r.Body(n, 5)
		if r.Exchange().HTTP.Status != 200 {
			b.Fatal("lost")
		}
	}
}

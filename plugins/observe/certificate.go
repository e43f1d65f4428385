package observe

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"vega/policies/check"
)

// ciphers has the names of cipher suites: package tls makes a list of all of them each
// time that it is asked for one.
var ciphers = sync.OnceValue(func() map[uint16]string {
	names := map[uint16]string{}
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		names[s.ID] = s.Name
	}
	return names
})

func cipherName(id uint16) string {
	if name := ciphers()[id]; name != "" {
		return name
	}
	return tls.CipherSuiteName(id) // a number
}

// maxText limits each text of a certificate, in bytes. A peer may send 64 KiB of them.
const maxText = 1 << 10

// describe describes a certificate. Its texts are on one line, in valid UTF-8 and
// without secrets, which a target could have put there.
func describe(c *x509.Certificate, redact func(string) string) *check.Certificate {
	text := func(s string) string { return check.Clip(check.OneLine(redact(s)), maxText) }
	sum := sha256.Sum256(c.Raw)
	return &check.Certificate{
		Fingerprint: hex.EncodeToString(sum[:]),
		Subject:     text(c.Subject.String()),
		Issuer:      text(c.Issuer.String()),
		Names:       text(strings.Join(c.DNSNames, ",")),
		Serial:      text(hex.EncodeToString(c.SerialNumber.Bytes())),
	}
}

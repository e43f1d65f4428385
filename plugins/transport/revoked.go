package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

// WhyRevoked returns why a verified peer's certificate is not valid according
// to the OCSP response that it stapled. A response that can't be used counts as
// none; a certificate may demand one (RFC 7633).
func WhyRevoked(cs *tls.ConnectionState, chains [][]*x509.Certificate, now time.Time) string {
	leaf := cs.PeerCertificates[0]
	demanded := mustStaple(leaf)
	if len(cs.OCSPResponse) == 0 {
		if demanded {
			return "its certificate demands a stapled OCSP response, and the server sends none; enable OCSP stapling, or issue a certificate without must-staple"
		}
		return ""
	}
	var problem error
	for _, chain := range chains {
		if len(chain) < 2 {
			continue
		}
		r, err := ocsp.ParseResponseForCert(cs.OCSPResponse, leaf, chain[1])
		switch {
		case err != nil:
			problem = err
		case r.Status == ocsp.Revoked:
			return fmt.Sprintf("its certificate was revoked on %s, as its stapled OCSP response says; install another", r.RevokedAt.UTC().Format(time.DateOnly))
		case !r.NextUpdate.IsZero() && now.After(r.NextUpdate):
			problem = fmt.Errorf("it ended on %s", r.NextUpdate.UTC().Format(time.RFC3339))
		default:
			return ""
		}
	}
	if demanded && problem != nil {
		return fmt.Sprintf("its certificate demands a stapled OCSP response, and the one that the server sends is not valid (%v); let the server fetch a current one", problem)
	}
	return ""
}

// mustStaple reports whether a certificate has the TLS feature status_request,
// RFC 7633.
func mustStaple(c *x509.Certificate) bool {
	feature := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}
	const statusRequest = 5
	for _, e := range c.Extensions {
		var features []int
		if !e.Id.Equal(feature) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &features); err == nil && slices.Contains(features, statusRequest) {
			return true
		}
	}
	return false
}

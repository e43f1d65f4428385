package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// longestLife is how long a certificate of a public server may be valid at most.
const longestLife = 398 * 24 * time.Hour

// roots returns the root certificates that Mozilla trusts, in PEM. A root that may no
// longer issue certificates is in it for as long as one that it issued in time can
// still be valid at the given date.
func roots(date time.Time) ([]byte, error) {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		c, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return nil, fmt.Errorf("a root certificate: %w", err)
		}
		oldest := &x509.Certificate{NotBefore: date.Add(-longestLife)}
		if root.Constraint != nil && root.Constraint([]*x509.Certificate{oldest}) != nil {
			continue
		}
		fmt.Fprintf(&text, "# %s\n", c.Subject)
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	if text.Len() == 0 {
		return nil, errors.New("no root certificates")
	}
	return text.Bytes(), nil
}

package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"time"

	"vega/daemon/config"
	"vega/daemon/config/input"
)

const (
	// soon is how long before its end a certificate should be renewed.
	soon = 14 * 24 * time.Hour
	// maxPEM limits the size of a file of certificates, in bytes.
	maxPEM = 16 << 20
)

// checkCertificates looks at the server's certificate and at ca_file.
func checkCertificates(_ context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	if c.Server.TLS == nil && c.Network.CAFile == "" {
		return []Finding{ok("none configured")}
	}
	var found []Finding
	text := ""
	if t := c.Server.TLS; t != nil {
		leaf, more := serverCertificate(t, c, h.Now)
		found = append(found, more...)
		if leaf != nil {
			text = fmt.Sprintf("%s is valid until %s", t.CertFile, stamp(leaf.NotAfter))
		}
	}
	if path := c.Network.CAFile; path != "" {
		found = append(found, authorities(path, h.Now)...)
		if text != "" {
			text += "; "
		}
		text += "ca_file " + path + " can be used"
	}
	return orOK(found, ok("%s", text))
}

// serverCertificate judges the certificate of the server, and returns it.
func serverCertificate(t *config.TLS, c *config.Config, now time.Time) (leaf *x509.Certificate, found []Finding) {
	cert, err := input.ReadRegular(t.CertFile, maxPEM)
	if err != nil {
		return nil, []Finding{unreadable(t.CertFile, err)}
	}
	key, err := input.ReadRegular(t.KeyFile, maxPEM)
	if err != nil {
		return nil, []Finding{unreadable(t.KeyFile, err)}
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, []Finding{failure(fmt.Sprintf("%s and %s can't be used: %v", t.CertFile, t.KeyFile, err), "set cert_file and key_file to two PEM files that belong together")}
	}
	leaf = pair.Leaf
	found = append(found, ends("the server's certificate "+t.CertFile, leaf, now)...)
	if !selfSigned(leaf) && !complete(pair.Certificate, leaf, now) {
		found = append(found, warning(t.CertFile+" lacks the certificate of its issuer, so clients may refuse it", "append the intermediate certificates to cert_file, or use fullchain.pem"))
	}
	u, err := url.Parse(c.Server.ExternalURL)
	direct := err == nil && u.Scheme == "https" && u.Port() == strconv.Itoa(c.Server.Port) // not by way of a proxy
	if direct && leaf.VerifyHostname(u.Hostname()) != nil {
		found = append(found, warning(fmt.Sprintf("%s is not for %s, the host of external_url", t.CertFile, u.Hostname()), "use a certificate for that name, or correct external_url"))
	}
	return leaf, found
}

// unreadable reports a file that could not be read.
func unreadable(path string, err error) Finding {
	if errors.Is(err, fs.ErrPermission) {
		return unknown(path+" is not for this user", "run vega doctor as root, for example: sudo vega doctor")
	}
	return failure(fmt.Sprintf("%s can't be read: %v", path, input.Reason(err)), "correct the path, or restore the file")
}

// ends reports a certificate that is not valid now, or not for long.
func ends(what string, c *x509.Certificate, now time.Time) []Finding {
	switch {
	case now.After(c.NotAfter):
		return []Finding{failure(fmt.Sprintf("%s ended on %s", what, stamp(c.NotAfter)), "renew it; vega uses the new files without a restart")}
	case now.Before(c.NotBefore):
		return []Finding{failure(fmt.Sprintf("%s is valid only from %s on", what, stamp(c.NotBefore)), "check the clock of this machine and of the issuer")}
	case c.NotAfter.Sub(now) < soon:
		return []Finding{warning(fmt.Sprintf("%s ends on %s, in %d days", what, stamp(c.NotAfter), int(c.NotAfter.Sub(now)/(24*time.Hour))), "renew it; vega uses the new files without a restart")}
	default:
		return nil
	}
}

// selfSigned reports whether a certificate is its own issuer.
func selfSigned(c *x509.Certificate) bool { return string(c.RawIssuer) == string(c.RawSubject) }

// complete reports whether a chain leads to a known root, or ends with a certificate
// that may be that of a private one: what issued its last certificate is its own issuer.
func complete(chain [][]byte, leaf *x509.Certificate, now time.Time) bool {
	between := x509.NewCertPool()
	for _, der := range chain[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return false
		}
		if selfSigned(c) {
			return true
		}
		between.AddCert(c)
	}
	if len(chain) > 1 {
		return true // its root is private, or that of the system
	}
	_, err := leaf.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	_, lacks := errors.AsType[x509.UnknownAuthorityError](err)
	return !lacks || len(leaf.IssuingCertificateURL) == 0 // a private authority that signs directly names no intermediate
}

// authorities reports certificates in ca_file that can't be used.
func authorities(path string, now time.Time) []Finding {
	text, err := input.ReadRegular(path, maxPEM)
	if err != nil {
		return []Finding{unreadable(path, err)}
	}
	var found []Finding
	usable, over := 0, 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		if now.After(c.NotAfter) {
			over++
			continue
		}
		usable++
		found = append(found, ends(fmt.Sprintf("a certificate in ca_file, %q,", c.Subject.CommonName), c, now)...)
	}
	switch {
	case usable == 0 && over == 0:
		return []Finding{failure("ca_file "+path+" has no certificate", "set network.ca_file to a PEM file, or remove it")}
	case usable == 0:
		return []Finding{failure(fmt.Sprintf("every certificate in ca_file %s has ended", path), "replace it by the current certificates")}
	case over > 0:
		found = append(found, warning(fmt.Sprintf("%d of %d certificates in ca_file %s have ended", over, over+usable, path), "remove them"))
	}
	return found
}

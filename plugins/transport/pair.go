package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxPEM limits the size of a certificate or key file.
const MaxPEM = 1 << 20

// Problem is why a certificate or key can't be used, and what to do about it.
type Problem struct {
	Option string // client_cert, client_key or ca_file
	What   string
	Fix    string
	// Usable means that a server might accept the certificate nevertheless.
	Usable bool
	Err    error // of reading the file, if it can't be read
}

// Error returns the option and what is wrong with it.
func (p *Problem) Error() string { return p.Option + ": " + p.What }

// Unwrap returns the error of reading the file, if there is one.
func (p *Problem) Unwrap() error { return p.Err }

// CheckHalf checks one file of a pair by itself. option is client_cert or
// client_key. The error is a *Problem.
func CheckHalf(option string, text []byte) error {
	if option == "client_key" {
		return privateKey(text)
	}
	return certificates(text, option)
}

// CheckPair returns the client certificate of two PEM texts, or a *Problem.
func CheckPair(cert, key []byte, now time.Time) (*tls.Certificate, error) {
	if err := certificates(cert, "client_cert"); err != nil {
		return nil, err
	}
	if err := privateKey(key); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, &Problem{Option: "client_key", What: "it is not the key of the certificate in client_cert", Fix: "use the key that the certificate was issued for"}
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return nil, &Problem{Option: "client_cert", What: "its first certificate can't be parsed", Fix: "replace the file"}
		}
	}
	return &pair, doubts(pair.Leaf, now)
}

// doubts reports a client certificate that no server should accept now. The
// pair can be used nevertheless.
func doubts(c *x509.Certificate, now time.Time) error {
	switch {
	case now.After(c.NotAfter):
		return &Problem{Option: "client_cert", What: "it expired on " + c.NotAfter.UTC().Format(time.DateOnly), Fix: "renew it", Usable: true}
	case now.Before(c.NotBefore):
		return &Problem{Option: "client_cert", What: "it is not valid before " + c.NotBefore.UTC().Format(time.RFC3339), Fix: "wait, issue another, or correct this machine's clock", Usable: true}
	case !forClients(c):
		return &Problem{Option: "client_cert", What: "it is not for clients (extended key usage)", Fix: "issue one for client authentication", Usable: true}
	default:
		return nil
	}
}

// forClients reports whether a certificate may identify a client.
func forClients(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// CheckAuthorities returns the certificates of a PEM text, or a *Problem.
func CheckAuthorities(text []byte) ([]*x509.Certificate, error) {
	if err := certificates(text, "ca_file"); err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &Problem{Option: "ca_file", What: fmt.Sprintf("certificate %d of it can't be parsed", len(all)+1), Fix: "replace it"}
		}
		all = append(all, c)
	}
	return all, nil
}

// certificates reports a text without any certificate.
func certificates(text []byte, option string) error {
	found := kinds(text)
	switch {
	case len(found) == 0:
		return &Problem{Option: option, What: "it contains no PEM", Fix: "use a file that contains -----BEGIN CERTIFICATE-----; convert DER with: openssl x509 -inform der -in FILE"}
	case found["CERTIFICATE"]:
		return nil
	case anyKey(found):
		return &Problem{Option: option, What: "it contains a key instead of a certificate", Fix: "use the file of the certificate"}
	default:
		return &Problem{Option: option, What: "it contains no certificate", Fix: "use a file that contains -----BEGIN CERTIFICATE-----"}
	}
}

// privateKey reports a text without a key that can be used.
func privateKey(text []byte) error {
	found := kinds(text)
	switch {
	case found["ENCRYPTED PRIVATE KEY"] || encrypted(text):
		return &Problem{Option: "client_key", What: "it is protected by a passphrase, which vega can't enter", Fix: "decrypt it with: openssl pkey -in FILE -out FILE.pem, and chmod 600 the result"}
	case anyKey(found):
		return nil
	case found["CERTIFICATE"]:
		return &Problem{Option: "client_key", What: "it contains a certificate instead of a key", Fix: "use the file of the private key"}
	default:
		return &Problem{Option: "client_key", What: "it contains no private key in PEM format", Fix: "use a file that contains -----BEGIN PRIVATE KEY-----"}
	}
}

// kinds returns the kinds of the blocks in a PEM text.
func kinds(text []byte) map[string]bool {
	found := map[string]bool{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		found[block.Type] = true
	}
	return found
}

// encrypted reports whether a key has the encryption header of RFC 1421.
func encrypted(text []byte) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return true
		}
	}
	return false
}

func anyKey(found map[string]bool) bool {
	for kind := range found {
		if strings.HasSuffix(kind, "PRIVATE KEY") {
			return true
		}
	}
	return false
}

// usable returns the pair of CheckPair even if it is not valid at this time,
// because the server decides about that.
func usable(pair *tls.Certificate, err error) (*tls.Certificate, error) {
	if p, ok := errors.AsType[*Problem](err); ok && p.Usable {
		return pair, nil
	}
	return pair, err
}

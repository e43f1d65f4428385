package egress

import (
	"crypto/tls"
	"crypto/x509"
	"strconv"
	"strings"

	"vega/sdk/abi"
)

// verify judges the chain that a peer presented for a name, as a handshake
// that verifies would have.
func verify(cs *tls.ConnectionState, roots *x509.CertPool, name string) error {
	between := x509.NewCertPool()
	for _, c := range cs.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between})
	return err
}

// tlsFact answers tls_info from a connection's state; verified is "" or why
// it could not be verified.
func tlsFact(cs *tls.ConnectionState, verified string, what int32) (string, error) {
	if cs == nil || len(cs.PeerCertificates) == 0 {
		return "", invalid("the connection has no TLS")
	}
	leaf := cs.PeerCertificates[0]
	switch what {
	case abi.TLSVersion:
		return tls.VersionName(cs.Version), nil
	case abi.TLSCipher:
		return tls.CipherSuiteName(cs.CipherSuite), nil
	case abi.TLSSubject:
		return leaf.Subject.String(), nil
	case abi.TLSIssuer:
		return leaf.Issuer.String(), nil
	case abi.TLSNotAfter:
		return strconv.FormatInt(leaf.NotAfter.Unix(), 10), nil
	case abi.TLSDNSNames:
		return strings.Join(leaf.DNSNames, "\n"), nil
	case abi.TLSVerified:
		return verified, nil
	default:
		return "", invalid("tls_info has no fact %d", what)
	}
}

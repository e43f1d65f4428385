package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"vega/plugins/shortage"
	"vega/sdk/abi"
)

// systemRoots are the authorities that the system trusts.
type systemRoots struct {
	mu   sync.Mutex
	pool *x509.CertPool // nil: not read yet
}

// rootsRoom is how many files are open at once while the roots are read: a
// directory and one in it.
const rootsRoom = 2

// roots are the authorities to trust. Those of the system are read when first
// needed and kept, but not where vega was short of descriptors meanwhile: package
// x509 would keep that failure, or what it could read, for as long as vega runs.
func (n *Network) roots() (*x509.CertPool, error) {
	if n.RootCAs != nil {
		return n.RootCAs, nil
	}
	n.system.mu.Lock()
	defer n.system.mu.Unlock()
	if n.system.pool != nil {
		return n.system.pool, nil
	}
	if err := shortage.Room(rootsRoom); err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if short := shortage.Of(err); short != nil {
		return nil, short
	}
	if err != nil { // nil is the system's: a handshake says what is wrong with them
		return nil, nil
	}
	if err := shortage.Room(rootsRoom); err != nil {
		return nil, err
	}
	n.system.pool = pool
	return pool, nil
}

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

// maxChain is the most certificates that a far end may present. A usual chain has
// three; to verify one, each may be tried as the issuer of each other.
const maxChain = 16

// checkChain refuses a chain that is too long to be verified.
func checkChain(cs tls.ConnectionState) error {
	if n := len(cs.PeerCertificates); n > maxChain {
		return fmt.Errorf("the server presents %d certificates; at most %d are verified", n, maxChain)
	}
	return nil
}

// verified verifies the far end in the middle of a handshake, on the run's own
// time. Its error is that of a handshake that verifies.
func (s *Session) verified(cs *tls.ConnectionState, roots *x509.CertPool, name string) error {
	if err := checkChain(*cs); err != nil {
		return err
	}
	s.account().Return()
	defer s.account().Leave()
	if err := verify(cs, roots, name); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: cs.PeerCertificates, Err: err}
	}
	return nil
}

// handshake makes the handshake of secured, which is over l, and goes on to hold
// what stays of it.
func (l *link) handshake(ctx context.Context, secured *tls.Conn) error {
	l.greeting = true
	defer func() { l.greeting = false }()
	if err := secured.HandshakeContext(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	parsed := int(l.greeted) * parsedMemory
	l.held.less(parsed - min(parsed, keptMemory(secured.ConnectionState().PeerCertificates)))
	return nil
}

// keptMemory is what certificates take.
func keptMemory(chain []*x509.Certificate) int {
	n := 0
	for _, c := range chain {
		n += certMemory*len(c.Raw) + uriMemory*len(c.URIs)
	}
	return n
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

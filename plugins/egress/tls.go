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

// systemRoots caches the authorities that the system trusts.
type systemRoots struct {
	mu   sync.Mutex
	pool *x509.CertPool // nil until first read
}

// rootsRoom is the number of files open at once while reading the roots: a
// directory and a file in it.
const rootsRoom = 2

// roots returns the authorities to trust. The system's are read on first use
// and cached, unless vega ran short of descriptors during the read: package
// x509 would keep that failure, or a partial pool, for the life of the process.
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
	if err != nil { // nil means the system's; the handshake reports any problem with them
		return nil, nil
	}
	if err := shortage.Room(rootsRoom); err != nil {
		return nil, err
	}
	n.system.pool = pool
	return pool, nil
}

// verify verifies the chain that a peer presented for a name, as a verifying
// handshake would.
func verify(cs *tls.ConnectionState, roots *x509.CertPool, name string) error {
	between := x509.NewCertPool()
	for _, c := range cs.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between})
	return err
}

// maxChain is the maximum number of certificates that a peer may present. A
// typical chain has three. Verifying a certificate may try every other one as
// its issuer.
const maxChain = 16

// checkChain refuses a chain that is too long to verify.
func checkChain(cs tls.ConnectionState) error {
	if n := len(cs.PeerCertificates); n > maxChain {
		return fmt.Errorf("the server presents %d certificates; at most %d are allowed", n, maxChain)
	}
	return nil
}

// verified verifies the peer during a handshake, and charges the CPU time to
// the run. It returns the same error as a verifying handshake.
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

// handshake performs the handshake of secured, which runs over l. It continues
// to hold the memory that remains in use.
func (l *link) handshake(ctx context.Context, secured *tls.Conn) error {
	l.handshaking = true
	defer func() { l.handshaking = false }()
	if err := secured.HandshakeContext(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	parsed := int(l.handshakeBytes) * parsedMemory
	l.held.shrink(parsed - min(parsed, keptMemory(secured.ConnectionState().PeerCertificates)))
	return nil
}

// keptMemory returns the memory that certificates take.
func keptMemory(chain []*x509.Certificate) int {
	n := 0
	for _, c := range chain {
		n += certMemory*len(c.Raw) + uriMemory*len(c.URIs)
	}
	return n
}

// tlsFact implements tls_info from a connection's state; verified is "" or the
// verification error.
func tlsFact(cs *tls.ConnectionState, verified string, what int32) (string, error) {
	if cs == nil || len(cs.PeerCertificates) == 0 {
		return "", invalid("the connection does not use TLS")
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
		return "", invalid("tls_info does not know fact %d", what)
	}
}

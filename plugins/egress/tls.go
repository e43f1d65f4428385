package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

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

// Roots returns the authorities to trust at this moment; nil means the system's.
func (n *Network) Roots() (*x509.CertPool, error) {
	base, err := n.base()
	if err != nil {
		return nil, err
	}
	if base == nil && n.CAFile != "" {
		return nil, errors.New("the system's certificates can't be read")
	}
	roots, err := n.files.Pool(base, n.CAFile)
	if err != nil {
		return nil, fmt.Errorf("network.%w", err)
	}
	return roots, nil
}

// base returns the authorities besides those of CAFile. The system's are read on first use
// and cached, unless vega ran short of descriptors during the read: package
// x509 would keep that failure, or a partial pool, for the life of the process.
func (n *Network) base() (*x509.CertPool, error) {
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

// verify returns the verified chains of the certificates that a peer presented,
// for a name, or for any name if it is "".
func verify(cs *tls.ConnectionState, roots *x509.CertPool, name string, now time.Time) ([][]*x509.Certificate, error) {
	between := x509.NewCertPool()
	for _, c := range cs.PeerCertificates[1:] {
		between.AddCert(c)
	}
	return cs.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between, CurrentTime: now})
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

// admit ends a handshake with a peer that can't be trusted. The run pays for
// the CPU time of the verification.
func admit(s *Session, p *peer, cs *tls.ConnectionState) error {
	s.account().Return()
	defer s.account().Leave()
	if err := p.judge(cs); err != nil {
		return hostError(err.Error(), err)
	}
	if p.reason != "" {
		return &Error{Errno: abi.ErrTLS, Text: s.vault.Hide(p.reason)}
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

// fact implements tls_info. A nil peer is a connection without TLS.
func (p *peer) fact(what int32) (string, error) {
	if p == nil || p.state == nil || len(p.state.PeerCertificates) == 0 {
		return "", invalid("the connection does not use TLS")
	}
	cs, leaf := p.state, p.state.PeerCertificates[0]
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
		return p.reason, nil
	case abi.TLSChainNotAfter:
		return strconv.FormatInt(p.ends().NotAfter.Unix(), 10), nil
	case abi.TLSChainSubject:
		if first := p.ends(); first != leaf {
			return first.Subject.String(), nil
		}
		return "", nil
	case abi.TLSClient:
		return p.clientFact(), nil
	case abi.TLSRedirects:
		return "", nil // a response knows them
	default:
		return "", invalid("tls_info does not know fact %d", what)
	}
}

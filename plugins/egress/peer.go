package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"vega/plugins/grant"
	"vega/plugins/shortage"
	"vega/plugins/transport"
	"vega/sdk/abi"
)

// peer is the other end of one TLS connection: how it is verified, and what it
// showed.
type peer struct {
	options transport.TLS
	name    string // in SNI, and verified
	roots   *x509.CertPool
	client  *tls.Certificate // nil if there is none to present
	now     time.Time

	asked  atomic.Bool           // it asked for a client certificate
	heard  atomic.Bool           // it sent data of its protocol since
	state  *tls.ConnectionState  // nil before its certificate arrived
	chains [][]*x509.Certificate // verified ones
	reason string                // why it can't be trusted; "" if it can
}

// peer prepares a TLS connection to a server that calls itself name.
func (n *Network) peer(name string, t transport.TLS) (*peer, error) {
	roots, err := n.roots()
	if err != nil {
		return nil, fmt.Errorf("reading the certificates trusted by this machine: %w", err)
	}
	if roots, err = n.files.Pool(roots, t.CAFile); err != nil {
		return nil, fmt.Errorf("reading the tls block: %w", err)
	}
	client, err := n.files.Client(t)
	if err != nil {
		return nil, fmt.Errorf("reading the tls block: %w", err)
	}
	if t.ServerName != "" {
		name = t.ServerName
	}
	return &peer{options: t, name: name, roots: roots, client: client, now: n.time()}, nil
}

// newPeer is like Network.peer for the destination of a rule of a session. Its error is the
// host's own.
func newPeer(s *Session, rule grant.Rule, name string) (*peer, error) {
	p, err := s.network.peer(name, s.route().tlsFor(rule))
	if err != nil {
		return nil, hostError(s.vault.Hide(err.Error()), err)
	}
	return p, nil
}

// config returns the configuration of the handshake, in which present is called
// with the peer's certificate. Versions that are too old are offered, too, so
// that the peer shows which one it speaks. A server may negotiate again once,
// usually to ask for a client certificate after it has read a request; package
// tls then requires the same certificate from it.
func (p *peer) config(present func(*tls.ConnectionState) error) *tls.Config {
	return &tls.Config{
		ServerName: p.name, MinVersion: tls.VersionTLS10, CipherSuites: suites,
		Renegotiation:      tls.RenegotiateOnceAsClient,
		InsecureSkipVerify: true, // judge verifies
		VerifyConnection: func(cs tls.ConnectionState) error {
			p.state = &cs
			if err := checkChain(cs); err != nil {
				return err
			}
			return present(&cs)
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			p.asked.Store(true)
			p.heard.Store(false)
			if p.client == nil {
				return &tls.Certificate{}, nil
			}
			return p.client, nil // the server decides whether it is the right one
		},
	}
}

// suites are the cipher suites that curl and browsers offer: also those without
// forward secrecy, which package tls leaves out by default, because some devices
// know no others.
var suites = offered()

func offered() (all []uint16) {
	for _, s := range tls.CipherSuites() {
		all = append(all, s.ID)
	}
	return append(all,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256)
}

// judge verifies the peer. The error is that of a clock which can't be right;
// everything else is the reason.
func (p *peer) judge(cs *tls.ConnectionState) error {
	p.state = cs
	leaf := cs.PeerCertificates[0]
	switch {
	case p.options.Fingerprint != "":
		p.reason = p.pinned(leaf)
	case p.options.SkipVerify:
	default:
		var err error
		if p.chains, err = verify(cs, p.roots, p.name, p.now); err != nil {
			p.reason = p.whyInvalid(err)
		} else {
			p.reason = whyRevoked(cs, p.chains, p.now)
		}
	}
	if p.reason == "" && cs.Version < p.options.Oldest() {
		p.reason = fmt.Sprintf("it speaks no newer version than %s; update its TLS settings, or accept it with tls { min_version = %q }", tls.VersionName(cs.Version), tls.VersionName(cs.Version)[len("TLS "):])
	}
	if p.reason != "" && p.now.Before(earliest) && p.now.Before(leaf.NotBefore) {
		return fmt.Errorf("the clock of this machine says %s, so no certificate can be verified; correct it", p.now.UTC().Format(time.RFC3339))
	}
	return nil
}

// earliest is before this code was written, so that a clock that says otherwise
// is wrong.
var earliest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// invalidFor returns why the peer's certificate is not valid for another name,
// or "".
func (p *peer) invalidFor(host string) string {
	if p.options.Fingerprint != "" || p.options.SkipVerify || p.options.ServerName != "" {
		return "" // the operator said which certificate it has
	}
	if _, err := verify(p.state, p.roots, host, p.now); err != nil {
		return p.whyInvalid(err)
	}
	return ""
}

// ends returns when clients stop trusting the peer, and the certificate that
// ends then: the longest-lived verified chain counts, from its first end on.
// Without a verified chain it is the peer's own certificate.
func (p *peer) ends() *x509.Certificate {
	best := p.state.PeerCertificates[0]
	for i, chain := range p.chains {
		first := chain[0]
		for _, c := range chain[1:] {
			if c.NotAfter.Before(first.NotAfter) {
				first = c
			}
		}
		if i == 0 || first.NotAfter.After(best.NotAfter) {
			best = first
		}
	}
	return best
}

// tlsError returns the error of a stage of a TLS connection, in words that say
// what to do if the peer gave a reason.
func tlsError(ctx context.Context, s *Session, p *peer, stage string, err error, usual abi.Errno) error {
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	if ctx.Err() == nil && !isTimeout(err) && shortage.Of(err) == nil {
		if text := p.whyFailed(err); text != "" {
			return &Error{Errno: abi.ErrTLS, Text: s.vault.Hide(text)}
		}
	}
	failed := s.fail(ctx, stage, err, usual)
	if e, ok := errors.AsType[*Error](failed); ok && e.Errno == abi.ErrTLS && p.state == nil {
		e.Text = s.vault.Hide(fmt.Sprintf("what it sends in the handshake is not valid (%s); replace its certificate, or update its TLS software", reason(err)))
	}
	return failed
}

package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"sync"
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
	name    string   // in SNI, and verified
	offers  []string // protocols that the client speaks over TLS (ALPN)
	plain   string   // the scheme without TLS, if it is not http
	roots   *x509.CertPool
	client  *tls.Certificate // nil if there isn't one to present
	now     time.Time
	former  time.Time // the time if the wall clock had not been set; zero if it was not

	asked  atomic.Bool           // it asked for a client certificate
	heard  atomic.Bool           // it sent data of its protocol since
	state  *tls.ConnectionState  // nil before its certificate arrived
	chains [][]*x509.Certificate // verified ones
	reason string                // why it can't be trusted; "" if it can
}

// peer prepares a TLS connection to a server that calls itself name.
func (n *Network) peer(name string, t transport.TLS) (*peer, error) {
	roots, err := n.Roots()
	if err != nil {
		return nil, fmt.Errorf("reading the certificates trusted by this machine: %w", err)
	}
	if t.CAFile != n.CAFile { // else it is among them
		if roots, err = n.files.Pool(roots, t.CAFile); err != nil {
			return nil, fmt.Errorf("reading the tls block: %w", err)
		}
	}
	client, err := n.files.Client(t)
	if err != nil {
		return nil, fmt.Errorf("reading the tls block: %w", err)
	}
	if t.ServerName != "" {
		name = t.ServerName
	}
	now := n.time()
	return &peer{options: t, name: name, roots: roots, client: client, now: now, former: n.settings.former(now, time.Since(n.started))}, nil
}

// newPeer is like Network.peer for the destination of a rule of a session. Its error is the
// host's own.
func newPeer(s *Session, rule grant.Rule, name string) (*peer, error) {
	p, err := s.network.peer(name, s.route().tlsFor(rule))
	if err != nil {
		return nil, hostError(s.vault.Hide(err.Error()), err)
	}
	if rule.Scheme == "wss" {
		p.plain = "ws"
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
	p.reason = p.untrusted()
	if p.reason != "" && p.now.Before(earliest) && p.now.Before(leaf.NotBefore) {
		return fmt.Errorf("the clock of this machine says %s, so no certificate can be verified; correct it", p.now.UTC().Format(time.RFC3339))
	}
	if p.reason != "" && !p.former.IsZero() {
		former := &peer{options: p.options, name: p.name, roots: p.roots, now: p.former, state: cs}
		if former.untrusted() == "" {
			return fmt.Errorf("the clock of this machine was set from %s to %s while vega ran, and only by the former is the certificate valid; correct the clock",
				p.former.UTC().Format(time.RFC3339), p.now.UTC().Format(time.RFC3339))
		}
	}
	if p.reason == "" && cs.Version < p.options.Oldest() {
		p.reason = fmt.Sprintf("it speaks no newer version than %s; update its TLS settings, or accept it with tls { min_version = %q }", tls.VersionName(cs.Version), tls.VersionName(cs.Version)[len("TLS "):])
	}
	return nil
}

// untrusted verifies the certificate as of p.now, and returns why it is not valid, or
// "".
func (p *peer) untrusted() string {
	switch {
	case p.options.Fingerprint != "":
		return p.pinned(p.state.PeerCertificates[0])
	case p.options.SkipVerify:
		return ""
	}
	var err error
	if p.chains, err = verify(p.state, p.roots, p.name, p.now); err != nil {
		return p.whyInvalid(err)
	}
	return transport.WhyRevoked(p.state, p.chains, p.now)
}

// clockSettings notices that the wall clock was set. The zero value begins with the
// first reading. It is safe for concurrent use.
type clockSettings struct {
	mu      sync.Mutex
	wall    time.Time     // a reading of the wall clock
	elapsed time.Duration // the monotonic clock at that reading
	noticed time.Duration // the monotonic clock when it was noticed; 0: it was not set
}

const (
	// setBy is by how much the wall clock has to differ from the time that passed.
	setBy = time.Hour
	// acceptedAfter is how long the clock that was set counts in addition to the new one.
	acceptedAfter = 24 * time.Hour
)

// former returns the time if the wall clock had not been set, for a day after it was.
// It returns the zero time if it was not. elapsed is a reading of the monotonic clock.
func (c *clockSettings) former(now time.Time, elapsed time.Duration) time.Time {
	now = now.Round(0) // without the monotonic clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wall.IsZero() {
		c.wall, c.elapsed = now, elapsed
	}
	former := c.wall.Add(elapsed - c.elapsed)
	if now.Sub(former).Abs() < setBy {
		c.noticed = 0
		return time.Time{}
	}
	if c.noticed == 0 {
		c.noticed = elapsed
	}
	if elapsed-c.noticed >= acceptedAfter {
		c.wall, c.elapsed, c.noticed = now, elapsed, 0
		return time.Time{}
	}
	return former
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

// redirectors are the servers that redirected a request over TLS. Of them, the one
// whose chain ends first counts.
type redirectors struct {
	ends    time.Time
	origin  string
	subject string
}

// pass adds the server of one hop, which may have no TLS.
func (r *redirectors) pass(p *peer, at string) {
	if p == nil || p.state == nil || len(p.state.PeerCertificates) == 0 {
		return
	}
	first := p.ends()
	if r.origin != "" && !first.NotAfter.Before(r.ends) {
		return
	}
	*r = redirectors{ends: first.NotAfter, origin: at}
	if first != p.state.PeerCertificates[0] {
		r.subject = first.Subject.String()
	}
}

// facts returns the facts of a response that the redirects led to.
func (r redirectors) facts(p *peer) func(what int32) (string, error) {
	return func(what int32) (string, error) {
		if what == abi.TLSRedirects && r.origin != "" {
			return strconv.FormatInt(r.ends.Unix(), 10) + "\n" + r.origin + "\n" + r.subject, nil
		}
		return p.fact(what)
	}
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

package egress

import (
	"cmp"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vega/plugins/transport"
)

// The alerts of RFC 8446, section 6, that have a text of their own.
const (
	alertHandshakeFailure    = 40
	alertBadCertificate      = 42
	alertUnsupported         = 43
	alertRevoked             = 44
	alertExpired             = 45
	alertUnknownCertificate  = 46
	alertUnknownCA           = 48
	alertAccessDenied        = 49
	alertProtocolVersion     = 70
	alertLowSecurity         = 71
	alertInternalError       = 80
	alertUnrecognizedName    = 112
	alertCertificateRequired = 116
	alertNoProtocol          = 120
)

const asksForCertificate = "it asks for a client certificate; set tls { client_cert, client_key } in the integration"

// minRSA is the smallest RSA key that package rsa verifies with.
const minRSA = 1024

// whyFailed returns why a connection to the peer failed, and what to do about
// it. It returns "" if the peer gave no reason.
func (p *peer) whyFailed(err error) string {
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return p.whyPlain(record.RecordHeader[:])
	}
	code, alerted := alertOf(err)
	closed := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	switch {
	case p.heard.Load() || !alerted && !closed && p.state == nil:
		return ""
	case p.asked.Load() && (closed || alerted && aboutCertificate(code)):
		return p.whyNotLetIn(code, alerted)
	case alerted:
		return p.whyAlert(code, alertText(err))
	case p.state == nil:
		return "it closes the connection in the handshake; check that this port speaks TLS, and look into its log"
	case weakKey(p.state.PeerCertificates[0]) != "":
		return weakKey(p.state.PeerCertificates[0])
	default:
		return ""
	}
}

// alertOf returns the alert that a peer sent. Package tls has no exported type
// for it, but marks its origin.
func alertOf(err error) (code uint8, ok bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return 0, false
	}
	v := reflect.ValueOf(op.Err)
	if v.Kind() != reflect.Uint8 {
		return 0, false
	}
	return uint8(v.Uint()), true
}

func alertText(err error) string {
	op, _ := errors.AsType[*net.OpError](err)
	return strings.TrimPrefix(op.Err.Error(), "tls: ")
}

// aboutCertificate reports whether a server may end a handshake with this alert
// because of the client's certificate, or because there is none.
func aboutCertificate(code uint8) bool {
	return code >= alertBadCertificate && code <= alertUnknownCertificate || code == alertHandshakeFailure ||
		code == alertUnknownCA || code == alertAccessDenied || code == alertCertificateRequired
}

// whyNotLetIn explains a connection that ended after the peer had asked for a
// client certificate. In TLS 1.2 the handshake fails; in TLS 1.3 it succeeds,
// and the alert, or only the end, follows.
func (p *peer) whyNotLetIn(code uint8, alerted bool) string {
	if p.client == nil {
		return asksForCertificate
	}
	leaf := p.client.Leaf
	who := fmt.Sprintf("it rejects the client certificate %q", nameOf(leaf))
	switch {
	case p.now.After(leaf.NotAfter):
		return who + ", which expired " + ago(p.now, leaf.NotAfter) + "; renew tls.client_cert"
	case p.now.Before(leaf.NotBefore):
		return who + ", which is not valid before " + leaf.NotBefore.UTC().Format(time.RFC3339) + "; replace tls.client_cert, or correct this machine's clock"
	case alerted && code == alertUnknownCA:
		return who + fmt.Sprintf(", because it does not know its issuer %q; use one of an authority that the server trusts", issuerOf(leaf))
	case alerted && code == alertRevoked:
		return who + ", because it is revoked; issue another"
	case alerted && code == alertExpired:
		return who + " as expired; compare its clock with " + leaf.NotAfter.UTC().Format(time.RFC3339) + ", when the certificate ends"
	default:
		return who + "; check that the server trusts its issuer " + strconv.Quote(issuerOf(leaf)) + " and allows its name"
	}
}

// whyAlert explains an alert that is not about a client certificate.
func (p *peer) whyAlert(code uint8, text string) string {
	switch code {
	case alertUnrecognizedName:
		return p.whyName("it does not know the name " + p.shownName())
	case alertHandshakeFailure, alertLowSecurity, alertInternalError:
		if _, err := netip.ParseAddr(p.name); err == nil {
			return fmt.Sprintf("it refuses the handshake (%s); if it needs a server name, which an address is not, set tls { server_name }; otherwise allow a cipher suite of TLS 1.2 or 1.3", text)
		}
		if code == alertInternalError {
			return fmt.Sprintf("it fails in the handshake (%s); check that it has a certificate for %s, and look into its log", text, p.name)
		}
		return fmt.Sprintf("it refuses the handshake (%s): it has no cipher suite in common with current clients; allow those of TLS 1.2 or 1.3", text)
	case alertNoProtocol:
		return fmt.Sprintf("it speaks none of the protocols that vega offers (ALPN %s); enable one on this port, or use the port that speaks it", strings.Join(p.offers, ", "))
	case alertProtocolVersion:
		return "it speaks no version of TLS from 1.0 to 1.3; update its TLS settings"
	default:
		return fmt.Sprintf("it ends the handshake (%s); look into its log", text)
	}
}

func (p *peer) whyName(what string) string {
	if _, err := netip.ParseAddr(p.name); err == nil {
		return "it needs a server name (SNI), which an address is not; use the name in place of the address, or set tls { server_name }"
	}
	return what + "; correct it, configure the server for it, or set tls { server_name }"
}

func (p *peer) shownName() string { return strconv.Quote(p.name) }

// whyPlain explains an answer that is no TLS, by its first bytes.
func (p *peer) whyPlain(first []byte) string {
	if string(first) == "HTTP/" {
		return "it speaks plain HTTP on this port; write " + cmp.Or(p.plain, "http") + "://, or use the port that speaks TLS"
	}
	for _, c := range first {
		if c < ' ' || c > '~' {
			return "it does not speak TLS on this port; use the port that does, or connect without TLS"
		}
	}
	return fmt.Sprintf("it answers in plain text (%q...); use the port that speaks TLS, start TLS with STARTTLS, or connect without TLS", first)
}

// pinned explains a certificate that does not match the fingerprint.
func (p *peer) pinned(leaf *x509.Certificate) string {
	if !transport.Pinned(p.options.Fingerprint, leaf) {
		certificate, key := transport.Fingerprints(leaf)
		return fmt.Sprintf("its certificate is not the one of tls.fingerprint; if it was replaced on purpose, set tls { fingerprint = %q } (or, for its public key, %q)", certificate, key)
	}
	return p.whyNow(leaf, "certificate")
}

// whyNow explains a certificate that is not valid at this time.
func (p *peer) whyNow(c *x509.Certificate, what string) string {
	switch {
	case p.now.After(c.NotAfter):
		return fmt.Sprintf("its %s expired %s, on %s; renew it", what, ago(p.now, c.NotAfter), c.NotAfter.UTC().Format(time.DateOnly))
	case p.now.Before(c.NotBefore):
		return fmt.Sprintf("its %s is not valid before %s, and this machine's clock says %s; wait or replace it, or correct the clock", what,
			c.NotBefore.UTC().Format(time.RFC3339), p.now.UTC().Format(time.RFC3339))
	default:
		return ""
	}
}

// whyInvalid explains why the chain can't be verified.
func (p *peer) whyInvalid(err error) string {
	leaf := p.state.PeerCertificates[0]
	if why := p.whyNow(leaf, "certificate"); why != "" {
		return why
	}
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		return whyOtherName(host)
	}
	if why := p.whyNotNow(); why != "" {
		return why
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return p.whyUnknown(leaf)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.IncompatibleUsage {
		return "its certificate is not for servers (extended key usage); issue one for TLS servers"
	}
	return "its certificate is not valid: " + strings.TrimPrefix(err.Error(), "x509: ") + "; replace it"
}

// whyNotNow finds the certificate of the chain, other than the first, that has
// expired or is not valid yet: verification as of another time then succeeds.
func (p *peer) whyNotNow() string {
	for _, then := range p.times() {
		chains, err := verify(p.state, p.roots, "", then)
		if err != nil {
			continue
		}
		chain := chains[0]
		for i, c := range chain[1:] {
			what := fmt.Sprintf("intermediate certificate %q", nameOf(c))
			if i == len(chain)-2 {
				what = fmt.Sprintf("authority %q", nameOf(c))
			}
			if why := p.whyNow(c, what); why != "" {
				return strings.TrimSuffix(why, "; renew it") + "; " + whatToInstall(i == len(chain)-2, why)
			}
		}
	}
	return ""
}

func whatToInstall(root bool, why string) string {
	if !strings.HasSuffix(why, "; renew it") {
		return "check both"
	}
	if root {
		return "move the server to a current authority, and update the certificates that this machine trusts"
	}
	return "install the authority's current one on the server"
}

// times returns the times at which a chain might have been valid.
func (p *peer) times() (all []time.Time) {
	for _, c := range p.state.PeerCertificates {
		all = append(all, c.NotBefore.Add(time.Second), c.NotAfter.Add(-time.Second))
	}
	return all
}

// whyUnknown explains a chain that leads to no trusted authority.
func (p *peer) whyUnknown(leaf *x509.Certificate) string {
	last, presented := p.climb(leaf)
	for _, c := range presented {
		if why := weakSignature(c); why != "" {
			return why
		}
	}
	certificate, _ := transport.Fingerprints(leaf)
	switch {
	case last == leaf && isSelfSigned(leaf):
		return fmt.Sprintf("its certificate is self-signed; if it is the right one, trust it with tls { fingerprint = %q } or tls { ca_file }, or else install one of an authority", certificate)
	case isSelfSigned(last):
		return fmt.Sprintf("its certificate is signed by an unknown authority, %q; if that is your own, set network.ca_file, or tls { ca_file } in the integration", nameOf(last))
	default:
		return fmt.Sprintf("its certificate is signed by an unknown authority, %q, whose own certificate the server does not send; install the complete chain on the server or, if that is your own authority, set network.ca_file, or tls { ca_file } in the integration", issuerOf(last))
	}
}

// climb follows the presented certificates from the first to the last issuer
// that the server sent.
func (p *peer) climb(leaf *x509.Certificate) (last *x509.Certificate, chain []*x509.Certificate) {
	last, chain = leaf, []*x509.Certificate{leaf}
	for range p.state.PeerCertificates {
		if isSelfSigned(last) {
			break
		}
		for _, c := range p.state.PeerCertificates[1:] {
			if string(c.RawSubject) == string(last.RawIssuer) && c != last {
				last, chain = c, append(chain, c)
				break
			}
		}
	}
	return last, chain
}

func isSelfSigned(c *x509.Certificate) bool { return string(c.RawSubject) == string(c.RawIssuer) }

func weakSignature(c *x509.Certificate) string {
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
		return fmt.Sprintf("the certificate %q is signed with %s, which is too weak; issue it again with SHA-256", nameOf(c), c.SignatureAlgorithm)
	default:
		return ""
	}
}

func weakKey(c *x509.Certificate) string {
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < minRSA {
		return fmt.Sprintf("the RSA key of its certificate has only %d bits; issue one with at least 2048", key.N.BitLen())
	}
	return ""
}

// whyOtherName explains a certificate for other names.
func whyOtherName(e x509.HostnameError) string {
	c := e.Certificate
	var names []string
	for _, n := range c.DNSNames {
		names = append(names, strconv.Quote(n))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, strconv.Quote(ip.String()))
	}
	const shown = 8
	switch n := len(names); {
	case n == 0 && c.Subject.CommonName != "":
		return fmt.Sprintf("its certificate has no subject alternative name, only the common name %q, which clients ignore; issue it again with the DNS name %q", c.Subject.CommonName, e.Host)
	case n == 0:
		return fmt.Sprintf("its certificate has no name; issue it again with the DNS name %q", e.Host)
	case n > shown:
		names = append(names[:shown], fmt.Sprintf("%d more", n-shown))
	}
	return fmt.Sprintf("its certificate is not valid for %q, only for %s; correct the address or the certificate, or name the expected one with tls { server_name }", e.Host, strings.Join(names, ", "))
}

// nameOf returns a certificate's name for messages.
func nameOf(c *x509.Certificate) string { return commonName(c.Subject.CommonName, c.Subject.String()) }

func issuerOf(c *x509.Certificate) string {
	return commonName(c.Issuer.CommonName, c.Issuer.String())
}

func commonName(name, whole string) string {
	if name == "" {
		name = whole
	}
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "") + "…"
	}
	return name
}

// ago returns how long a time is past, in words.
func ago(now, then time.Time) string {
	d := now.Sub(then)
	switch {
	case d < time.Hour:
		return plural(max(int(d/time.Minute), 1), "minute") + " ago"
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour") + " ago"
	default:
		return plural(int(d/(24*time.Hour)), "day") + " ago"
	}
}

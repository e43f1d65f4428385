package sdk

import (
	"errors"
	"strconv"
	"strings"
	"unsafe"

	"vega/sdk/abi"
)

// TLS holds the facts about a TLS connection and its certificate. On a
// connection without TLS all are empty, and Verify fails.
type TLS struct{ handle int32 }

func (t TLS) fact(what int32) (string, error) {
	return whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.TLSInfo(t.handle, what, buf, size)
	})
}

// Version returns the protocol version, such as "TLS 1.3".
func (t TLS) Version() string {
	s, _ := t.fact(abi.TLSVersion)
	return s
}

// Cipher returns the name of the cipher suite.
func (t TLS) Cipher() string {
	s, _ := t.fact(abi.TLSCipher)
	return s
}

// Subject returns the subject of the certificate.
func (t TLS) Subject() string {
	s, _ := t.fact(abi.TLSSubject)
	return s
}

// Issuer returns the issuer of the certificate.
func (t TLS) Issuer() string {
	s, _ := t.fact(abi.TLSIssuer)
	return s
}

// NotAfter returns the expiry of the certificate in UTC, or zero if there is
// none.
func (t TLS) NotAfter() Time {
	s, err := t.fact(abi.TLSNotAfter)
	seconds, bad := strconv.ParseInt(s, 10, 64)
	if err != nil || bad != nil {
		return Time{}
	}
	return UnixTime(seconds, 0)
}

// ChainEnds returns when the peer is no longer trusted, in UTC: when the first
// certificate of its verified chain expires. It is never after NotAfter unless
// the chain was not verified.
func (t TLS) ChainEnds() Time {
	s, err := t.fact(abi.TLSChainNotAfter)
	seconds, bad := strconv.ParseInt(s, 10, 64)
	if err != nil || bad != nil { // an older host
		return t.NotAfter()
	}
	return UnixTime(seconds, 0)
}

// ChainSubject returns the subject of the certificate that ends the chain, or
// "" if that is the peer's own.
func (t TLS) ChainSubject() string {
	s, _ := t.fact(abi.TLSChainSubject)
	return s
}

// Redirects returns when the first of the servers that redirected a request over
// TLS is no longer trusted, its origin, and the subject of the certificate that
// ends then, or "" if that is its own. Without such a server all are empty.
func (t TLS) Redirects() (ends Time, origin, subject string) {
	s, err := t.fact(abi.TLSRedirects)
	all := strings.SplitN(s, "\n", 3)
	if err != nil || len(all) < 3 { // an older host, or none
		return ends, "", ""
	}
	seconds, err := strconv.ParseInt(all[0], 10, 64)
	if err != nil {
		return ends, "", ""
	}
	return UnixTime(seconds, 0), all[1], all[2]
}

// ClientCertificate returns "" if the peer asked for no client certificate, and
// otherwise whether it was "sent" or there is "none". If it asked, this waits
// until the peer has accepted the handshake, and returns ErrTLS if it refuses.
func (t TLS) ClientCertificate() (string, error) {
	s, err := t.fact(abi.TLSClient)
	if errors.Is(err, ErrTLS) || errors.Is(err, ErrTimeout) {
		return "", err
	}
	return s, nil // other errors are an older host's
}

// Names returns the DNS names that the certificate is valid for.
func (t TLS) Names() []string {
	s, _ := t.fact(abi.TLSDNSNames)
	return lines(s)
}

// Verify returns nil if the peer was verified, or why it can't be trusted: its
// chain, its name, its dates, or a version of TLS that is too old.
func (t TLS) Verify() error {
	why, err := t.fact(abi.TLSVerified)
	if err != nil {
		return err
	}
	if why != "" {
		return &Error{Code: abi.ErrTLS, Text: why}
	}
	return nil
}

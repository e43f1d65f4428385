package sdk

import (
	"strconv"
	"time"
	"unsafe"

	"vega/sdk/abi"
)

// TLS is what is known of a TLS connection and its certificate. On a connection
// without TLS all is empty, and Verify fails.
type TLS struct{ handle int32 }

func (t TLS) fact(what int32) (string, error) {
	return whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.TLSInfo(t.handle, what, buf, size)
	})
}

// Version is the version of the protocol, such as "TLS 1.3".
func (t TLS) Version() string {
	s, _ := t.fact(abi.TLSVersion)
	return s
}

// Cipher is the name of the cipher suite.
func (t TLS) Cipher() string {
	s, _ := t.fact(abi.TLSCipher)
	return s
}

// Subject is whom the certificate was issued to.
func (t TLS) Subject() string {
	s, _ := t.fact(abi.TLSSubject)
	return s
}

// Issuer is who issued the certificate.
func (t TLS) Issuer() string {
	s, _ := t.fact(abi.TLSIssuer)
	return s
}

// NotAfter is when the certificate expires, in UTC; zero if there is none.
func (t TLS) NotAfter() time.Time {
	s, err := t.fact(abi.TLSNotAfter)
	seconds, bad := strconv.ParseInt(s, 10, 64)
	if err != nil || bad != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Names are the DNS names that the certificate is valid for.
func (t TLS) Names() []string {
	s, _ := t.fact(abi.TLSDNSNames)
	return lines(s)
}

// Verify says why the certificate can't be trusted: its chain, its name or its
// dates. It is nil for one that was verified.
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

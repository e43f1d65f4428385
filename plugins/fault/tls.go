package fault

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"reflect"
)

// internalError is the alert that an end sends about itself.
const internalError = 80

// judgeTLS judges failed handshakes. An alert that the peer sent is the
// target's, and so is one that this end sent, because it answers what the peer
// did; except for internal_error, with which this end reports itself, and
// unless this machine's authorities can't be read.
func judgeTLS(err error) (End, bool) {
	if _, ok := errors.AsType[x509.SystemRootsError](err); ok {
		return Unavailable, true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		code, known := alertOf(op.Err)
		if op.Op == "local error" && known && code == internalError {
			return Unavailable, true
		}
		return TLS, true
	}
	for _, is := range []func(error) bool{
		is[*tls.CertificateVerificationError], is[tls.RecordHeaderError], is[tls.AlertError], is[*tls.ECHRejectionError],
		is[x509.UnknownAuthorityError], is[x509.HostnameError], is[x509.CertificateInvalidError],
		is[x509.UnhandledCriticalExtension], is[x509.ConstraintViolationError], is[x509.InsecureAlgorithmError],
	} {
		if is(err) {
			return TLS, true
		}
	}
	return End{}, false
}

// ownTLS returns what vega lacks if a handshake failed on its side.
func ownTLS(end End) *Own {
	if end != Unavailable {
		return nil
	}
	return New(nil, "vega's machine could not do its part of the TLS handshake", "check that vega's user may read the certificates of this machine's authorities (ca-certificates)")
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// alertOf returns the code of an alert. Package crypto/tls exports its type
// only for QUIC; both are numbers.
func alertOf(err error) (code uint64, ok bool) {
	if v := reflect.ValueOf(err); v.Kind() == reflect.Uint8 {
		return v.Uint(), true
	}
	return 0, false
}

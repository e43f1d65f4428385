package transport

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// ErrFingerprint reports a text that is not a SHA-256 digest.
var ErrFingerprint = errors.New("a SHA-256 digest has 64 hexadecimal digits, with or without colons, or 44 characters of base64 after \"sha256/\"")

// ParseFingerprint returns a digest as 64 lower-case hexadecimal digits. It
// accepts the forms that openssl, browsers and curl print.
func ParseFingerprint(text string) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > 6 && strings.EqualFold(text[:6], "sha256") {
		text = text[6:]
		const encoded = 44 // characters of base64, which may begin with a slash itself
		if n := len(text) - encoded; n > 0 && strings.Trim(text[:n], "/:") == "" {
			if sum, err := base64.StdEncoding.DecodeString(text[n:]); err == nil {
				return hex.EncodeToString(sum), nil
			}
		}
		text = strings.TrimLeft(text, "/:")
	}
	sum, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(sum) != sha256.Size {
		return "", ErrFingerprint
	}
	return hex.EncodeToString(sum), nil
}

// Fingerprints returns the digests of a certificate and of its public key.
func Fingerprints(c *x509.Certificate) (certificate, publicKey string) {
	a, b := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(a[:]), hex.EncodeToString(b[:])
}

// Pinned reports whether a fingerprint is that of a certificate or of its
// public key.
func Pinned(fingerprint string, c *x509.Certificate) bool {
	certificate, key := Fingerprints(c)
	return fingerprint == certificate || fingerprint == key
}

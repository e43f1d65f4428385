// Package transport describes how the host connects on behalf of an
// integration: its TLS options, the one node that it checks, and its
// authentication. A guest sees none of it.
//
// Package config builds Options from the blocks tls and auth and the attribute
// connect_to, and validates them with CheckPair and CheckAuthorities. Package
// egress applies them; its Files and Tokens keep what connections share. The
// package opens files, and connections only to token endpoints.
package transport

import (
	"crypto/tls"
	"strings"

	"vega/plugins/manifest"
)

// Options are how the host connects for one integration. The zero Options
// change nothing.
type Options struct {
	TLS TLS
	// ConnectTo is the host:port that replaces the address of the
	// integration's target; "" means the target's own.
	ConnectTo string
	Auth      Auth
	SSH       SSH
}

// TLS configures TLS with the integration's own targets. CAFile and MinVersion
// apply to every connection of the integration.
type TLS struct {
	Cert, Key   PEM    // both or neither
	CAFile      string // authorities that are trusted in addition to the usual ones; "" for none
	ServerName  string // replaces the target's host in SNI and verification; "" for the host
	MinVersion  uint16 // a version of package tls; 0 for DefaultMinVersion
	Fingerprint string // as ParseFingerprint returns it; it replaces verification; "" for none
	SkipVerify  bool
}

// DefaultMinVersion is the oldest version of TLS that is not reported.
const DefaultMinVersion = tls.VersionTLS12

// Versions maps the values of min_version.
var Versions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

// Oldest returns the oldest version that is accepted.
func (t TLS) Oldest() uint16 {
	if t.MinVersion == 0 {
		return DefaultMinVersion
	}
	return t.MinVersion
}

// PEM is a certificate chain or a key: a file, or text from env() or file().
type PEM struct {
	Path string
	Text manifest.Text
}

// IsSet reports whether there is one.
func (p PEM) IsSet() bool { return p.Path != "" || len(p.Text) > 0 }

// IsPEM reports whether a value is PEM rather than the path of a file.
func IsPEM(s string) bool { return strings.Contains(s, "-----BEGIN ") }

// Auth authenticates requests to the integration's own url options. At most one
// of its three methods is set.
type Auth struct {
	Username, Password manifest.Text // basic authentication
	Token              manifest.Text // bearer token
	Client             *Client       // OAuth2 client credentials
}

// IsSet reports whether a method is set.
func (a Auth) IsSet() bool {
	return len(a.Username) > 0 || len(a.Password) > 0 || len(a.Token) > 0 || a.Client != nil
}

// Secrets returns the values that nothing may show.
func (a Auth) Secrets() []string {
	all := []string{a.Password.Reveal(), a.Token.Reveal()}
	if a.Client != nil {
		all = append(all, a.Client.Secret.Reveal())
	}
	return all
}

// Client are the client credentials of OAuth2, RFC 6749, section 4.4.
type Client struct {
	TokenURL string
	ID       manifest.Text
	Secret   manifest.Text
	Scopes   []string
	Audience string // not in the RFC, but required by some servers; "" for none
}

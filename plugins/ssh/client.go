// Package ssh is a client that looks at an SSH server, and logs in to run one command.
//
// Connect performs the handshake over a connection that it is given. It authenticates only
// if the server's host key is one of those in Config, so no password and no signature
// leaves before. Client.Run runs a command without a terminal, an agent, a forwarding or
// an environment. What the server may send is limited in each phase, all of it happens
// within the context, and every request of the server is refused.
package ssh

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"vega/plugins/transport"
)

// Limits on what a server sends.
const (
	maxHandshake = 64 << 10  // bytes until the login is complete; 4 KiB are usual
	maxSession   = 512 << 10 // bytes after it
	maxBanner    = 4 << 10   // bytes of the banner that are kept
	maxOutput    = 64 << 10  // bytes of the output that are kept
	maxStderr    = 4 << 10
	maxExchanges = 4 // key exchanges of one connection; one is usual, because a run is short
)

// Memory is the most that a connection takes, in bytes: what the server may send, a packet of
// 256 KiB in each direction, which x/crypto allocates when it sees the length, and the state
// of the handshake.
const Memory = maxSession + 2*256<<10 + 128<<10

// Config is what to expect of the server, and how to log in.
type Config struct {
	HostKeys []transport.HostKey
	User     string
	Password string     // "" for none
	Key      ssh.Signer // nil for none

	shown []transport.HostKey // what the server has shown before; see Again
}

// Again returns how to ask a server for a host key of another type. It returns false if that
// is of no use: the host key is trusted, or the types of all keys that are expected are known.
func (c Config) Again(seen *Client) (Config, bool) {
	c.shown = append(slices.Clip(c.shown), transport.HostKey{Type: seen.KeyType, Fingerprint: seen.Fingerprint})
	untyped := slices.ContainsFunc(c.HostKeys, func(k transport.HostKey) bool { return k.Type == "" })
	return c, seen.Unverified != "" && untyped && len(c.shown) < len(transport.HostKeyTypes) && len(c.hostKeyAlgorithms()) > 0
}

// HasLogin reports whether there is a way to log in.
func (c Config) HasLogin() bool { return c.Password != "" || c.Key != nil }

// Client is a connection to a server.
type Client struct {
	Version     string // the identification of the server
	KeyType     string // of its host key
	Fingerprint string // of its host key
	Unverified  string // why its host key is not trusted; "" if it is
	NoLogin     string // why the client has not logged in; "" if it has
	Banner      string // what the server shows before a login

	wire *wire
	conn *ssh.Client // nil without a login
}

// The stages of a connection, as an error names them.
const (
	Identification = "waiting for the SSH identification of"
	Exchange       = "in the SSH key exchange with"
	Login          = "logging in to"
	Command        = "running the command at"
)

// Error is a failure of a stage.
type Error struct {
	Stage string
	Said  string // the first line of a server that sends no identification
	None  bool   // the server has no algorithm that was asked for
	Err   error
}

// Error returns the stage and the reason.
func (e *Error) Error() string { return e.Stage + " the server: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Connect performs the handshake and, if the host key is trusted and there is a login, logs
// in. A host key that is not trusted, and a login that the server refuses, are facts about
// the Client, not errors. Connect closes conn unless the Client is logged in.
func Connect(ctx context.Context, conn net.Conn, c Config) (*Client, error) {
	w := &wire{Conn: conn}
	w.changed.L = &w.mu
	w.limit(maxHandshake)
	defer w.arm(ctx)()
	h := &handshake{config: c, wire: w}
	under, channels, requests, err := ssh.NewClientConn(w, "", &ssh.ClientConfig{
		Config:            ssh.Config{KeyExchanges: keyExchanges},
		User:              c.User,
		ClientVersion:     "SSH-2.0-vega",
		HostKeyAlgorithms: c.hostKeyAlgorithms(),
		HostKeyCallback:   h.judge,
		BannerCallback:    h.banner,
		AuthCallback:      h.next,
	})
	client := h.end()
	if err == nil {
		w.limit(maxSession)
		client.conn = ssh.NewClient(under, channels, requests)
		return client, nil
	}
	_ = w.Close()
	return client, h.failed(client, err)
}

// keyExchanges are those of x/crypto's defaults, and the group of 4096 bits. The exchange of
// groups is not among them: the server would choose how much there is to compute.
var keyExchanges = []string{
	ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519, ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521,
	ssh.KeyExchangeDH14SHA256, ssh.KeyExchangeDH16SHA512, ssh.InsecureKeyExchangeDH14SHA1,
}

// hostKeyAlgorithms returns the algorithms to ask for: first those of the keys that are
// expected, because a server has several. Certificates are not among them.
func (c Config) hostKeyAlgorithms() []string {
	var types, all []string
	for _, k := range c.HostKeys {
		types = append(types, k.Type)
	}
	for _, t := range append(types, transport.HostKeyTypes...) {
		algorithms := []string{t}
		if t == ssh.KeyAlgoRSA {
			algorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
		}
		seen := slices.ContainsFunc(c.shown, func(k transport.HostKey) bool { return k.Type == t })
		if t != "" && !seen && !slices.Contains(all, algorithms[0]) {
			all = append(all, algorithms...)
		}
	}
	return all
}

// handshake decides what happens during one. Its methods are called by goroutines of
// x/crypto.
type handshake struct {
	config Config
	wire   *wire

	mu        sync.Mutex
	client    Client
	exchanges int
	verified  bool
	allowed   []string // the methods that the server accepts, once it says so
	tried     []string // those that it refused
	refused   bool     // it refused every one that there is
}

// errEnough ends a handshake that has shown what is wanted.
var errEnough = errors.New("the handshake ends here")

// These end a connection that was trusted.
var (
	errExchanges = errors.New("the server asks for one key exchange after the other")
	errChanged   = errors.New("the server changed its host key during the connection")
)

// judge is called once the server has proved that it has a host key, before anything else is
// sent. An error ends the connection.
func (h *handshake) judge(_ string, _ net.Addr, key ssh.PublicKey) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.exchanges++; h.exchanges > maxExchanges {
		h.wire.fail(errExchanges)
		return errExchanges
	}
	if h.verified && h.client.Fingerprint != ssh.FingerprintSHA256(key) {
		h.wire.fail(errChanged)
		return errChanged
	}
	h.verified = false
	h.client.KeyType, h.client.Fingerprint = key.Type(), ssh.FingerprintSHA256(key)
	if h.client.Unverified = h.whyUnverified(); h.client.Unverified != "" {
		h.client.NoLogin = "the host key is not trusted"
		return errEnough
	}
	if !h.config.HasLogin() {
		h.client.NoLogin = "no login is configured"
		return errEnough
	}
	h.verified = true
	return nil
}

func (h *handshake) whyUnverified() string {
	var known []string
	for _, k := range h.config.HostKeys {
		if k.Fingerprint == h.client.Fingerprint {
			return ""
		}
		known = append(known, k.Fingerprint)
	}
	if len(known) == 0 {
		return "no host key is configured"
	}
	why := ""
	for _, k := range append(slices.Clip(h.config.shown), transport.HostKey{Type: h.client.KeyType, Fingerprint: h.client.Fingerprint}) {
		why += "its " + k.Type + " host key has the fingerprint " + k.Fingerprint + ", "
	}
	return why + "but host_keys has " + strings.Join(known, ", ")
}

// banner keeps the beginning of what the server shows.
func (h *handshake) banner(text string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.client.Banner += text[:min(len(text), maxBanner-len(h.client.Banner))]
	return nil
}

// next returns the next way to log in that the server accepts and that was not tried. A
// password is sent in one of two ways, so that a wrong one counts once. x/crypto also calls it
// when the answer is missing or is not one, and returns that error if next returns nothing.
func (h *handshake) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.allowed, h.tried = c.AllowedMethods, slices.DeleteFunc(slices.Clone(c.TriedMethods), func(m string) bool { return m == "none" })
	may := func(method string) bool {
		return slices.Contains(c.AllowedMethods, method) && !slices.Contains(c.TriedMethods, method) && !slices.Contains(c.PartialSuccessMethods, method)
	}
	switch password := h.config.Password; {
	case !h.verified: // it has been, or this would not be called
		return nil, errEnough
	case len(c.AllowedMethods) == 0 || !h.wire.goesOn():
		return nil, nil
	case h.config.Key != nil && may("publickey"):
		return ssh.PublicKeys(h.config.Key), nil
	case password != "" && may("password"):
		return ssh.Password(password), nil
	case password != "" && may("keyboard-interactive") && !slices.Contains(h.tried, "password"):
		return ssh.KeyboardInteractive(answers(password)), nil
	}
	h.refused = true
	return nil, errEnough
}

// answers answers one question with the password.
func answers(password string) ssh.KeyboardInteractiveChallenge {
	asked := false
	return func(_, _ string, questions []string, echos []bool) ([]string, error) {
		if len(questions) == 0 {
			return nil, nil
		}
		if asked || len(questions) > 1 || echos[0] {
			return nil, errors.New("the server asks for more than a password")
		}
		asked = true
		return []string{password}, nil
	}
}

// end returns what the handshake has shown.
func (h *handshake) end() *Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.client
	c.Version, c.wire = h.wire.identification(), h.wire
	c.Version = strings.ToValidUTF8(c.Version, "\uFFFD")
	c.Banner = strings.ToValidUTF8(c.Banner, "\uFFFD")
	return &c
}

// failed returns why a handshake failed, or nil if it ended as intended.
func (h *handshake) failed(c *Client, err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	trouble := h.wire.trouble()
	_, none := errors.AsType[*ssh.AlgorithmNegotiationError](err)
	if none {
		trouble = nil // the server hangs up then, too
	}
	switch {
	case c.NoLogin != "":
		return nil
	case h.refused:
		c.NoLogin = h.refusal()
		return nil
	case trouble == nil:
		trouble = described(err)
	}
	switch {
	case c.Version == "":
		return &Error{Stage: Identification, Said: h.wire.said(), Err: trouble}
	case !h.verified || errors.Is(err, errExchanges) || errors.Is(err, errChanged):
		return &Error{Stage: Exchange, None: none, Err: trouble}
	default:
		return &Error{Stage: Login, Err: trouble}
	}
}

var methodNames = map[string]string{"publickey": "the key", "password": "the password", "keyboard-interactive": "the password"}

// refusal returns why the server let nobody in.
func (h *handshake) refusal() string {
	var tried, allowed []string
	for _, m := range h.tried {
		if name := methodNames[m]; !slices.Contains(tried, name) {
			tried = append(tried, name)
		}
	}
	for _, m := range h.allowed[:min(len(h.allowed), 8)] {
		allowed = append(allowed, m[:min(len(m), 32)])
	}
	accepts := ""
	if len(allowed) > 0 {
		accepts = " (it accepts " + strings.ToValidUTF8(strings.Join(allowed, ", "), "\uFFFD") + ")"
	}
	switch {
	case len(tried) > 0:
		return "the server refuses " + strings.Join(tried, " and ") + accepts
	case h.config.Key == nil:
		return "the server accepts no password" + accepts
	default:
		return "the server accepts neither key nor password" + accepts
	}
}

// described returns an error of x/crypto in words that an operator can use.
func described(err error) error {
	const maxText = 300
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	text := strings.TrimPrefix(err.Error(), "ssh: ")
	if none, ok := errors.AsType[*ssh.AlgorithmNegotiationError](err); ok {
		text = "the server has no algorithm for the " + none.What + " that vega has; it offers " + strings.Join(none.RequestedAlgorithms, ", ")
	}
	return errors.New(strings.ToValidUTF8(text[:min(len(text), maxText)], "\uFFFD"))
}

// Close closes the connection. The goroutines of x/crypto end then.
func (c *Client) Close() error {
	if c.conn != nil {
		_ = c.conn.Close()
	}
	return c.wire.Close()
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

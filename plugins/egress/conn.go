package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"vega/plugins/fault"
	"vega/plugins/grant"
	"vega/plugins/secret"
	"vega/plugins/span"
	"vega/sdk/abi"
)

// Conn is a connection that a guest reads and writes. Each call takes the
// context that bounds it. Data that is read goes to the guest unchanged,
// because a secret is sent over a Conn only if the grants allow it anywhere.
type Conn struct {
	session *Session
	conn    net.Conn
	in      io.Reader
	network int32
	rule    grant.Rule
	held    holding

	peer      *peer           // nil without TLS
	untrusted string          // why no secret may be sent; "" if one may
	below     *link           // under TLS, until its answer to the handshake was waited for
	ctx       context.Context // of the handshake; every call of a run has the same deadline
}

var schemes = map[int32]string{abi.NetTCP: "tcp", abi.NetTLS: "tls", abi.NetUDP: "udp", abi.NetUnix: "unix"}

// Dial connects to host:port over abi.NetTCP, NetTLS or NetUDP, or to the path of a
// socket over NetUnix. TLS completes
// without verification so that a probe can inspect a bad certificate; TLSInfo
// returns the result of verification.
func (s *Session) Dial(ctx context.Context, network int32, addr string) (*Conn, error) {
	defer s.begin(span.Dial, "dial")()
	c, err := connectTo(ctx, s, network, addr)
	if err == nil && s.call.Recorded() {
		describePeer(s.call, c.rule)
		s.call.Text(span.Network, schemes[network])
		notePeer(s.call, c.RemoteAddr())
	}
	s.call.Fail(s.class(err))
	return c, err
}

// connectTo is like Dial, without the span of the call.
func connectTo(ctx context.Context, s *Session, network int32, addr string) (*Conn, error) {
	rule, err := judgeDial(s, network, addr)
	if err != nil {
		return nil, err
	}
	transport := "tcp"
	if network == abi.NetUDP {
		transport = "udp"
	}
	c := &Conn{session: s, network: network, rule: rule, held: holding{of: s.account()}}
	if err := c.open(ctx, transport); err != nil {
		c.held.release()
		return nil, err
	}
	return c, nil
}

func (c *Conn) open(ctx context.Context, transport string) error {
	memory := connMemory
	if c.network == abi.NetUDP {
		memory += packetMemory
	}
	if err := c.held.grow(memory); err != nil {
		return err
	}
	conn, err := c.waitForConn(ctx, transport)
	if err != nil {
		return err
	}
	c.use(conn)
	if c.network != abi.NetTLS {
		return nil
	}
	err = c.handshake(ctx, c.rule.Host)
	if err != nil {
		_ = conn.Close()
	}
	return err
}

func (c *Conn) waitForConn(ctx context.Context, transport string) (net.Conn, error) {
	c.session.account().Leave()
	defer c.session.account().Return()
	var t timings
	return c.session.open(ctx, c.rule, transport, &t)
}

// use makes conn the connection to read from and write to.
func (c *Conn) use(conn net.Conn) {
	c.conn, c.in = conn, arriving{c.session.account(), conn}
	if c.network == abi.NetUDP {
		c.in = &packets{r: c.in}
	}
}

// arriving reads from a connection once data has arrived.
type arriving struct {
	account Account
	r       io.Reader
}

func (a arriving) Read(p []byte) (int, error) {
	a.account.Leave()
	defer a.account.Return()
	n, err := a.r.Read(p)
	a.account.Pay(Moved, n)
	return n, err
}

// arm bounds the next call by its context and returns a function that removes
// the bound.
func (c *Conn) arm(ctx context.Context) func() bool {
	return c.armUntil(ctx, time.Time{})
}

// armUntil is like arm, with an earlier end of the next call unless that is zero. A
// context of its own could end the call after that one, too.
func (c *Conn) armUntil(ctx context.Context, end time.Time) func() bool {
	deadline, ok := ctx.Deadline()
	if !end.IsZero() && (!ok || end.Before(deadline)) {
		deadline = end
	}
	_ = c.conn.SetDeadline(deadline)
	return context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
}

// Read reads at least one byte, or returns io.EOF at the end. If p is too small
// for a datagram, the next Read returns the rest.
func (c *Conn) Read(ctx context.Context, p []byte) (int, error) {
	return c.readUntil(ctx, time.Time{}, p)
}

// ReadWithin is like Read, but waits for no longer than wait, and at least for a
// millisecond.
func (c *Conn) ReadWithin(ctx context.Context, wait time.Duration, p []byte) (int, error) {
	return c.readUntil(ctx, time.Now().Add(max(wait, time.Millisecond)), p)
}

func (c *Conn) readUntil(ctx context.Context, end time.Time, p []byte) (int, error) {
	defer c.armUntil(ctx, end)()
	n, err := c.in.Read(p)
	switch {
	case n > 0:
		c.hear()
		return n, nil
	case errors.Is(err, io.EOF) && !c.wantsCertificate():
		return 0, io.EOF
	case err != nil:
		return 0, noResponse(ctx, c.session, c.peer, "reading from "+hostPort(c.rule), err)
	default:
		return 0, nil
	}
}

// Write writes all of p, replacing placeholders with secrets if the grants
// allow it. A placeholder must lie within one write.
func (c *Conn) Write(ctx context.Context, p []byte) (int, error) {
	out, used, err := c.session.revealed(secret.Raw, p, "a secret over a connection to "+hostPort(c.rule))
	if err != nil {
		return 0, err
	}
	if used {
		if d := c.mayCarrySecret(); d != nil {
			return 0, c.session.deny(d)
		}
	}
	account := c.session.account()
	account.Leave()
	defer account.Return()
	account.Pay(Moved, len(out))
	defer c.arm(ctx)()
	if _, err := c.conn.Write(out); err != nil {
		if end, _ := fault.Judge(err, fault.Unavailable); end == fault.TooLarge { // whatever the peer answers
			return 0, invalid("a datagram of %d bytes to %s is longer than the network carries; send at most 65507 bytes over IPv4, and less where the path does not take as much", len(out), hostPort(c.rule))
		}
		return 0, noResponse(ctx, c.session, c.peer, "writing to "+hostPort(c.rule), err)
	}
	return len(p), nil
}

// hear records that the peer speaks its protocol, so that it accepted the
// handshake.
func (c *Conn) hear() {
	if c.peer != nil {
		c.peer.heard.Store(true)
	}
}

// wantsCertificate reports whether the peer asked for a client certificate and
// sent nothing since.
func (c *Conn) wantsCertificate() bool {
	return c.peer != nil && c.peer.asked.Load() && !c.peer.heard.Load()
}

func (c *Conn) mayCarrySecret() *grant.Denial {
	switch {
	case c.peer != nil && c.untrusted != "":
		return &grant.Denial{Asked: "sending a secret to " + hostPort(c.rule) + " is refused because it can't be trusted: " + c.untrusted}
	case c.peer != nil && !c.peer.options.SkipVerify, c.session.route().mayBeRead(c.rule):
		return nil
	case c.peer != nil:
		return unverified(hostPort(c.rule))
	default:
		return &grant.Denial{Asked: "sending a secret in plain text to " + c.rule.String(), Fix: "plaintext = true"}
	}
}

// StartTLS upgrades a TCP connection. An empty name means the dialled host.
// Plain text that arrived before the handshake and was not read is an error,
// because an attacker in the middle may have injected it.
func (c *Conn) StartTLS(ctx context.Context, name string) error {
	defer c.session.begin(span.StartTLS, "tls")()
	err := startTLS(ctx, c, name)
	c.session.call.Fail(c.session.class(err))
	return err
}

func startTLS(ctx context.Context, c *Conn, name string) error {
	if c.network != abi.NetTCP || c.peer != nil {
		return invalid("only a tcp connection can be upgraded to TLS, and only once")
	}
	if name == "" {
		name = c.rule.Host
	}
	name, err := grant.Host(name)
	if err != nil {
		return invalid("the TLS server name is not valid: %v", err)
	}
	return c.handshake(ctx, name)
}

func (c *Conn) handshake(ctx context.Context, name string) error {
	if err := c.held.grow(tlsMemory); err != nil {
		return err
	}
	p, err := newPeer(c.session, c.rule, name)
	if err != nil {
		_ = c.conn.Close()
		return err
	}
	// Verification happens below, so that the handshake completes either way.
	below := &link{Conn: c.conn, held: &c.held}
	secured := tls.Client(below, p.config(func(*tls.ConnectionState) error { return nil }))
	start := time.Now()
	if err := c.waitForHandshake(ctx, below, secured); err != nil {
		_ = c.conn.Close()
		c.session.Seen.Handshake(time.Since(start), p.state, nil)
		return tlsError(ctx, c.session, p, "in the TLS handshake with "+hostPort(c.rule), err, abi.ErrTLS)
	}
	state := secured.ConnectionState()
	err = p.judge(&state)
	c.session.Seen.Handshake(time.Since(start), p.state, p.chains)
	if err != nil {
		_ = secured.Close()
		return hostError(err.Error(), err)
	}
	c.peer, c.conn, c.in = p, secured, secured
	c.below, c.ctx = below, ctx
	c.untrusted = c.whyUntrusted(name)
	return nil
}

func (c *Conn) waitForHandshake(ctx context.Context, below *link, secured *tls.Conn) error {
	account := c.session.account()
	account.Leave()
	defer account.Return()
	account.Pay(Handshake, 1)
	defer c.arm(ctx)()
	part := c.session.call.Begin(span.Handshake, "tls handshake")
	err := below.handshake(ctx, secured)
	endHandshake(part, secured, err)
	return err
}

// whyUntrusted returns why no secret may be sent. A guest that requests a name
// other than the dialled host may send none unless the chain is also valid for
// the host. An address has no name to check.
func (c *Conn) whyUntrusted(name string) string {
	if c.peer.reason != "" {
		return c.peer.reason
	}
	if _, notIP := netip.ParseAddr(c.rule.Host); notIP != nil && name != c.rule.Host {
		return c.peer.invalidFor(c.rule.Host)
	}
	return ""
}

// RemoteAddr returns the peer's address.
func (c *Conn) RemoteAddr() string { return c.conn.RemoteAddr().String() }

// Close closes the connection.
func (c *Conn) Close() error {
	defer c.held.release()
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return c.session.fail(context.Background(), "closing "+hostPort(c.rule), err, abi.ErrIO)
	}
	return nil
}

const maxPacket = 64 << 10

// packets reads datagrams. If a datagram is longer than the buffer, the next
// Read returns the rest.
type packets struct {
	r    io.Reader // returns one datagram per Read
	room []byte
	rest []byte // of the last datagram
}

// Read returns the rest of a datagram, or the next one.
func (p *packets) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if len(p.rest) == 0 {
		if p.room == nil {
			p.room = make([]byte, maxPacket)
		}
		n, err := p.r.Read(p.room)
		if n == 0 {
			return 0, err
		}
		p.rest = p.room[:n]
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// JudgeDial returns the error that Dial would return before it connects, or
// nil.
func (s Judge) JudgeDial(network int32, addr string) error {
	_, err := judgeDial(s.Session, network, addr)
	return err
}

func judgeDial(s *Session, network int32, addr string) (grant.Rule, error) {
	scheme, ok := schemes[network]
	if !ok {
		return grant.Rule{}, invalid("network %d does not exist", network)
	}
	var rule grant.Rule
	var err error
	if network == abi.NetUnix {
		rule, err = s.grants.AllowsUnix("", addr)
	} else {
		rule, err = s.grants.AllowsNet(scheme, addr)
	}
	if err != nil {
		return rule, s.deny(err)
	}
	return rule, nil
}

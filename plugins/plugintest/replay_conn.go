package plugintest

import (
	"context"
	"io"
	"slices"
	"time"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/sdk/abi"
)

func (p *player) Dial(ctx context.Context, network int32, address string) (plugins.Conn, error) {
	if err := p.net.JudgeDial(network, address); err != nil {
		return nil, err
	}
	if err := p.meets(ctx, kindNet); err != nil {
		return nil, err
	}
	address = p.net.Redact(address)
	name := networkName(network)
	n := p.pick("a connection to "+name+"://"+address, len(p.w.Net), func(i int) bool { return p.w.Net[i].Network == name && p.w.Net[i].Address == address })
	if n < 0 {
		return nil, p.unanswered()
	}
	c := p.w.Net[n]
	if c.Failed != nil {
		return nil, c.Failed.after(ctx)
	}
	conn := &playedConn{Connection: c, player: p}
	if p.fault != nil && p.fault.peer != nil {
		conn.peer = func(ctx context.Context, b []byte) (int, error) {
			p.touched = true
			return p.fault.peer(ctx, b)
		}
	}
	return conn, nil
}

// playedConn replays the steps of a connection.
type playedConn struct {
	Connection
	player *player
	next   int    // step
	rest   []byte // received from the peer, but not yet read by the guest
	peer   func(ctx context.Context, b []byte) (int, error)
}

func (c *playedConn) Read(ctx context.Context, b []byte) (int, error) {
	if c.peer != nil {
		return c.peer(ctx, b)
	}
	if len(c.rest) == 0 && c.next < len(c.Steps) {
		switch s := c.Steps[c.next]; {
		case s.End:
			return 0, io.EOF
		case s.Failed != nil:
			if c.next < len(c.Steps)-1 { // only a wait was over
				c.next++
			}
			return 0, s.Failed.after(ctx)
		case len(s.Read) > 0:
			c.next++
			c.rest = s.Read
		}
	}
	if len(c.rest) == 0 {
		// The peer has sent everything, or waits for the guest.
		return 0, (&Failure{"timeout", "timed out reading from " + c.Address}).after(ctx)
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	if c.Network == "udp" {
		c.rest = nil // the rest of a datagram is lost
	}
	return n, nil
}

// ReadWithin is like Read, for no longer than wait.
func (c *playedConn) ReadWithin(ctx context.Context, wait time.Duration, b []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return c.Read(ctx, b)
}

// Write advances past the next write step. What the peer sent before it, and
// the guest has not read, can still be read.
func (c *playedConn) Write(ctx context.Context, b []byte) (int, error) {
	for i := c.next; i < len(c.Steps); i++ {
		s := c.Steps[i]
		if s.Failed != nil && i == c.next {
			return 0, s.Failed.after(ctx)
		}
		if len(s.Write) > 0 {
			for _, passed := range c.Steps[c.next:i] {
				c.rest = append(c.rest, passed.Read...)
			}
			c.next = i + 1
			if rest := s.Write; len(b) < len(rest) { // the guest now writes in smaller pieces
				c.Steps = slices.Clone(c.Steps)
				c.next, c.Steps[i] = i, Step{Write: rest[len(b):]}
			}
			break
		}
	}
	return len(b), nil
}

func (c *playedConn) StartTLS(ctx context.Context, _ string) error {
	if p := c.player; p.fault != nil && p.fault.startTLS != nil {
		p.touched = true
		return p.fault.startTLS()
	}
	for i := c.next; i < len(c.Steps); i++ {
		switch s := c.Steps[i]; {
		case s.TLS != nil:
			c.next, c.TLS, c.rest = i+1, s.TLS, nil
			return nil
		case s.Failed != nil:
			return s.Failed.after(ctx)
		}
	}
	return &egress.Error{Errno: abi.ErrTLS, Text: "the case has no TLS handshake here"}
}

func (c *playedConn) TLSInfo(what int32) (string, error) { return answerFact(c.TLS, what) }

func (c *playedConn) Close() error { return nil }

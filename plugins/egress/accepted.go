package egress

import (
	"context"
	"crypto/tls"
	"io"
	"os"
	"time"

	"vega/sdk/abi"
)

// clientFact returns whether the peer asked for a client certificate, and what
// it got.
func (p *peer) clientFact() string {
	switch {
	case !p.asked.Load():
		return ""
	case p.client == nil:
		return "none"
	default:
		return "sent"
	}
}

// accepted waits for the peer's answer to a handshake in which it asked for a
// client certificate. In TLS 1.3 it arrives after the handshake: data, a
// session ticket, or an alert. A peer that stays silent for half of the time
// that is left is taken to agree.
func (c *Conn) accepted() error {
	p := c.peer
	if !p.asked.Load() || p.heard.Load() || p.state.Version < tls.VersionTLS13 || c.below == nil {
		return nil
	}
	below := c.below
	c.below = nil // the answer is waited for once
	account := c.session.account()
	account.Leave()
	defer account.Return()
	ctx, cancel := halfOf(c.ctx)
	defer cancel()
	defer c.arm(ctx)()
	below.first = true
	defer func() { below.first, below.silent = false, false }()
	var b [1]byte
	n, err := c.in.Read(b[:])
	if n > 0 {
		c.hear()
		c.in = io.MultiReader(&oneByte{b: b[0]}, c.in)
		return nil
	}
	if err == nil || isTimeout(err) {
		return nil
	}
	return noResponse(c.ctx, c.session, p, "reading from "+hostPort(c.rule), err)
}

// halfOf returns a context that ends after half of the time that is left.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	const most = 10 * time.Second
	d, ok := ctx.Deadline()
	if !ok {
		return context.WithTimeout(ctx, most)
	}
	return context.WithTimeout(ctx, min(time.Until(d)/2, most))
}

// oneByte is a byte that was read ahead.
type oneByte struct {
	b    byte
	done bool
}

func (o *oneByte) Read(p []byte) (int, error) {
	if o.done {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	p[0], o.done = o.b, true
	return 1, nil
}

// readFirst reads what a peer sends first after a handshake, and then reports a
// timeout instead of waiting for more.
func (l *link) readFirst(p []byte) (int, error) {
	if l.silent {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := l.read(p)
	l.silent = n > 0
	return n, err
}

// TLSInfo implements tls_info.
func (c *Conn) TLSInfo(what int32) (string, error) {
	if what == abi.TLSClient && c.peer != nil {
		if err := c.accepted(); err != nil {
			return "", err
		}
	}
	return c.peer.fact(what)
}

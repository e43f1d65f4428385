package sockets

import (
	"context"
	"net"
	"net/netip"
	"time"

	"vega/plugins/fault"
	"vega/plugins/shortage"
)

// stagger is how long one address is tried before the next one is tried
// concurrently.
const stagger = 250 * time.Millisecond

type attempt struct {
	conn net.Conn
	err  error
}

// Connect tries the addresses in order. It starts with the next one when one
// has failed or has taken longer than its share, and returns the first
// connection. The error is that of the first address that could be tried, or
// the shortage if one prevented vega from trying them all.
func (d *Dialer) Connect(ctx context.Context, network string, addrs []netip.AddrPort, a *Allowance) (net.Conn, error) {
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "the name has no address", IsNotFound: true}
	}
	if len(addrs) == 1 {
		return d.Dial(ctx, network, addrs[0].String(), a)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan attempt, len(addrs))
	timer := time.NewTimer(stagger)
	defer timer.Stop()
	var failed failures
	for next, running := 0, 0; ; {
		started := next < len(addrs) && d.start(ctx, network, addrs[next], a, running > 0, done)
		if started {
			next, running = next+1, running+1
			timer.Reset(stagger)
		}
		t, ended := wait(done, timer.C, started && next < len(addrs))
		if !ended {
			continue
		}
		running--
		if t.err == nil {
			go closeLate(done, running)
			return t.conn, nil
		}
		failed.add(t.err)
		if running == 0 && next == len(addrs) {
			return nil, failed.worst()
		}
	}
}

// start begins an attempt. It returns false if there is no place for another
// attempt next to the running ones, so that one of them must end first.
func (d *Dialer) start(ctx context.Context, network string, addr netip.AddrPort, a *Allowance, beside bool, done chan<- attempt) bool {
	short := a.take()
	switch {
	case short == nil:
		go func() {
			conn, err := d.connect(ctx, network, addr.String(), a, false)
			done <- attempt{conn, err}
		}()
	case beside:
		return false
	default:
		done <- attempt{err: short}
	}
	return true
}

func wait(done <-chan attempt, tick <-chan time.Time, more bool) (attempt, bool) {
	if !more {
		return <-done, true
	}
	select {
	case t := <-done:
		return t, true
	case <-tick:
		return attempt{}, false
	}
}

// failures collects the errors of the attempts, in order.
type failures struct {
	first error
	tried error // of the first address that this machine has a way to
	short *shortage.Error
}

func (f *failures) add(err error) {
	if f.first == nil {
		f.first = err
	}
	if f.short == nil {
		f.short = shortage.Of(err)
	}
	if f.tried == nil && fault.Of(err) == nil {
		f.tried = err
	}
}

func (f *failures) worst() error {
	switch {
	case f.short != nil:
		return f.short
	case f.tried != nil:
		return f.tried
	default:
		return f.first
	}
}

// closeLate closes the connections of attempts that succeeded too late.
func closeLate(done <-chan attempt, running int) {
	for range running {
		if t := <-done; t.err == nil {
			_ = t.conn.Close()
		}
	}
}

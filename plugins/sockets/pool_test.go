package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vega/plugins/shortage"
)

func allow(t *testing.T, p *Pool, n int) *Allowance {
	t.Helper()
	a, err := p.Allow(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPoolServesWaitersInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(3)
		first := allow(t, p, 2)
		var served []int
		for n := range 4 {
			go func() {
				a, err := p.Allow(t.Context(), 2)
				if err != nil {
					t.Error(err)
					return
				}
				served = append(served, n)
				time.Sleep(time.Second)
				a.End()
			}()
			synctest.Wait()
		}
		first.End()
		time.Sleep(time.Minute)
		synctest.Wait()
		if !slices.Equal(served, []int{0, 1, 2, 3}) || p.used != 0 {
			t.Errorf("served %v, %d in use", served, p.used)
		}
	})
}

func TestPoolDropsExpiredWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(2)
		holder := allow(t, p, 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Allow(ctx, 2); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		holder.End()
		allow(t, p, 2).End()
	})
}

// A pool that shrank admits one at a time.
func TestPoolSmallerThanAsked(t *testing.T) {
	for _, size := range []int{0, 1} {
		p := NewPool(8)
		holder := allow(t, p, 2)
		p.Resize(size)
		holder.End()
		a := allow(t, p, 2)
		if p.used != 1 {
			t.Errorf("of %d: %d in use", size, p.used)
		}
		a.End()
	}
}

// A run has its reservation, and more while nobody else wants it; a socket that
// outlives its run counts until it is closed.
func TestAllowance(t *testing.T) {
	p := NewPool(4)
	a, b := allow(t, p, 2), allow(t, p, 1)
	for n := range 3 {
		if err := a.take(); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	err := a.take()
	if s := shortage.Of(err); s == nil || !errors.Is(s, syscall.EMFILE) {
		t.Errorf("a fourth of four, one of them reserved for another run: %v", err)
	}
	if err := b.take(); err != nil {
		t.Errorf("the reservation: %v", err)
	}
	a.give(false)
	a.End()
	if p.used != 3 {
		t.Errorf("%d in use; want two open sockets of an ended run and a reservation", p.used)
	}
	a.give(false)
	a.give(false)
	b.give(false)
	b.End()
	if p.used != 0 {
		t.Errorf("%d in use at the end", p.used)
	}
	var none *Allowance
	if err := none.take(); err != nil {
		t.Error(err)
	}
	none.give(false)
	none.End()
}

// Addresses that would be tried concurrently are tried one after another, and
// none is skipped.
func TestConnectWithOnePlace(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = refused.Close()
	good, bad := netip.MustParseAddrPort(l.Addr().String()), netip.MustParseAddrPort(refused.Addr().String())
	p := NewPool(1)
	a := allow(t, p, 1)
	c, err := new(Dialer).Connect(t.Context(), "tcp", []netip.AddrPort{bad, bad, good}, a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := new(Dialer).Connect(t.Context(), "tcp", []netip.AddrPort{bad, good}, a); shortage.Of(err) == nil {
		t.Errorf("next to an open one: %v", err)
	}
	if err := errors.Join(c.Close(), a.take()); err != nil {
		t.Errorf("after it was closed: %v", err)
	}
	if _, err := new(Dialer).Connect(t.Context(), "tcp", []netip.AddrPort{bad, bad}, nil); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("both refuse: %v", err)
	}
}

func TestConnectKeepsTheShortage(t *testing.T) {
	var f failures
	f.add(syscall.ECONNREFUSED)
	f.add(&net.OpError{Op: "dial", Err: syscall.EMFILE})
	f.add(syscall.ECONNREFUSED)
	if s := shortage.Of(f.worst()); s == nil || !errors.Is(s, syscall.EMFILE) {
		t.Errorf("%v", f.worst())
	}
}

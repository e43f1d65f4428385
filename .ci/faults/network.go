package main

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"sync/atomic"

	"golang.org/x/net/dns/dnsmessage"
)

// networkFaults break the network between vega and its targets.
func networkFaults() []fault {
	list := []fault{
		{
			name: "route", what: "the route to the targets is removed, and added", short: true, needs: []need{root, network}, routed: true, fewer: true,
			begin: func(ctx context.Context, t *trial) error { return t.near.ip(ctx, "route", "del", "10.231.0.0/30") },
			end: func(ctx context.Context, t *trial) error {
				return t.near.ip(ctx, "route", "add", "10.231.0.0/30", "dev", device, "src", nearAddress)
			},
		},
		{
			name: "interface", what: "the interface to the targets is down, and up", needs: []need{root, network}, routed: true, fewer: true,
			begin: func(ctx context.Context, t *trial) error { return t.near.ip(ctx, "link", "set", device, "down") },
			end:   func(ctx context.Context, t *trial) error { return t.near.ip(ctx, "link", "set", device, "up") },
		},
		{
			name: "network/slow", what: "each packet takes 300 ms longer", needs: []need{root, network, netem}, routed: true, fewer: true,
			begin: func(ctx context.Context, t *trial) error {
				return command(ctx, "tc", "-n", string(t.near), "qdisc", "add", "dev", device, "root", "netem", "delay", "300ms")
			},
			end: func(ctx context.Context, t *trial) error {
				return command(ctx, "tc", "-n", string(t.near), "qdisc", "del", "dev", device, "root")
			},
		},
	}
	for mode, what := range map[string]string{
		dead:    "the resolver's port is closed, and open again",
		silent:  "the resolver does not answer",
		garbage: "the resolver answers with random bytes",
	} {
		list = append(list, fault{
			name: "resolver/" + mode, what: what, short: mode == silent, needs: []need{root, network}, routed: true, named: true, fewer: true,
			begin: func(_ context.Context, t *trial) error { return t.resolver.fail(mode) },
			end:   func(ctx context.Context, t *trial) error { return t.resolver.repair(ctx) },
		})
	}
	return list
}

// missingNetem returns why packets can't be delayed, or "".
func missingNetem(ctx context.Context, ns namespace) string {
	if _, err := exec.LookPath("tc"); err != nil {
		return reason("no tc", err)
	}
	return reason("no netem", command(ctx, "tc", "-n", string(ns), "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"))
}

// How a resolver fails.
const (
	dead    = "dead"
	silent  = "silent"
	garbage = "garbage"
)

// resolver is a DNS server that answers every question with the address of the targets.
type resolver struct {
	ns      namespace
	address string
	mode    atomic.Value // how it fails; "": it works
	both    bool         // it also knows the IPv6 address
	conn    net.PacketConn
}

func startResolver(ctx context.Context, ns namespace, both bool) (*resolver, error) {
	r := &resolver{ns: ns, both: both, address: "127.0.0.1:0"}
	r.mode.Store(dead)
	return r, r.repair(ctx)
}

// fail lets the resolver fail.
func (r *resolver) fail(mode string) error {
	r.mode.Store(mode)
	if mode == dead {
		return r.conn.Close()
	}
	return nil
}

// repair lets it answer.
func (r *resolver) repair(ctx context.Context) error {
	if r.mode.Load() == dead {
		err := r.ns.do(func() (err error) {
			r.conn, err = new(net.ListenConfig).ListenPacket(ctx, "udp", r.address)
			return err
		})
		if err != nil {
			return err
		}
		r.address = r.conn.LocalAddr().String()
		go r.serve(r.conn)
	}
	r.mode.Store("")
	return nil
}

func (r *resolver) close() { _ = r.conn.Close() }

func (r *resolver) serve(conn net.PacketConn) {
	buffer := make([]byte, 1<<12)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		answer, err := r.answerTo(buffer[:n])
		mode := r.mode.Load()
		if err != nil || mode == silent {
			continue
		}
		if mode == garbage {
			for n := 2; n < len(answer); n++ { // after the ID
				answer[n] = byte(7 * n)
			}
		}
		_, _ = conn.WriteTo(answer, from) // UDP may lose it, too
	}
}

// answerTo returns the answer to a question: the addresses of the targets, and nothing
// for other types.
func (r *resolver) answerTo(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	for _, q := range m.Questions {
		if q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(farAddress).As4()},
			})
		}
		if q.Type == dnsmessage.TypeAAAA && r.both {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0},
				Body:   &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(farAddress6).As16()},
			})
		}
	}
	return m.Pack()
}

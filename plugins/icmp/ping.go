package icmp

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"time"

	"vega/plugins/fault"
)

// event is something that a socket received.
type event struct {
	kind    eventKind
	message []byte     // the reply, or the request that an error quotes
	from    netip.Addr // that sent it
	ttl     int        // of a reply; 0 if it is not known
	code    int        // type<<8|code of an error
	at      time.Time  // by the wall clock of the kernel; zero if it is not known
}

type eventKind int

const (
	reply   eventKind = iota
	failure           // an ICMP error
	sending           // the kernel has begun to send the request that was sent last
)

// request is one of the requests of a ping.
type request struct {
	Reply
	before, after time.Time // when the socket was told to send it
	sent          time.Time // by the wall clock of the kernel; zero if it is not known
	settled       bool      // nothing more is waited for
}

// pinger sends the requests of one call of Ping.
type pinger struct {
	Request
	socket   *Socket
	packet   []byte
	tokens   []byte // one for each request
	first    uint16 // sequence number of the first request
	requests []request
	sent     int
	open     int // requests sent and not settled
	stray    int // messages that settled nothing
}

// Ping sends the requests and returns a Reply for each. A request ends with its reply,
// with an ICMP error, or when Wait has passed. If ctx ends first, Ping returns its
// error: a request whose reply might still come is not reported as lost.
func (s *Socket) Ping(ctx context.Context, r Request) ([]Reply, error) {
	if err := s.prepare(r); err != nil {
		return nil, err
	}
	random := make([]byte, 4+r.Count*tokenSize)
	_, _ = rand.Read(random) // never fails
	p := &pinger{
		Request: r, socket: s, packet: newPacket(!s.to.Is4(), binary.BigEndian.Uint16(random), r.Size), tokens: random[4:],
		first: binary.BigEndian.Uint16(random[2:]), requests: make([]request, r.Count),
	}
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	out := make([]Reply, r.Count)
	lost := false
	for i := range out {
		out[i] = p.requests[i].Reply
		lost = lost || !out[i].Arrived && out[i].Error < 0
	}
	if lost && s.overflowed() {
		return nil, fault.New(nil, "this machine dropped replies because the receive buffer of a socket was full", "raise net.core.rmem_max, or send fewer or smaller requests at the same time")
	}
	return out, nil
}

func (p *pinger) run(ctx context.Context) error {
	defer context.AfterFunc(ctx, p.socket.interrupt)()
	next := time.Now()
	for p.sent < p.Count || p.open > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		now, until := time.Now(), time.Time{} // after a request, only look at what is there already
		due := p.sent < p.Count && !now.Before(next)
		if due {
			if err := p.send(); err != nil {
				return err
			}
			next = p.requests[p.sent-1].after.Add(p.Interval)
		} else if until = p.expiry(); p.sent < p.Count && (until.IsZero() || next.Before(until)) {
			until = next
		}
		if err := p.socket.receive(ctx, until, p.take); err != nil {
			return err
		}
		if p.stray > maxStray {
			return ErrFlood
		}
		if !due {
			p.expire(now) // what had arrived by then has been received
		}
	}
	return nil
}

// send sends the next request.
func (p *pinger) send() error {
	n := p.sent
	number(p.packet, p.first+uint16(n), p.token(n))
	r := &p.requests[n]
	r.Error = -1
	r.before = time.Now()
	if err := p.socket.send(p.packet, p.take); err != nil {
		return err
	}
	r.after = time.Now()
	p.sent++
	p.open++
	return nil
}

func (p *pinger) token(n int) []byte { return p.tokens[n*tokenSize:][:tokenSize] }

// expiry returns when the wait for the earliest open request ends.
func (p *pinger) expiry() time.Time {
	for i := range p.requests[:p.sent] {
		if !p.requests[i].settled {
			return p.requests[i].after.Add(p.Wait)
		}
	}
	return time.Time{}
}

// expire ends the waits that had ended at a time.
func (p *pinger) expire(now time.Time) {
	for i := range p.requests[:p.sent] {
		if r := &p.requests[i]; !r.settled && !now.Before(r.after.Add(p.Wait)) {
			p.settle(r)
		}
	}
}

func (p *pinger) settle(r *request) {
	if !r.settled {
		r.settled = true
		p.open--
	}
}

// maxStray is how many messages may settle nothing, such as duplicates. Networks with a loop
// send some; each costs work.
const maxStray = 10_000

// take notes an event.
func (p *pinger) take(e event) {
	if e.kind == sending {
		if p.sent > 0 {
			p.requests[p.sent-1].begins(e.at)
		}
		return
	}
	open := p.open
	if p.assign(e); p.open == open {
		p.stray++
	}
}

// assign assigns a reply or an ICMP error to its request.
func (p *pinger) assign(e event) {
	seq, ok := sequence(e.message)
	n := int(seq - p.first)
	if !ok || n >= p.sent {
		return
	}
	r := &p.requests[n]
	switch {
	case e.kind == failure && !r.settled:
		r.Error, r.From = e.code, e.from
		p.settle(r)
	case e.kind == failure, e.from != p.socket.to, !repeats(e.message, p.token(n), p.Size):
	case r.Arrived:
		r.Duplicates++
	default:
		rtt := r.elapsed(time.Now(), e.at)
		if rtt <= p.Wait {
			r.Arrived, r.RTT, r.TTL, r.From, r.Error = true, rtt, e.ttl, e.from, -1
		}
		p.settle(r)
	}
}

// begins records when the kernel began to send the request. A time outside of the call
// of the socket is that of another request, or the clock was set.
func (r *request) begins(at time.Time) {
	if !at.Before(r.before.Round(0)) && !at.After(r.after.Round(0)) {
		r.sent = at
	}
}

// step is the difference between the two clocks from which on the wall clock counts as
// set. Reading both takes less.
const step = 50 * time.Microsecond

// elapsed returns the time from a request to the arrival of its reply, at by the wall
// clock of the kernel. Without that, or if the wall clock was set since, it is the time
// until now, by the monotonic clock.
func (r *request) elapsed(now, at time.Time) time.Duration {
	passed := now.Sub(r.before)
	sent := r.sent
	if sent.IsZero() {
		sent = r.before.Round(0)
	}
	rtt := at.Sub(sent)
	set := now.Round(0).Sub(r.before.Round(0)) - passed
	if at.IsZero() || set.Abs() > step || rtt < 0 || rtt > passed+step {
		return passed
	}
	return rtt
}

package plugintest

import (
	"context"
	"time"

	"vega/plugins/egress"
)

// Ping is a call that sent echo requests, and what came back.
type Ping struct {
	Host    string  `json:"host"`
	Family  int     `json:"family,omitempty"`
	Address string  `json:"address,omitempty"`
	Replies []Reply `json:"replies,omitempty"`
	// Failed is the failure of the call, not of a request.
	Failed *Failure `json:"failed,omitempty"`
}

// Reply is what came back for one echo request: nothing if it is empty.
type Reply struct {
	RTTMS      float64 `json:"rtt_ms,omitempty"` // 0: no reply in time
	TTL        int     `json:"ttl,omitempty"`
	Duplicates int     `json:"duplicates,omitempty"`
	Error      *int    `json:"error,omitempty"` // type<<8|code of an ICMP error
	From       string  `json:"from,omitempty"`
}

func (r *recorder) Echo(ctx context.Context, q egress.EchoRequest) (*egress.Echoes, error) {
	found, err := r.net.Echo(ctx, q)
	p := Ping{Host: r.net.Redact(q.Host), Family: q.Family, Failed: failureOf(err, r.net.Redact)}
	if err != nil {
		if p.Failed != nil {
			r.icmp = append(r.icmp, p)
		}
		return nil, err
	}
	p.Address = found.Address
	for _, e := range found.Replies {
		reply := Reply{Duplicates: e.Duplicates, TTL: e.TTL, From: e.From}
		if e.Arrived {
			reply.RTTMS = max(float64(e.RTT)/float64(time.Millisecond), 1e-6)
		}
		if e.Error >= 0 {
			reply.Error = &e.Error
		}
		p.Replies = append(p.Replies, reply)
	}
	r.icmp = append(r.icmp, p)
	return found, nil
}

func (p *player) Echo(ctx context.Context, q egress.EchoRequest) (*egress.Echoes, error) {
	if err := p.net.JudgeEcho(q.Host); err != nil {
		return nil, err
	}
	if err := p.meets(ctx, kindICMP); err != nil {
		return nil, err
	}
	host := p.net.Redact(q.Host)
	n := p.pick("echo requests to "+host, len(p.w.ICMP), func(i int) bool {
		return p.w.ICMP[i].Host == host && p.w.ICMP[i].Family == q.Family
	})
	if n < 0 {
		return nil, p.unanswered()
	}
	ping := p.w.ICMP[n]
	if ping.Failed != nil {
		return nil, ping.Failed.after(ctx)
	}
	out := &egress.Echoes{Address: ping.Address, Replies: make([]egress.EchoReply, max(0, min(q.Count, maxReplies)))}
	for i := range out.Replies {
		e := &out.Replies[i]
		e.Error = -1
		if len(ping.Replies) == 0 {
			continue
		}
		from := ping.Replies[i%len(ping.Replies)] // a probe may send more requests than were recorded
		e.Arrived, e.RTT = from.RTTMS > 0, time.Duration(from.RTTMS*float64(time.Millisecond))
		e.TTL, e.Duplicates, e.From = from.TTL, from.Duplicates, from.From
		if from.Error != nil {
			e.Error = *from.Error
		}
	}
	if p.fault != nil && p.fault.echoes != nil {
		p.touched = true
		p.fault.echoes(out)
	}
	return out, nil
}

// maxReplies is the limit of the real call.
const maxReplies = 100

// echoFaults are the faults of echo requests.
var echoFaults = []Fault{
	{Name: "icmp: no request is answered", Kind: kindICMP, echoes: eachEcho(func(int, *egress.EchoReply) bool { return false })},
	{Name: "icmp: every other request is lost", Kind: kindICMP, soft: true, echoes: eachEcho(func(n int, _ *egress.EchoReply) bool { return n%2 == 0 })},
	{Name: "icmp: a router reports that the host is unreachable", Kind: kindICMP, echoes: eachEcho(func(_ int, e *egress.EchoReply) bool {
		e.Error, e.From = 3<<8|1, "192.0.2.1"
		return false
	})},
	{Name: "icmp: every reply takes two seconds longer", Kind: kindICMP, soft: true, echoes: eachEcho(func(_ int, e *egress.EchoReply) bool {
		e.RTT += 2 * time.Second
		return true
	})},
	{Name: "icmp: every reply comes twice", Kind: kindICMP, soft: true, echoes: eachEcho(func(_ int, e *egress.EchoReply) bool {
		e.Duplicates++
		return true
	})},
	{Name: "icmp: the name does not resolve", Kind: kindICMP, call: fails("dns", "resolving: no such host")},
}

// eachEcho returns a fault that changes each reply, and takes away those for which
// change returns false.
func eachEcho(change func(n int, e *egress.EchoReply) bool) func(*egress.Echoes) {
	return func(all *egress.Echoes) {
		for n := range all.Replies {
			e := &all.Replies[n]
			failed := e.From
			if !change(n, e) {
				from, code := e.From, e.Error
				if from == failed && code < 0 {
					from = ""
				}
				*e = egress.EchoReply{Error: code, From: from}
			}
		}
	}
}

package sockets

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"time"

	"vega/plugins/fault"
)

// A Watch observes the queries that one lookup sends to vega's own DNS servers,
// because a resolver reports too little of them to tell a broken resolver from
// a broken name. It is safe for concurrent use.
type Watch struct {
	dialer *Dialer
	began  time.Time
	ends   time.Time // the deadline of the lookup; zero for none

	mu      sync.Mutex
	queries []*query
	slow    *time.Timer // starts the controls of servers that let the lookup wait
}

// query is one query to one server, over one connection.
type query struct {
	server string
	name   string // in lower case
	kind   uint16 // the type of the records
	id     uint16
	sent   int       // copies
	at     time.Time // when the first one was sent
	until  time.Time // when waiting for a reply ended; zero while it goes on
	said   said
	reply  fault.Reply
	rcode  int
	own    *fault.Own // why the query could not be sent
}

// said is how a server answered a query.
type said int

const (
	nothing said = iota
	replied      // a reply, with whatever response code
	garbage      // something that is no reply
	refusal      // it refuses the connection
)

// patient is how long a lookup waits for a server before it is asked for
// something else, and before the query is sent again.
const patient = time.Second

// Watch returns a Watch for one lookup. Call its end.
func (d *Dialer) Watch(ctx context.Context) *Watch {
	w := &Watch{dialer: d, began: time.Now()}
	wait := patient
	if deadline, ok := ctx.Deadline(); ok {
		w.ends = deadline
		wait = min(wait, time.Until(deadline)/3)
	}
	w.slow = time.AfterFunc(max(wait, time.Millisecond), w.doubt)
	return w
}

// End releases what the Watch holds.
func (w *Watch) End() { w.slow.Stop() }

// doubt starts the controls of all servers that have not answered yet.
func (w *Watch) doubt() {
	for _, q := range w.snapshot() {
		if q.said == nothing && q.own == nil {
			w.dialer.controls.start(q.server)
		}
	}
}

func (w *Watch) snapshot() []query {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]query, len(w.queries))
	for i, q := range w.queries {
		out[i] = *q
	}
	return out
}

// Dial connects to a DNS server. resend makes a query over UDP go out again if
// there is no reply, for a caller that does not do so itself.
func (w *Watch) Dial(ctx context.Context, network, server string, a *Allowance, resend bool) (net.Conn, error) {
	q := &query{server: server}
	w.mu.Lock()
	w.queries = append(w.queries, q)
	w.mu.Unlock()
	err := a.takeBriefly(ctx)
	var conn net.Conn
	if err == nil {
		conn, err = w.dialer.connect(ctx, network, server, a, true)
	}
	if err != nil {
		w.failed(q, err)
		return nil, err
	}
	c := &watched{Conn: conn, watch: w, query: q}
	if packets, ok := conn.(net.PacketConn); ok {
		c.resend = resend
		return &watchedPackets{c, packets}, nil
	}
	c.stream = true
	return c, nil
}

// failed notes why a query got no reply.
func (w *Watch) failed(q *query, err error) {
	end, own := fault.Judge(err, fault.Reset)
	w.mu.Lock()
	defer w.mu.Unlock()
	q.until = time.Now()
	switch {
	case own != nil:
		q.own = own
	case end == fault.Refused, end == fault.Reset, end == fault.Target:
		q.said = refusal
	}
}

func (w *Watch) wrote(q *query, message []byte) {
	name, kind, ok := question(message)
	w.mu.Lock()
	defer w.mu.Unlock()
	if q.sent++; q.sent == 1 {
		q.at = time.Now()
	}
	if ok {
		q.name, q.kind, q.id = name, kind, binary.BigEndian.Uint16(message)
	}
}

// arrived notes a reply. Something else does not undo it.
func (w *Watch) arrived(q *query, message []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name, kind, ok := question(message)
	switch {
	case q.said == replied:
	case len(message) < headerSize, message[2]&0x80 == 0, binary.BigEndian.Uint16(message) != q.id, ok && (name != q.name || kind != q.kind):
		q.said = garbage
	default:
		q.said, q.rcode = replied, int(message[3]&0xf)
		q.reply = fault.Rcode(q.rcode)
	}
}

// answered reports whether the query has been answered.
func (w *Watch) answered(q *query) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return q.said != nothing
}

// waited returns how long a server was given to reply.
func (q *query) waited() time.Duration {
	if q.until.IsZero() {
		return time.Since(q.at)
	}
	return q.until.Sub(q.at)
}

// headerSize is the size of the header of a DNS message.
const headerSize = 12

// question returns the name and the type that a DNS message asks for.
func question(m []byte) (name string, kind uint16, ok bool) {
	if len(m) < headerSize || binary.BigEndian.Uint16(m[4:]) != 1 {
		return "", 0, false
	}
	var labels []string
	for at := headerSize; at < len(m); {
		n := int(m[at])
		at++
		if n == 0 && at+4 <= len(m) {
			return strings.ToLower(strings.Join(labels, ".")), binary.BigEndian.Uint16(m[at:]), true
		}
		if n == 0 || n > 63 || at+n > len(m) {
			return "", 0, false
		}
		labels = append(labels, string(m[at:at+n]))
		at += n
	}
	return "", 0, false
}

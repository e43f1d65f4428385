package sockets

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"time"

	"vega/plugins/fault"
)

// controls ask vega's own DNS servers for a name that each server that resolves
// at all has an answer for: a random one below arpa, which no cache holds and
// which does not exist. All lookups share them, so that a server gets one at a
// time.
type controls struct {
	mu sync.Mutex
	by map[string]*control
}

// control is one such query.
type control struct {
	done   chan struct{} // closed when it has ended
	began  time.Time
	ended  time.Time
	reply  fault.Reply
	silent bool // there was no reply at all
}

const (
	// controlTime limits a control.
	controlTime = 2 * time.Second
	// controlAge is how old a control may be at the beginning of the lookup that
	// uses it.
	controlAge = time.Second
)

// start returns the control of a server that is in progress, or begins one.
func (c *controls) start(server string) *control {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := c.by[server]; last != nil {
		select {
		case <-last.done:
		default:
			return last
		}
		if time.Since(last.ended) < controlAge {
			return last
		}
	}
	next := &control{done: make(chan struct{}), began: time.Now()}
	if c.by == nil {
		c.by = map[string]*control{}
	}
	c.by[server] = next
	go c.run(server, next)
	return next
}

func (c *controls) run(server string, next *control) {
	ctx, cancel := context.WithTimeout(context.Background(), controlTime)
	defer cancel()
	reply, ok := askControl(ctx, server)
	next.reply, next.silent, next.ended = reply, !ok, time.Now()
	close(next.done)
}

// resolves reports whether the server has, since the lookup began, answered for
// another name, so that its failure with this one is the name's, and how long
// that took. It waits for the server's reply as long as ctx lasts.
func (c *controls) resolves(ctx context.Context, server string, began time.Time) (took time.Duration, yes bool) {
	c.mu.Lock()
	last := c.by[server]
	c.mu.Unlock()
	if last == nil || last.over() && last.ended.Before(began.Add(-controlAge)) {
		last = c.start(server)
	}
	select {
	case <-last.done:
	case <-ctx.Done():
		if !last.over() {
			return 0, false
		}
	}
	return last.ended.Sub(last.began), !last.silent && (last.reply == fault.Answers || last.reply == fault.NoName)
}

func (c *control) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// askControl sends the query twice at most. ok is false without a reply.
func askControl(ctx context.Context, server string) (_ fault.Reply, ok bool) {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", server)
	if err != nil {
		return 0, false
	}
	defer conn.Close()
	message, buf := controlQuery(), make([]byte, 1232)
	name, kind, _ := question(message)
	for n := range 2 {
		if _, err := conn.Write(message); err != nil {
			return 0, false
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Duration(n+1) * controlTime / 3))
		for {
			got, err := conn.Read(buf)
			if err != nil {
				break
			}
			reply := buf[:got]
			if asked, of, ok := question(reply); ok && asked == name && of == kind && reply[2]&0x80 != 0 && reply[0] == message[0] && reply[1] == message[1] {
				return fault.Rcode(int(reply[3] & 0xf)), true
			}
		}
	}
	return 0, false
}

// controlQuery returns a query for the address of a random name.
func controlQuery() []byte {
	const (
		recursion = 0x0100
		typeA     = 1
		classIN   = 1
	)
	label := strings.ToLower(rand.Text()[:16])
	m := make([]byte, 2, headerSize+len(label)+12)
	_, _ = rand.Read(m) // it never fails
	for _, word := range []uint16{recursion, 1, 0, 0, 0} {
		m = binary.BigEndian.AppendUint16(m, word)
	}
	m = append(append(m, byte(len(label))), label...)
	m = append(m, "\x04arpa\x00"...)
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(m, typeA), classIN)
}

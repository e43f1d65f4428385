package api

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/netip"
)

// visitor is a connection.
type visitor struct {
	*net.TCPConn
	door   *door
	from   netip.Addr // as clients are counted
	proxy  bool       // a trusted one
	spare  bool
	fresh  bool // no whole request came by it yet
	gone   bool
	quiet  bool          // net/http has told that nothing is in flight
	flying int           // requests in flight: several, by HTTP/2
	since  uint64        // door.rested when it became idle
	among  *list.List    // the idle that it is one of; nil while a request is in flight
	place  *list.Element // of it
}

// Close closes the connection and gives its place to others.
func (v *visitor) Close() error {
	v.door.mu.Lock()
	v.door.remove(v)
	v.door.mu.Unlock()
	return v.TCPConn.Close()
}

// visitorOf is the visitor behind a connection that net/http tells of; nil where
// it did not come by a door.
func visitorOf(c net.Conn) *visitor {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	v, _ := c.(*visitor)
	return v
}

// add counts a visitor in.
func (d *door) add(v *visitor) {
	if v.spare {
		d.spare++
	} else {
		d.served++
	}
	if !v.proxy {
		d.clientOf(v.from).connections++ // rest settles it
	}
	v.fresh = true
	d.fresh++
	d.rest(v)
}

// age notes that a whole request came by a connection.
func (d *door) age(v *visitor) {
	if v.fresh {
		v.fresh = false
		d.fresh--
	}
}

// remove forgets a connection, once.
func (d *door) remove(v *visitor) {
	if v.gone {
		return
	}
	v.gone = true
	v.stir()
	d.age(v)
	if v.spare {
		d.spare--
	} else {
		d.served--
	}
	if !v.proxy {
		d.clientOf(v.from).connections--
		d.settle(v.from)
	}
	d.forget(v.from)
	d.changed()
}

// rest puts a visitor among the idle, as the one that came last.
func (d *door) rest(v *visitor) {
	if v.gone || v.flying > 0 || v.among != nil {
		return
	}
	switch {
	case v.spare:
		v.among = &d.waiting
	case v.proxy:
		v.among = &d.proxies
	default:
		v.among = &d.clientOf(v.from).idle
	}
	d.rested++
	v.since = d.rested
	v.place = v.among.PushBack(v)
	d.settle(v.from)
}

// stir takes a visitor out from among the idle.
func (v *visitor) stir() {
	if v.among == nil {
		return
	}
	v.among.Remove(v.place)
	v.among, v.place = nil, nil
	v.door.settle(v.from)
}

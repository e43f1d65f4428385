package plugins

import (
	"time"

	"vega/plugins/egress"
)

// The prices that a run is charged for work that can't be measured while it is
// done, because the kernel or another goroutine does it, or because it
// alternates with waiting too quickly. They are the CPU times at this end of a
// loopback connection that egress.BenchmarkPrices measured on a machine of
// 2026, rounded up. A guest that does such work in a loop is stopped after
// about its budget; an honest probe is charged a few milliseconds in total.
const (
	priceLookup    = 120 * time.Microsecond
	priceConnect   = 60 * time.Microsecond
	priceHandshake = time.Millisecond // with a chain of three certificates
	priceExchange  = 80 * time.Microsecond
	priceHTTP2     = 400 * time.Microsecond
	priceQuestion  = 60 * time.Microsecond
	priceMove      = 2 * time.Microsecond   // one read or write
	pricePerKiB    = 1500 * time.Nanosecond // read or written
	priceStore     = 100 * time.Microsecond // access to a value in vega's own storage
	priceKeys      = 300 * time.Microsecond // adding up 1,000 keys before one is set
	priceKeepKiB   = 6 * time.Microsecond   // stored, in the log and the file of the database
	priceQuery     = 250 * time.Microsecond // sent to a database, in a session of its own
)

// network charges the guest for the work of its network. It implements
// egress.Account.
type network struct{ *guest }

// Leave begins a wait for the peer.
func (n network) Leave() { n.leave() }

// Return ends the wait that Leave began.
func (n network) Return() { n.comeBack() }

// Pay charges the guest for work of the network.
func (n network) Pay(w egress.Work, count int) {
	switch w {
	case egress.Lookup:
		n.lease.Charge(priceLookup)
	case egress.Connect:
		n.lease.Charge(priceConnect)
	case egress.Handshake:
		n.lease.Charge(priceHandshake)
	case egress.Exchange:
		n.lease.Charge(priceExchange)
	case egress.HTTP2:
		n.lease.Charge(priceHTTP2)
	case egress.Question:
		n.lease.Charge(priceQuestion)
	case egress.Moved:
		n.lease.Charge(priceMove + moved(count))
	case egress.Written:
		n.lease.Charge(time.Duration(count) * priceMove)
	}
}

// moved returns the price of reading or writing n bytes.
func moved(bytes int) time.Duration { return priceOf(bytes, pricePerKiB) }

func priceOf(bytes int, kib time.Duration) time.Duration { return time.Duration(bytes) * kib >> 10 }

package plugins

import (
	"time"

	"vega/plugins/egress"
)

// What a run is charged for work that can't be measured while it is done, because
// the kernel or another goroutine does it, or because it alternates with waiting
// too quickly. The prices are the CPU times at this end of a loopback connection
// that egress.BenchmarkPrices measured on a machine of 2026, rounded up. A guest
// that does any of it in a loop is ended after about its budget; an honest probe
// is charged a few milliseconds in all.
const (
	priceLookup    = 120 * time.Microsecond
	priceConnect   = 60 * time.Microsecond
	priceHandshake = time.Millisecond // with a chain of three certificates
	priceExchange  = 80 * time.Microsecond
	priceHTTP2     = 400 * time.Microsecond
	priceQuestion  = 60 * time.Microsecond
	priceMove      = 2 * time.Microsecond   // a read or a write
	pricePerKiB    = 1500 * time.Nanosecond // of what is read or written
	priceStore     = 100 * time.Microsecond // a value of vega's own storage
	priceKeys      = 300 * time.Microsecond // to add up 1,000 keys before one is set
	priceKeepKiB   = 6 * time.Microsecond   // of a value that is kept, in the log and the file of the database
	priceQuery     = 250 * time.Microsecond // of a database, in a session of its own
)

// network charges the guest for what its network does. It implements
// egress.Account.
type network struct{ *guest }

// Leave begins a wait for the far end.
func (n network) Leave() { n.leave() }

// Return ends what Leave began.
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

// moved returns the price of reading or writing so many bytes.
func moved(bytes int) time.Duration { return priceOf(bytes, pricePerKiB) }

func priceOf(bytes int, kib time.Duration) time.Duration { return time.Duration(bytes) * kib >> 10 }

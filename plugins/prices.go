package plugins

import (
	"time"

	"vega/plugins/egress"
	"vega/sdk/abi"
)

// What a run pays of its budget for work that is not measured while it is done:
// it is the kernel's, or another goroutine's, or so finely mixed with waiting
// that a clock would count that too. egress.BenchmarkPrices measures the
// processor time of each at this end of a loopback connection, on a machine of
// 2026; the prices are that, rounded up. A loop of any of them ends after about
// the budget, and an honest probe pays a few milliseconds in all.
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
	priceKeys      = 300 * time.Microsecond // adding up 1,000 keys, before one is set
	priceKeepKiB   = 6 * time.Microsecond   // of one that is kept, in its log and its file
	priceQuery     = 250 * time.Microsecond // of a database, in a session of its own
)

// network is the account of the guest's network.
type network struct{ *guest }

// Leave and Return are around what waits for the far end.
func (n network) Leave() { n.leave() }

// Return ends what Leave began.
func (n network) Return() { n.comeBack() }

// Pay charges for work on the network.
func (n network) Pay(w egress.Work, count int) {
	switch w {
	case egress.Lookup:
		n.pay(priceLookup)
	case egress.Connect:
		n.pay(priceConnect)
	case egress.Handshake:
		n.pay(priceHandshake)
	case egress.Exchange:
		n.pay(priceExchange)
	case egress.HTTP2:
		n.pay(priceHTTP2)
	case egress.Question:
		n.pay(priceQuestion)
	case egress.Moved:
		n.pay(priceMove + moved(count))
	case egress.Written:
		n.pay(time.Duration(count) * priceMove)
	}
}

// moved is the price of so many bytes that are read or written.
func moved(bytes int) time.Duration { return priceOf(bytes, pricePerKiB) }

func priceOf(bytes int, kib time.Duration) time.Duration { return time.Duration(bytes) * kib >> 10 }

// pay charges the run.
func (g *guest) pay(price time.Duration) {
	if g.turn.end != nil {
		g.turn.pay(price)
	}
}

// Pause is called in the middle of what the host computes for the guest: it
// lets others have their turn, as the guest's own code does, and says when the
// run has ended.
func (g *guest) Pause() error {
	if g.instance.stackSize() <= maxStack { // who waits holds on to its stack
		g.turn.share()
	}
	if g.run.Err() != nil {
		return errRunEnded
	}
	return nil
}

// errRunEnded ends what computes for a run that has ended. It is no timeout:
// nobody was waited for.
var errRunEnded = &egress.Error{Errno: abi.ErrIO, Text: "the run has ended"}

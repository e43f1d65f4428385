package plugins

import (
	"time"

	"vega/plugins/egress"
	"vega/plugins/manifest"
)

// Limits of one run. A probe that exceeds a limit on its results is at fault
// (cause probe); log lines are dropped instead, and the log says how many.
const (
	DefaultMemory manifest.Size = 32 << 20
	// DefaultHostMemory is the maximum that the host holds on behalf of all runs.
	DefaultHostMemory manifest.Size = 256 << 20

	maxHandles  = 16
	maxQueries  = 3       // open at the same time; vega has few connections to a database, and each run leaves one to others
	maxMessage  = 1 << 10 // bytes of the one-line result
	maxDetails  = 64
	maxDetail   = 4 << 10 // bytes of a detail's value
	maxName     = 128     // bytes of a detail's or metric's name, or a unit
	maxMetrics  = 64
	maxLogLines = 64
	maxLogLine  = 1 << 10
	maxArgument = 64 << 10 // bytes of a key, URL, header, query, pattern …
	maxHeaders  = 64
	maxWrite    = 1 << 20 // bytes of a request body, or of one write
	maxKVKey    = 256
	maxKVValue  = 1 << 20
	maxText     = 8 << 20 // bytes of a string to match
	maxAudit    = 16      // denied calls that are kept

	// headStart is how long before the deadline host calls time out, so the
	// guest can still report what it was waiting for.
	headStart = 50 * time.Millisecond
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
	priceFieldKiB  = 20 * time.Microsecond // of headers and trailers over HTTP/2, which are compressed
	priceQuestion  = 60 * time.Microsecond
	priceSSH       = 2 * time.Millisecond   // a key exchange, and a login by key
	priceEcho      = 50 * time.Microsecond  // and its reply, next to other runs; the first of a process at rest costs more
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
	case egress.SSHHandshake:
		n.lease.Charge(priceSSH)
	case egress.Pinged:
		n.lease.Charge(time.Duration(count) * priceEcho)
	case egress.Moved:
		n.lease.Charge(priceMove + moved(count))
	case egress.Written:
		n.lease.Charge(time.Duration(count) * priceMove)
	}
}

// moved returns the price of reading or writing n bytes.
func moved(bytes int) time.Duration { return priceOf(bytes, pricePerKiB) }

func priceOf(bytes int, kib time.Duration) time.Duration { return time.Duration(bytes) * kib >> 10 }

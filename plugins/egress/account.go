package egress

// Account is charged for the network that a run uses. It is used by one
// goroutine at a time.
type Account interface {
	// Leave starts a wait for the peer, during which the session computes
	// little; Return ends it. They nest.
	Leave()
	Return()
	// Pause is called between steps of a long computation so that other runs
	// get a turn. An error ends the computation.
	Pause() error
	// Pay charges for work whose CPU time is not measured because other
	// goroutines or the kernel do it, or because it happens between two waits.
	Pay(w Work, n int)
	// Hold counts memory before it is allocated, and Release stops counting
	// it. An error from Hold is an *Error.
	Hold(bytes int) error
	Release(bytes int)
}

// Work is a kind of work that is charged per unit.
type Work int

// The kinds of work.
const (
	Lookup       Work = iota // a name lookup
	Connect                  // opening and closing a connection
	Handshake                // a TLS handshake, including verification
	Exchange                 // a request and its response headers
	HTTP2                    // the same, the additional cost of HTTP/2
	Moved                    // bytes read or written
	Written                  // writes that HTTP/2 makes on its own
	Question                 // a query to a DNS server
	SSHHandshake             // a key exchange of SSH and a login
	Pinged                   // echo requests, and the replies
)

// The memory that a connection takes in addition to the data read from it, in
// bytes: the result of BenchmarkConnectionMemory plus one half.
const (
	connMemory   = 16 << 10  // buffers, request and a typical header
	tlsMemory    = 48 << 10  // handshake state and both records
	parsedMemory = 80        // per byte of a handshake, in the worst case: a certificate with many empty URIs
	certMemory   = 16        // per byte of a certificate, without its URIs
	uriMemory    = 160       // per URI
	windowMemory = 128 << 10 // the HTTP/2 receive window, plus half as much for its frames
	gzipMemory   = 80 << 10  // a decompressor's window and tables
	readerMemory = 96 << 10  // the secret filter of a response: input and output
	packetMemory = 96 << 10  // a buffer for the largest datagram
	textMemory   = 64        // a DNS record, without its text
)

// noAccount is the account of a session without one.
type noAccount struct{}

func (noAccount) Leave()         {}
func (noAccount) Return()        {}
func (noAccount) Pause() error   { return nil }
func (noAccount) Pay(Work, int)  {}
func (noAccount) Hold(int) error { return nil }
func (noAccount) Release(int)    {}

func (s *Session) account() Account {
	if s.Account == nil {
		return noAccount{}
	}
	return s.Account
}

// holding is the memory held for something open.
type holding struct {
	of    Account
	bytes int
}

// grow holds another n bytes.
func (h *holding) grow(n int) error {
	if err := h.of.Hold(n); err != nil {
		return err
	}
	h.bytes += n
	return nil
}

// shrink releases n bytes.
func (h *holding) shrink(n int) {
	h.of.Release(n)
	h.bytes -= n
}

// release releases everything. It may be called again.
func (h *holding) release() {
	h.of.Release(h.bytes)
	h.bytes = 0
}

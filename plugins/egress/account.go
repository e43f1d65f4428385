package egress

// Account is what the network that a run uses is charged to. One goroutine
// uses it at a time.
type Account interface {
	// Leave says that what comes next waits for the far end and computes
	// little, Return that this is over. They nest.
	Leave()
	Return()
	// Pause is called in the middle of computing, so that others have their
	// turn. An error ends it.
	Pause() error
	// Pay charges for work whose computing is not measured, because it is done
	// by other goroutines, in the kernel, or between two waits.
	Pay(w Work, n int)
	// Hold counts memory before it is allocated; Release gives it back. An
	// error of Hold is an *Error.
	Hold(bytes int) error
	Release(bytes int)
}

// Work is a kind of work that is paid for by the piece.
type Work int

// The kinds of work.
const (
	Lookup    Work = iota // a name that was asked for
	Connect               // a connection that was made, and will be closed
	Handshake             // of TLS, with what verifies the far end
	Exchange              // a request, and the headers of its answer
	HTTP2                 // likewise, what HTTP/2 costs beyond that
	Moved                 // a read or write of so many bytes
	Written               // so many writes that HTTP/2 made by itself
	Question              // a question to a DNS server
)

// What a connection takes of memory besides what is read of it, in bytes, as
// BenchmarkConnectionMemory measures it, and a half more.
const (
	connMemory   = 16 << 10  // with its buffers, its request and a usual header
	tlsMemory    = 48 << 10  // the handshake's state, both records
	parsedMemory = 80        // what a byte of a handshake is parsed to at worst: a certificate of many empty URIs
	certMemory   = 16        // what a byte of a certificate takes but for its URIs
	uriMemory    = 160       // what one of those takes
	windowMemory = 128 << 10 // what HTTP/2 may send before it is asked to; half as much again, in its pieces
	gzipMemory   = 80 << 10  // the window and tables of a decompressor
	readerMemory = 96 << 10  // what looks for secrets in an answer: what came, and what may go on
	packetMemory = 96 << 10  // the buffer that the largest datagram fits in
	textMemory   = 64        // what a record takes besides its text
)

// free is the account of a session that has none.
type free struct{}

func (free) Leave()         {}
func (free) Return()        {}
func (free) Pause() error   { return nil }
func (free) Pay(Work, int)  {}
func (free) Hold(int) error { return nil }
func (free) Release(int)    {}

func (s *Session) account() Account {
	if s.Account == nil {
		return free{}
	}
	return s.Account
}

// holding is memory that something open takes.
type holding struct {
	of    Account
	bytes int
}

// more holds n bytes more.
func (h *holding) more(n int) error {
	if err := h.of.Hold(n); err != nil {
		return err
	}
	h.bytes += n
	return nil
}

// less gives n bytes back.
func (h *holding) less(n int) {
	h.of.Release(n)
	h.bytes -= n
}

// release gives all of it back. It may be called again.
func (h *holding) release() {
	h.of.Release(h.bytes)
	h.bytes = 0
}

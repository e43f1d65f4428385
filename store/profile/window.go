package profile

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// How many texts of queries are recognised without being read again, and
	// among how many places each of them has the choice.
	textSets, textWays = 1024, 4
	// From how many texts a statement takes its first text's function for all:
	// the program puts values into its queries, and finding who called costs
	// more than all the rest.
	manyTexts = 32

	recentKept, slowKept, failedKept = 100, 10, 10
)

// window is all that was measured since a Reset.
type window struct {
	since time.Time
	most  int // shapes

	// texts is a cache. A new text takes the place of an old one, which costs
	// that one a second reading; so texts that never come again, with values
	// in them, neither fill it nor keep others out. It holds hashes: the text
	// itself may have secrets in it.
	texts [textSets][textWays]atomic.Pointer[text]

	mu     sync.Mutex // guards shapes
	shapes map[string]*shape
	other  *shape // stands for those that are too many

	recent, slow, failed *ring
}

// text is what a query is known by when it comes again.
type text struct {
	window   *window
	hash     uint64
	shape    *shape
	function string // the first caller
	kind     kind

	// The names of the shape, or its own where the shape is other.
	statement, fingerprint string

	proven  atomic.Bool // has run without an error
	skipped atomic.Bool // the driver executes it as a prepared statement only
	unfit   atomic.Bool // the driver's statement can't stand in for the query
}

// shape is a statement: what many texts have in common.
type shape struct {
	statement, fingerprint string
	function               atomic.Pointer[string] // that was the first to send it
	texts                  atomic.Int64
	stats                  stats
	explaining             atomic.Bool
	plan                   atomic.Pointer[plan]
}

func newWindow(statements int) *window {
	return &window{
		since:  time.Now(),
		most:   statements,
		shapes: map[string]*shape{},
		other:  newShape("(other statements)", "other"),
		recent: newRing(recentKept),
		slow:   newRing(slowKept),
		failed: newRing(failedKept),
	}
}

func newShape(statement, fingerprint string) *shape {
	s := &shape{statement: statement, fingerprint: fingerprint}
	s.stats.init()
	return s
}

// text finds what is known of a query. It must be called by the goroutine that
// sent the query: a new text notes its caller.
func (p *Profiler) text(ctx context.Context, query string) *text {
	w := p.window.Load()
	hash := maphash.String(p.seed, query)
	set := &w.texts[hash%textSets]
	for i := range set {
		if t := set[i].Load(); t != nil && t.hash == hash {
			return t
		}
	}
	t := w.read(ctx, query, p.options.Dialect)
	t.hash = hash
	place := &set[hash>>32%textWays]
	for i := range set {
		if set[i].Load() == nil {
			place = &set[i]
			break
		}
	}
	place.Store(t)
	return t
}

// read makes the text of a query that is not known.
func (w *window) read(ctx context.Context, query string, dialect Dialect) *text {
	n := normalize(query, dialect)
	s := w.shape(n)
	t := &text{window: w, shape: s, kind: n.kind, statement: n.statement, fingerprint: n.fingerprint}
	if s == w.other {
		return t
	}
	t.statement, t.fingerprint = s.statement, s.fingerprint
	if s.texts.Add(1) > manyTexts {
		t.function = s.functionName()
		return t
	}
	t.function = caller()
	first := t.function
	if name, ok := ctx.Value(functionKey{}).(string); ok {
		first = name
	}
	s.function.CompareAndSwap(nil, &first)
	return t
}

func (w *window) shape(n normalized) *shape {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.shapes[n.fingerprint]; s != nil {
		return s
	}
	if len(w.shapes) >= w.most {
		return w.other
	}
	s := newShape(n.statement, n.fingerprint)
	w.shapes[n.fingerprint] = s
	return s
}

func (s *shape) functionName() string {
	if name := s.function.Load(); name != nil {
		return *name
	}
	return ""
}

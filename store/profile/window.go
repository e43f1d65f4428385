package profile

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Size of the cache of texts: sets, and entries per set.
	textSets, textWays = 1024, 4
	// A statement with more texts than this is attributed to the caller of its
	// first text: the program writes values into its queries, and finding the
	// caller costs more than the rest.
	manyTexts = 32

	recentKept, slowKept, failedKept = 100, 10, 10
)

// window holds all measurements since a Reset.
type window struct {
	since time.Time
	limit int // of shapes

	// texts is a cache of query texts. A new text replaces an old one, which
	// then has to be parsed again. So texts that are never repeated, because
	// they contain values, neither fill the cache nor keep others out. It
	// stores hashes, because a text may contain secrets.
	texts [textSets][textWays]atomic.Pointer[text]

	mu     sync.Mutex // guards shapes
	shapes map[string]*shape
	other  *shape // stands for those beyond the limit

	recent, slow, failed *ring
	peaks                peaks
}

// text stores what is known about a query that was sent before.
type text struct {
	window   *window
	hash     uint64
	shape    *shape
	function string // the first caller
	kind     kind
	session  session

	// Those of the shape, or its own if the shape is other.
	statement, fingerprint string

	proven  atomic.Bool // has run without an error
	skipped atomic.Bool // the driver executes it as a prepared statement only
	unfit   atomic.Bool // the driver's statement cannot replace the query
}

// shape is a statement, the common form of a number of texts.
type shape struct {
	statement, fingerprint string
	function               atomic.Pointer[string] // the first that sent it
	texts                  atomic.Int64
	stats                  stats
	explaining             atomic.Bool
	plan                   atomic.Pointer[plan]
}

func newWindow(statements int) *window {
	return &window{
		since:  time.Now(),
		limit:  statements,
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

// text looks up a query. The goroutine that sent the query must call it,
// because a new text records its caller.
func (c *connector) text(ctx context.Context, query string) *text {
	p := c.profiler
	w := p.window.Load()
	hash := maphash.String(p.seed, query)
	set := &w.texts[hash%textSets]
	for i := range set {
		if t := set[i].Load(); t != nil && t.hash == hash {
			return t
		}
	}
	t := w.read(ctx, c.normalize(query))
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

// read describes a query that is not cached.
func (w *window) read(ctx context.Context, n normalized) *text {
	s := w.shape(n)
	t := &text{window: w, shape: s, kind: n.kind, session: n.session, statement: n.statement, fingerprint: n.fingerprint}
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
	if len(w.shapes) >= w.limit {
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

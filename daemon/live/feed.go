package live

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// Viewers is how many can follow a feed.
	Viewers = 256
	// pause is the least time between two messages.
	pause = time.Second
	// behind is how many messages may wait for a viewer.
	behind = 2
	// catchUp is the largest number of rows that a viewer who comes back is sent.
	catchUp = 500
)

// ErrFull is returned if there are already as many viewers as there may be.
var ErrFull = fmt.Errorf("%d browsers follow the pages already, which is the limit", Viewers)

// Message is what viewers are sent.
type Message struct {
	From   uint64   // a viewer who has not seen this generation has missed something
	Reload uint64   // a page that is older than this generation is to be loaded again; 0: none
	Names  []string // the integrations that changed; a name may be there twice
	to     uint64
}

// Encode returns a message in JSON, without the integrations that are not configured.
type Encode func(Message) ([]byte, error)

// Feed sends viewers what changed on a board, once a second at most. A message is encoded
// once for all of them. Nothing runs while there is no viewer.
type Feed struct {
	board  *Board
	encode Encode

	mu      sync.Mutex
	viewers map[*Viewer]struct{}
	stop    context.CancelFunc // of run; nil if there is no viewer
}

// NewFeed returns a feed of a board.
func NewFeed(b *Board, encode Encode) *Feed {
	return &Feed{board: b, encode: encode, viewers: map[*Viewer]struct{}{}}
}

// Viewer is somebody who follows a feed.
type Viewer struct {
	feed   *Feed
	events chan []byte
}

// Follow adds a viewer. The error is ErrFull. The caller must call Leave.
func (f *Feed) Follow() (*Viewer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.viewers) >= Viewers {
		return nil, ErrFull
	}
	v := &Viewer{f, make(chan []byte, behind)}
	f.viewers[v] = struct{}{}
	if f.stop == nil {
		var ctx context.Context
		ctx, f.stop = context.WithCancel(context.Background())
		f.board.follow(true)
		go f.run(ctx)
	}
	return v, nil
}

// Missed returns the event with what happened after the message with an id, or since a page
// of that generation was rendered. It is to be sent before the events.
func (v *Viewer) Missed(id string) []byte { return v.feed.event(v.feed.board.since(id)) }

// Events has the events that the viewer is to be sent, in the format of server-sent events.
func (v *Viewer) Events() <-chan []byte { return v.events }

// Leave removes the viewer.
func (v *Viewer) Leave() {
	v.feed.mu.Lock()
	defer v.feed.mu.Unlock()
	delete(v.feed.viewers, v)
	if len(v.feed.viewers) == 0 && v.feed.stop != nil {
		v.feed.stop()
		v.feed.stop = nil
		v.feed.board.follow(false)
	}
}

// Count returns the number of viewers.
func (f *Feed) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.viewers)
}

// run sends messages until ctx ends, which is when the last viewer leaves.
func (f *Feed) run(ctx context.Context) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if event := f.next(); event != nil {
			f.send(event)
		}
	}
}

// next returns the event with what changed, or nil if nothing did.
func (f *Feed) next() []byte {
	m := f.board.take()
	if m.to == m.From {
		return nil
	}
	return f.event(m)
}

// send passes an event on. A viewer for whom others wait gets one to reload instead of all
// of them.
func (f *Feed) send(event []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var reload []byte
	for v := range f.viewers {
		select {
		case v.events <- event:
			continue
		default:
		}
		if reload == nil {
			reload = f.reload()
		}
		v.drop()
		v.events <- reload // there is room: only this function sends
	}
}

// drop removes the events that wait.
func (v *Viewer) drop() {
	for {
		select {
		case <-v.events:
		default:
			return
		}
	}
}

// reload returns the event for a viewer who missed others.
func (f *Feed) reload() []byte {
	to := f.board.last()
	return eventOf(f.board.id(to), reloadOf(to))
}

// event encodes a message. If that fails, a viewer who loads the page again sees why.
func (f *Feed) event(m Message) []byte {
	data, err := f.encode(m)
	if err != nil {
		data = reloadOf(m.to)
	}
	return eventOf(f.board.id(m.to), data)
}

func reloadOf(to uint64) []byte { return fmt.Appendf(nil, `{"reload":%d}`, to) }

// eventOf returns an event. JSON has no line feeds outside of texts, and there they are
// escaped.
func eventOf(id string, data []byte) []byte {
	return fmt.Appendf(nil, "id: %s\ndata: %s\n\n", id, data)
}

// follow says whether there are viewers. What changed before they came is not in a message.
func (b *Board) follow(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending {
		b.advance()
	}
	b.followed, b.changed, b.sent = on, nil, b.generation
}

// take begins the next generation if something changed since the last message, and returns
// what did.
func (b *Board) take() Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending {
		b.advance()
	}
	m := Message{From: b.sent, to: b.generation, Names: b.changed}
	if b.replaced > b.sent {
		m.Reload = b.replaced
	}
	b.sent, b.changed = b.generation, nil
	return m
}

// last returns the generation of the last message.
func (b *Board) last() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sent
}

// since returns what happened after the generation with an id. Without an id, nothing did.
func (b *Board) since(id string) Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := Message{From: b.generation, to: b.generation}
	if id == "" {
		return m
	}
	again := m
	again.Reload = b.generation
	epoch, number, _ := strings.Cut(id, "-")
	from, err := strconv.ParseUint(number, 10, 64)
	if epoch != b.epoch || err != nil || from > b.generation || b.replaced > from {
		return again
	}
	m.From = from
	for name, r := range b.rows {
		if r.changed > from && r.changed <= b.generation {
			m.Names = append(m.Names, name)
		}
	}
	if len(m.Names) > catchUp {
		return again
	}
	return m
}

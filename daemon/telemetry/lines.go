package telemetry

import (
	"context"
	"io"
	"sync"
)

// maxPending is how many bytes of lines wait for their reader before lines are
// dropped.
const maxPending = 1 << 20

// Lines is a writer that never waits for w: a log whose reader has stopped, or whose
// disk hangs, must not stop the program that writes it. What does not fit into a
// bounded buffer, and what w does not accept, is dropped and counted. The caller must
// call Close.
type Lines struct {
	w    io.Writer
	lost func(lines int)

	mu      sync.Mutex
	pending []byte
	lines   int // in pending
	dropped int // since the last successful write
	closed  bool
	wake    chan struct{}
	ended   chan struct{}
}

// NewLines returns Lines that writes to w. If lost is not nil, it is called with the
// number of lines that were dropped, once w accepts lines again. It may write to the
// Lines.
func NewLines(w io.Writer, lost func(lines int)) *Lines {
	l := &Lines{w: w, lost: lost, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go l.run()
	return l
}

// Write adds a line. It never fails.
func (l *Lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.pending)+len(line) > maxPending {
		l.dropped++
		return len(line), nil
	}
	l.pending = append(l.pending, line...)
	l.lines++
	l.signal()
	return len(line), nil
}

func (l *Lines) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// take returns the pending lines, and reports whether more may come.
func (l *Lines) take(room []byte) (text []byte, lines int, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text, lines = l.pending, l.lines
	l.pending, l.lines = room[:0], 0
	return text, lines, !l.closed
}

func (l *Lines) run() {
	defer close(l.ended)
	var room []byte
	for more := true; more; {
		<-l.wake
		for {
			var text []byte
			var lines int
			text, lines, more = l.take(room)
			room = text // once it is written, and even if it is empty: the former room is pending now
			if lines == 0 {
				break
			}
			_, err := l.w.Write(text)
			l.count(lines, err)
		}
	}
}

// count counts the lines of a failed write. After a successful one, it reports those
// that were dropped, once there is room for the report.
func (l *Lines) count(lines int, err error) {
	l.mu.Lock()
	dropped := 0
	switch {
	case err != nil:
		l.dropped += lines
	case len(l.pending) < maxPending/2:
		dropped, l.dropped = l.dropped, 0
	}
	l.mu.Unlock()
	if dropped > 0 && l.lost != nil {
		l.lost(dropped)
	}
}

// Close writes what is pending, for as long as ctx allows. Later lines are dropped.
func (l *Lines) Close(ctx context.Context) {
	l.mu.Lock()
	l.closed = true
	l.signal()
	l.mu.Unlock()
	select {
	case <-l.ended:
	case <-ctx.Done():
	}
}

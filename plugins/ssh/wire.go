package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
)

// wire is the connection below a client. It limits what the server sends, and keeps the
// identification and the first error, which x/crypto hides behind its own.
type wire struct {
	net.Conn

	mu    sync.Mutex
	room  int    // bytes that the server may still send
	top   int    // the limit that room began with
	line  []byte // the current line, until the identification
	first string // the first line that is not the identification
	ident string
	err   error // the first one, unless it came after Close
	ended bool  // Close was called

	over    bool // the context has ended
	reading bool // x/crypto waits for more
	changed sync.Cond
}

var errFlood = errors.New("the server sent more than")

// maxLine is the longest line that is kept, as in RFC 4253.
const maxLine = 255

func (w *wire) Read(p []byte) (int, error) {
	w.mu.Lock()
	if w.room == 0 && w.err == nil {
		w.err = fmt.Errorf("%w %d KiB", errFlood, w.top>>10)
	}
	if err := w.err; err != nil {
		w.mu.Unlock()
		return 0, err
	}
	p = p[:min(len(p), w.room)]
	w.reading = true
	w.changed.Broadcast()
	w.mu.Unlock()
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading = false
	w.room -= min(n, w.room)
	w.look(p[:n])
	w.keep(err)
	return n, err // what look found is returned by the next call
}

// Write writes all of p.
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(err)
	return n, err
}

func (w *wire) keep(err error) {
	if w.err == nil && !w.ended {
		w.err = err
		w.changed.Broadcast()
	}
}

// fail ends the connection with an error, unless it has one.
func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(err)
}

// goesOn reports whether x/crypto accepts what the server sent, by waiting until it reads on
// or gives up: it does not say why an attempt to log in failed.
func (w *wire) goesOn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.reading && w.err == nil && !w.ended && !w.over {
		w.changed.Wait()
	}
	return w.reading && w.err == nil && !w.ended && !w.over
}

// Close closes the connection.
func (w *wire) Close() error {
	w.mu.Lock()
	w.ended = true
	w.changed.Broadcast()
	w.mu.Unlock()
	return w.Conn.Close()
}

var errVersion = errors.New("it does not speak version 2 of SSH; update the server")

// look looks for the identification.
func (w *wire) look(p []byte) {
	for _, b := range p {
		if w.ident != "" {
			return
		}
		if b != '\n' {
			if len(w.line) < maxLine {
				w.line = append(w.line, b)
			}
			continue
		}
		line := strings.TrimSuffix(string(w.line), "\r")
		w.line = w.line[:0]
		switch {
		case strings.HasPrefix(line, "SSH-2.0-"), strings.HasPrefix(line, "SSH-1.99-"): // the latter speaks 1, too
			w.ident = line
		case strings.HasPrefix(line, "SSH-"):
			w.first = line
			w.keep(errVersion) // x/crypto would wait for what it never sends
		case w.first == "":
			w.first = line
		}
	}
}

func (w *wire) identification() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ident
}

// said returns the first line of a server without an identification.
func (w *wire) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	const maxSaid = 80
	said := w.first
	if said == "" {
		said = string(w.line)
	}
	return strings.ToValidUTF8(said[:min(len(said), maxSaid)], "\uFFFD")
}

// trouble returns the first error of the connection.
func (w *wire) trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// limit limits what the server sends from now on.
func (w *wire) limit(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room, w.top = bytes, bytes
}

// arm bounds what happens next by a context, and returns a function that removes the bound.
func (w *wire) arm(ctx context.Context) func() bool {
	deadline, _ := ctx.Deadline()
	_ = w.SetDeadline(deadline)
	return context.AfterFunc(ctx, func() {
		w.mu.Lock()
		w.over = true
		w.changed.Broadcast()
		w.mu.Unlock()
		_ = w.SetDeadline(past)
	})
}

package statsd

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vega/daemon/config/telemetry"
)

const (
	// redial is how long a connection is used. A new one looks the name up again, because
	// UDP does not report that a receiver has moved.
	redial = time.Minute
	// retry is how long no connection is tried after one that failed.
	retry = 5 * time.Second
	// dialPatience limits an attempt to connect, which includes looking up the name.
	dialPatience = 5 * time.Second
	// closePatience limits how long the last packets take.
	closePatience = time.Second
)

var (
	errWaits = errors.New("the last attempt to connect failed a moment ago")
	errLate  = errors.New("vega is shutting down or has another receiver now")
)

// writer sends packets to a receiver, and connects when it has to. A client's goroutine
// calls Write, one at a time.
type writer struct {
	settings         telemetry.StatsD
	exporter         *Exporter
	network, address string
	ctx              context.Context // ends when the writer must
	end              context.CancelFunc
	last             atomic.Pointer[time.Timer]

	mu     sync.Mutex // guards the fields below
	conn   net.Conn   // nil: not connected
	until  time.Time  // when conn is replaced, or a connection is tried again
	before int        // the number of values in the last packet of conn, if it may be lost
	plain  bytes.Buffer
}

func newWriter(settings telemetry.StatsD, x *Exporter) *writer {
	w := &writer{settings: settings, exporter: x, network: "udp", address: settings.Address}
	if path, ok := strings.CutPrefix(settings.Address, "unix://"); ok {
		w.network, w.address = "unixgram", path
	}
	w.ctx, w.end = context.WithCancel(context.Background())
	return w
}

// hurry makes every call fail from a second from now on.
func (w *writer) hurry() { w.last.Store(time.AfterFunc(closePatience, w.end)) }

// Write sends a packet. It counts the values that it could not send.
func (w *writer) Write(packet []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	values := bytes.Count(packet, []byte("\n"))
	out := packet
	if !w.settings.Tags {
		out = w.withoutTags(packet)
	}
	err := w.send(out)
	if refused := w.refused(err); refused {
		if w.before > 0 {
			w.exporter.lose(w.settings.Address, w.before, err.Error())
		}
		w.disconnect()
		err = w.send(out)
	}
	if w.before = values; w.network != "udp" {
		w.before = 0 // the socket took the last packet, or said that it did not
	}
	if err != nil {
		w.before = 0
		w.exporter.lose(w.settings.Address, values, err.Error())
		return 0, err
	}
	return len(packet), nil
}

// refused reports whether err means that the receiver of the connection is gone. A Unix
// socket may have a new one. A UDP socket reports so when the next packet is sent, which is
// then not sent.
func (w *writer) refused(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return err != nil && !errors.Is(err, errLate) && w.conn != nil && (!ok || !timeout.Timeout())
}

func (w *writer) send(packet []byte) error {
	if w.ctx.Err() != nil {
		return errLate
	}
	if err := w.connect(time.Now()); err != nil {
		return err
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(sendPatience)); err != nil {
		return err
	}
	_, err := w.conn.Write(packet)
	return err
}

// connect connects, unless there is a connection that is not too old.
func (w *writer) connect(now time.Time) error {
	due := !now.Before(w.until) || w.until.Sub(now) > redial // the clock was set back
	switch {
	case w.conn != nil && !due:
		return nil
	case w.conn == nil && !due:
		return errWaits
	}
	ctx, cancel := context.WithTimeout(w.ctx, dialPatience)
	defer cancel()
	conn, err := w.exporter.dial(ctx, w.network, w.address)
	switch {
	case err == nil:
		w.disconnect()
		w.conn, w.until = conn, time.Now().Add(redial)
		return nil
	case w.conn != nil: // keep the old one
		w.until = time.Now().Add(retry)
		return nil
	default:
		w.until = time.Now().Add(retry)
		return err
	}
}

// disconnect closes the connection. The next packet opens another one.
func (w *writer) disconnect() {
	if w.conn != nil {
		_ = w.conn.Close() // nothing is buffered
	}
	w.conn, w.until, w.before = nil, time.Time{}, 0
}

// withoutTags returns a packet as every StatsD server understands it. The client adds tags
// for variables such as DD_ENV to each line. A gauge with a sign changes the last value
// instead of replacing it, so one with a negative value is set to zero first.
func (w *writer) withoutTags(packet []byte) []byte {
	w.plain.Reset()
	for line := range bytes.Lines(packet) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		name, rest, _ := bytes.Cut(line, []byte(":"))
		value, kind, _ := bytes.Cut(rest, []byte("|"))
		kind, _, _ = bytes.Cut(kind, []byte("|"))
		if len(value) > 0 && value[0] == '-' && string(kind) == "g" {
			w.write(name, []byte("0"), kind)
		}
		w.write(name, value, kind)
	}
	return w.plain.Bytes()
}

func (w *writer) write(name, value, kind []byte) {
	for _, part := range [][]byte{name, []byte(":"), value, []byte("|"), kind, []byte("\n")} {
		w.plain.Write(part)
	}
}

// Close closes the connection.
func (w *writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.last.Load(); t != nil {
		t.Stop()
	}
	w.end()
	w.disconnect()
	return nil
}

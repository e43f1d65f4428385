package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// targetRole is the argument with which this program runs the server to check, in a
// separate process so that its CPU time is not counted.
const targetRole = "serve-the-target"

// serveTarget answers "ok" to everything, until its standard input ends.
func serveTarget(ctx context.Context) {
	l, err := listen(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("http://%s/\n", l.Addr())
	go answerAll(l) // ends with the process
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// answerAll answers "ok" to every request of every connection, with as little work as
// possible, so that the target does not limit what is measured.
func answerAll(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			in := bufio.NewReaderSize(conn, 1024)
			for answerOne(in, conn) == nil {
			}
		}()
	}
}

// answerOne reads a request without a body and answers it. It returns io.EOF if the
// client wants the connection closed: check_http waits for that.
func answerOne(in *bufio.Reader, out io.Writer) error {
	last := false
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		last = last || bytes.EqualFold(bytes.TrimSpace(line), []byte("Connection: close"))
		if len(line) > len("\r\n") { // not the end of the header
			continue
		}
		_, err = io.WriteString(out, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")
		if err == nil && last {
			return io.EOF
		}
		return err
	}
}

// listen listens on a free port of 127.0.0.1.
func listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// startTarget starts the server and returns its URL and a function that stops it.
func startTarget(ctx context.Context) (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, targetRole)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait() // its exit code means nothing
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the target did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

// recorder is a server in this process that records when each path is requested.
type recorder struct {
	url    string
	server *http.Server

	mu   sync.Mutex
	seen map[string][]time.Time
}

func startRecorder(ctx context.Context) (*recorder, error) {
	l, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	r := &recorder{url: "http://" + l.Addr().String(), seen: map[string][]time.Time{}}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(l) }() // ends with Close
	return r, nil
}

// ServeHTTP records the time first.
func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	now := time.Now()
	r.mu.Lock()
	r.seen[q.URL.Path] = append(r.seen[q.URL.Path], now)
	r.mu.Unlock()
	ok(w, q)
}

// checks counts the paths that were requested.
func (r *recorder) checks() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

// soFar returns a copy of the records, by path.
func (r *recorder) soFar() map[string][]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := make(map[string][]time.Time, len(r.seen))
	for path, times := range r.seen {
		seen[path] = slices.Clone(times)
	}
	return seen
}

// close stops the server and returns its records, by path.
func (r *recorder) close() map[string][]time.Time {
	_ = r.server.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

package egress

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// frame encodes an HTTP/2 frame.
func frame(kind, flags byte, stream uint32, body []byte) []byte {
	b := []byte{byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), body...)
}

const (
	frameData, frameHeaders, framePing, frameWindow = 0, 1, 6, 8

	ended, padded, whole = 1, 8, 4 // flags: END_STREAM, PADDED, END_HEADERS
)

var ok = []byte{0x88} // :status 200

// frames serves HTTP/2: once a request arrives on stream 1, it calls answer.
func (a *authority) frames(t *testing.T, answer func(w io.Writer) error) string {
	t.Helper()
	cert := a.leaf(t, time.Now().Add(time.Hour))
	return "https://" + listen(t, func(raw net.Conn) {
		c := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13})
		defer c.Close()
		r := bufio.NewReader(c)
		if _, err := r.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
			return
		}
		_, _ = c.Write(frame(frameSettings, 0, 0, nil))
		for head := make([]byte, 9); head[3] != frameHeaders; {
			if _, err := io.ReadFull(r, head); err != nil {
				return
			}
			_, _ = r.Discard(int(head[0])<<16 | int(head[1])<<8 | int(head[2]))
		}
		go func() { _, _ = io.Copy(io.Discard, r) }()
		if answer(c) == nil {
			drain(raw)
		}
	})
}

// forever writes piece again and again.
func forever(w io.Writer, piece []byte) error {
	for many := bytes.Repeat(piece, 16<<10/len(piece)+1); ; {
		if _, err := w.Write(many); err != nil {
			return err
		}
	}
}

// A server that sends endless data outside the response is cut off and blamed
// for it.
func TestEndlessDataIsCutOff(t *testing.T) {
	ca := newAuthority(t)
	urls := map[string]string{}
	for name, f := range map[string]struct{ before, piece []byte }{
		"ping":         {nil, frame(framePing, 0, 0, make([]byte, 8))},
		"answer":       {nil, frame(framePing, ended, 0, make([]byte, 8))},
		"settings":     {nil, frame(frameSettings, 0, 0, []byte{0, 3, 0, 0, 0, 100})},
		"window":       {nil, frame(frameWindow, 0, 99, []byte{0, 0, 0, 1})},
		"unknown":      {nil, frame(99, 0, 1, make([]byte, 16000))},
		"empty data":   {frame(frameHeaders, whole, 1, ok), frame(frameData, 0, 1, nil)},
		"padded data":  {frame(frameHeaders, whole, 1, ok), frame(frameData, padded, 1, append([]byte{255}, make([]byte, 255)...))},
		"ping in body": {frame(frameHeaders, whole, 1, ok), frame(framePing, 0, 0, make([]byte, 8))},
	} {
		urls[name] = ca.frames(t, func(w io.Writer) error {
			_, _ = w.Write(f.before)
			return forever(w, f.piece)
		})
	}
	urls["chunks"] = "http://" + listen(t, func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		_ = forever(c, []byte("1\r\nX\r\n"))
	})
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			b := newLedger(t)
			r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+url), network: ca.network()})
			r.Account = b
			answer, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: url, MaxBody: HardBody})
			if err == nil {
				_, err = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
			wants(t, err, abi.ErrTarget)
			if err == nil || !strings.Contains(err.Error(), "KiB that are not part of its response") {
				t.Errorf("the error is %v", err)
			}
			if b.paid[Moved] < spareBytes {
				t.Errorf("paid for %d bytes", b.paid[Moved])
			}
			if (name == "ping" || name == "settings") && b.paid[Written] == 0 {
				t.Error("the replies that HTTP/2 sent on its own are not paid for")
			}
			b.settled(name)
		})
	}
}

// Data that a server may legitimately send in addition to a body does not end
// it.
func TestSmallPiecesArrive(t *testing.T) {
	ca := newAuthority(t)
	const size = 1 << 20
	var sent atomic.Int64
	handler := func(w http.ResponseWriter, r *http.Request) {
		text, into, flush := []byte("0123456789abcdef"), io.Writer(w), http.NewResponseController(w).Flush
		switch r.URL.Path {
		case "/events":
			text = []byte("data: {}\n\n")
		case "/zip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			into = z
		}
		for n := 0; n < size; n += len(text) {
			_, _ = into.Write(text)
			if r.URL.Path != "/zip" {
				_ = flush()
			}
			sent.Add(int64(len(text)))
		}
	}
	busy := ca.frames(t, func(w io.Writer) error {
		_, _ = w.Write(frame(frameHeaders, whole, 1, ok))
		for range 2000 {
			for _, f := range [][]byte{frame(framePing, 0, 0, make([]byte, 8)), frame(frameSettings, 0, 0, nil), frame(frameData, 0, 1, make([]byte, 32))} {
				_, _ = w.Write(f)
			}
		}
		_, err := w.Write(frame(frameData, ended, 1, nil))
		return err
	})
	plain, secure, second := server(t, handler).URL, ca.server(t, false, handler).URL, ca.server(t, true, handler).URL
	for _, c := range []struct {
		url  string
		want int64
	}{
		{plain + "/", size},
		{secure + "/", size},
		{second + "/", size},
		{plain + "/events", size},
		{second + "/events", size},
		{second + "/zip", size},
		{secure + "/zip", size},
		{busy + "/", 2000 * 32},
	} {
		sent.Store(0)
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+strings.Join(strings.Split(c.url, "/")[:3], "/")), network: ca.network()})
		answer, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: c.url, MaxBody: 2 * size})
		if err != nil {
			t.Fatalf("%s: %v", c.url, err)
		}
		if strings.HasPrefix(c.url, second) { // start reading when the window is full
			for end := time.Now().Add(realtest.Patience); sent.Load() < windowMemory-int64(len("0123456789abcdef")) && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
		}
		n, err := io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err != nil || n < c.want {
			t.Errorf("%s: %d bytes, %v", c.url, n, err)
		}
	}
}

// TLS records with little data in them cost what they take.
func TestSmallRecordsArePaidFor(t *testing.T) {
	ca := newAuthority(t)
	cert := ca.leaf(t, time.Now().Add(time.Hour))
	const many, overhead = 1000, 22
	addr := listen(t, func(raw net.Conn) {
		c := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13})
		for range many {
			_, _ = c.Write([]byte("x"))
		}
		drain(c)
	})
	r := start(t, setup{rules: rules(t, manifest.Net, "tls://"+addr), network: ca.network()})
	b := newLedger(t)
	r.Account = b
	c := dial(t, r, abi.NetTLS, addr)
	readAll(t, c, many)
	if got := b.paid[Moved]; got < many*(overhead+1)/2 { // the first may arrive with the handshake
		t.Errorf("paid for %d bytes", got)
	}
	c.Close()
	b.settled("closed")
}

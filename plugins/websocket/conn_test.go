package websocket

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// counter is a Holder with a limit, which counts.
type counter struct{ held, most, limit, pauses int }

var errFull = errors.New("no memory is left")

func (c *counter) Hold(n int) error {
	if c.limit > 0 && c.held+n > c.limit {
		return errFull
	}
	c.held += n
	c.most = max(c.most, c.held)
	return nil
}

func (c *counter) Release(n int) { c.held -= n }

func (c *counter) Pause() error { c.pauses++; return nil }

// framed returns a frame of a server. A size of -1 stands for that of the payload.
func framed(first byte, payload string, size int64) string {
	if size < 0 {
		size = int64(len(payload))
	}
	b := []byte{first}
	switch {
	case size < size16:
		b = append(b, byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, size16), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, size64), uint64(size))
	}
	return string(b) + payload
}

// from returns a WebSocket whose server sends a text, and what it is sent.
func from(sent string, h *counter) (*Conn, *bytes.Buffer) {
	var out bytes.Buffer
	return New(bufio.NewReader(strings.NewReader(sent)), &out, h, 1<<20), &out
}

// unmasked returns the first and the payload of the first frame that a client sent.
func unmasked(t *testing.T, b []byte) (first byte, payload string) {
	t.Helper()
	if len(b) < 6 || b[1]&masked == 0 || int(b[1]&shortSize) > maxControl || len(b) < 6+int(b[1]&shortSize) {
		t.Fatalf("% x is not a short frame of a client", b)
	}
	p := bytes.Clone(b[6 : 6+int(b[1]&shortSize)])
	for i := range p {
		p[i] ^= b[2+i&3]
	}
	return b[0], string(p)
}

func TestServerThatBreaksTheProtocolIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ sent, say string }{
		"a reserved bit":             {framed(0xc1, "x", -1), "reserved bit"},
		"a masked frame":             {"\x81\x81abcdx", "masked"},
		"an unknown opcode":          {framed(0x83, "x", -1), "unknown opcode 3"},
		"an unknown control opcode":  {framed(0x8b, "", -1), "unknown opcode 11"},
		"a continuation first":       {framed(0x80, "x", -1), "has not begun"},
		"a message within another":   {framed(0x01, "x", -1) + framed(0x81, "y", -1), "within another"},
		"a ping in fragments":        {framed(0x09, "x", -1), "in fragments"},
		"a long ping":                {framed(0x89, strings.Repeat("x", 126), -1), "125 bytes"},
		"a negative size":            {"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", "negative"},
		"text that is not UTF-8":     {framed(0x81, "\xff\xfe", -1), "UTF-8"},
		"UTF-8 cut within fragments": {framed(0x01, "\xe2\x82", -1) + framed(0x80, "", -1), "UTF-8"},
		"half a close code":          {framed(0x88, "\x03", -1), "half a code"},
		"a forbidden close code":     {framed(0x88, "\x03\xed", -1), "1005"},
		"a close reason not UTF-8":   {framed(0x88, "\x03\xe8\xff", -1), "UTF-8"},
		"a flood of pings":           {strings.Repeat(framed(0x89, "", -1), maxIdle+1), "more than 1000 control frames"},
		"a flood of pongs":           {strings.Repeat(framed(0x8a, "x", -1), maxIdle+1), "more than 1000 control frames"},
		"a flood of empty fragments": {framed(0x01, "", -1) + strings.Repeat(framed(0x00, "", -1), maxIdle), "more than 1000 control frames"},
	} {
		var h counter
		ws, out := from(c.sent, &h)
		_, _, err := ws.Receive()
		if _, ok := errors.AsType[ProtocolError](err); !ok || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, again := ws.Receive(); !errors.Is(again, err) {
			t.Errorf("%s: then %v", name, again)
		}
		if h.held != 0 {
			t.Errorf("%s: %d bytes stay held", name, h.held)
		}
		if !strings.HasPrefix(name, "a flood of pings") {
			if first, code := unmasked(t, out.Bytes()); first != final|closing || code != "\x03\xea" {
				t.Errorf("%s: the client answers %x %q", name, first, code)
			}
		}
	}
}

// A server may send pings between messages, but not without end.
func TestPingsBetweenMessagesAreCounted(t *testing.T) {
	var h counter
	ws, _ := from(strings.Repeat(strings.Repeat(framed(0x89, "", -1), 100)+framed(0x81, "x", -1), 11), &h)
	for n := range 10 {
		if _, _, err := ws.Receive(); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
	}
	if _, _, err := ws.Receive(); err == nil || !strings.Contains(err.Error(), "more than 1000 control frames") {
		t.Error(err)
	}
}

func TestLargeMessagesAreRefusedBeforeTheyTakeMemory(t *testing.T) {
	for name, sent := range map[string]string{
		"64 MB":                framed(0x82, "x", 64<<20),
		"the largest size":     framed(0x82, "x", 1<<62),
		"a byte over":          framed(0x82, "x", 1<<20+1),
		"a second fragment":    framed(0x02, "x", -1) + framed(0x80, "x", 1<<20),
		"a control in between": framed(0x02, "x", -1) + framed(0x89, "", -1) + framed(0x80, "x", 1<<20),
	} {
		var h counter
		ws, out := from(sent, &h)
		if _, _, err := ws.Receive(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if h.most > 1<<10 || h.held != 0 {
			t.Errorf("%s: held %d, at most %d", name, h.held, h.most)
		}
		if !bytes.Contains(out.Bytes(), []byte{final | closing}) {
			t.Errorf("%s: the client does not say goodbye", name)
		}
	}
}

func TestMessagesOfEachSizeArrive(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 1 << 20} {
		text := strings.Repeat("ü", size/2) + strings.Repeat("x", size%2)
		var h counter
		ws, _ := from(framed(0x81, text, -1)+framed(0x82, "next", -1), &h)
		kind, got, err := ws.Receive()
		if err != nil || kind != Text || string(got) != text {
			t.Fatalf("%d bytes: kind %d, %d bytes, %v", size, kind, len(got), err)
		}
		if h.held < size {
			t.Errorf("%d bytes: held %d", size, h.held)
		}
		if kind, got, err := ws.Receive(); err != nil || kind != Binary || string(got) != "next" {
			t.Errorf("after %d bytes: %d %q %v", size, kind, got, err)
		}
		if _, _, err := ws.Receive(); !errors.Is(err, io.ErrUnexpectedEOF) || h.held != 0 {
			t.Errorf("at the end: %v, held %d", err, h.held)
		}
	}
}

func TestFragmentsAreJoinedWithPingsAnsweredBetweenThem(t *testing.T) {
	var h counter
	ws, out := from(framed(0x01, "\xe2\x82", -1)+framed(0x89, "are you there", -1)+framed(0x8a, "", -1)+framed(0x00, "", -1)+framed(0x80, "\xac", -1), &h)
	kind, got, err := ws.Receive()
	if err != nil || kind != Text || string(got) != "€" {
		t.Fatal(kind, string(got), err)
	}
	if first, payload := unmasked(t, out.Bytes()); first != final|pong || payload != "are you there" {
		t.Errorf("%x %q", first, payload)
	}
}

// A message in a million fragments of a byte is not copied for each of them.
func TestManySmallFragmentsTakeTwiceTheirSize(t *testing.T) {
	var h counter
	ws, _ := from(framed(0x02, "x", -1)+strings.Repeat(framed(0x00, "x", -1), 1<<19)+framed(0x80, "x", -1), &h)
	_, got, err := ws.Receive()
	if err != nil || len(got) != 1<<19+2 {
		t.Fatal(len(got), err)
	}
	if h.held != cap(got) || h.most > 2<<20 {
		t.Errorf("held %d, at most %d, for %d", h.held, h.most, cap(got))
	}
}

func TestReceiveEndsWhereMemoryDoes(t *testing.T) {
	h := counter{limit: 1000}
	ws, _ := from(framed(0x82, strings.Repeat("x", 1001), -1), &h)
	if _, _, err := ws.Receive(); !errors.Is(err, errFull) || h.held != 0 {
		t.Error(err, h.held)
	}
}

func TestCloseOfTheServerIsAnsweredAndReported(t *testing.T) {
	for sent, want := range map[string]string{
		"":                      "it closed the WebSocket without a code",
		"\x03\xe8":              "it closed the WebSocket with code 1000 (normal closure)",
		"\x03\xf3out of memory": `it closed the WebSocket with code 1011 (internal error): "out of memory"`,
		"\x0f\xa1":              "it closed the WebSocket with code 4001",
	} {
		var h counter
		ws, out := from(framed(0x88, sent, -1), &h)
		_, _, err := ws.Receive()
		if _, ok := errors.AsType[*CloseError](err); !ok || err.Error() != want {
			t.Errorf("%v, not %s", err, want)
		}
		if first, payload := unmasked(t, out.Bytes()); first != final|closing || payload != sent[:min(2, len(sent))] {
			t.Errorf("%q: answered by %x %q", sent, first, payload)
		}
		said := out.Len()
		ws.Close(0)
		if err := ws.Send(Text, []byte("x")); err == nil || out.Len() != said {
			t.Errorf("%q: %v; more is sent after the end", sent, err)
		}
	}
}

func TestFramesOfAClientAreMasked(t *testing.T) {
	for _, size := range []int{0, 5, 125} {
		var h counter
		ws, out := from("", &h)
		text := strings.Repeat("a", size)
		if err := ws.Send(Text, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if first, payload := unmasked(t, out.Bytes()); first != final|Text || payload != text {
			t.Errorf("%x %q", first, payload)
		}
	}
	var h counter
	ws, out := from("", &h)
	message := bytes.Repeat([]byte("abcdefg"), 10_000)
	if err := ws.Send(Binary, message); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	if b[0] != final|Binary || b[1] != masked|size64 || binary.BigEndian.Uint64(b[2:]) != 70_000 || len(b) != 14+70_000 {
		t.Fatalf("% x", b[:14])
	}
	for i := range b[14:] {
		b[14+i] ^= b[10+i&3]
	}
	if !bytes.Equal(b[14:], message) || !bytes.HasPrefix(message, []byte("abcdefgabc")) {
		t.Error("the message arrives changed, or is changed")
	}
}

func TestCloseWaitsForTheServersWithinItsLimit(t *testing.T) {
	var h counter
	ws, out := from(framed(0x81, "late", -1)+framed(0x88, "\x03\xe8", -1)+"rest", &h)
	ws.Close(1 << 10)
	if first, payload := unmasked(t, out.Bytes()); first != final|closing || payload != "\x03\xe8" {
		t.Errorf("%x %q", first, payload)
	}
	if rest, _ := io.ReadAll(ws.in); string(rest) != "\x03\xe8rest" {
		t.Errorf("%q is left", rest)
	}
	ws, _ = from(framed(0x81, strings.Repeat("x", 1000), -1)+"rest", &h)
	if ws.Close(999); ws.in.Buffered() == 0 {
		t.Error("it reads more than its limit")
	}
}

func TestUpgradesAreChecked(t *testing.T) {
	const key = "dGhlIHNhbXBsZSBub25jZQ==" // of RFC 6455, section 1.3
	good := func() http.Header {
		return http.Header{"Upgrade": {"WebSocket"}, "Connection": {"keep-alive, Upgrade"}, "Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}
	}
	for name, c := range map[string]struct {
		change  func(http.Header)
		offered string
		say     string
	}{
		"good":                   {func(http.Header) {}, "", ""},
		"an offered subprotocol": {func(h http.Header) { h.Set("Sec-Websocket-Protocol", "mqtt") }, "stomp, mqtt", ""},
		"none of those offered":  {func(http.Header) {}, "mqtt", ""},
		"another protocol":       {func(h http.Header) { h.Set("Upgrade", "h2c") }, "", "Upgrade: websocket"},
		"no upgrade":             {func(h http.Header) { h.Del("Connection") }, "", "Connection: Upgrade"},
		"another key":            {func(h http.Header) { h.Set("Sec-Websocket-Accept", Answer("x")) }, "", "Sec-WebSocket-Accept"},
		"no key":                 {func(h http.Header) { h.Del("Sec-Websocket-Accept") }, "", "Sec-WebSocket-Accept"},
		"compression":            {func(h http.Header) { h.Set("Sec-Websocket-Extensions", "permessage-deflate") }, "", "extension"},
		"another subprotocol":    {func(h http.Header) { h.Set("Sec-Websocket-Protocol", "mqtt") }, "stomp", "not offered"},
		"a subprotocol unasked":  {func(h http.Header) { h.Set("Sec-Websocket-Protocol", "mqtt") }, "", "not offered"},
		"several subprotocols":   {func(h http.Header) { h["Sec-Websocket-Protocol"] = []string{"a", "b"} }, "a, b", "more than one"},
		"a list of subprotocols": {func(h http.Header) { h.Set("Sec-Websocket-Protocol", "a, b") }, "a, b", "not offered"},
	} {
		h := good()
		c.change(h)
		protocol, err := Accepted(key, c.offered, h)
		if c.say == "" && (err != nil || protocol != h.Get("Sec-Websocket-Protocol")) {
			t.Errorf("%s: %q %v", name, protocol, err)
		}
		if c.say != "" && (err == nil || !strings.Contains(err.Error(), c.say)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a, b := Key(), Key(); len(a) != 24 || a == b {
		t.Error(a, b)
	}
}

// Whatever a server sends, Receive ends, holds what it has and no more than its limit
// allows, and lets go of it.
func FuzzReceive(f *testing.F) {
	f.Add([]byte(framed(0x81, "hello", -1)))
	f.Add([]byte(framed(0x01, "a", -1) + framed(0x89, "b", -1) + framed(0x80, "c", -1)))
	f.Add([]byte(framed(0x88, "\x03\xe8bye", -1)))
	f.Add([]byte("\x82\x7f\x00\x00\x00\x00\x04\x00\x00\x00x"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		var h counter
		ws := New(bufio.NewReader(bytes.NewReader(sent)), io.Discard, &h, 64)
		for {
			_, message, err := ws.Receive()
			if err != nil {
				break
			}
			if len(message) > 64 || h.held != cap(message) {
				t.Fatalf("%d bytes, held %d", len(message), h.held)
			}
		}
		if ws.Close(64); h.held != 0 || h.most > 128 {
			t.Fatalf("held %d, at most %d", h.held, h.most)
		}
	})
}

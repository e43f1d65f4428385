// Package websocket speaks the client's side of the WebSocket protocol (RFC 6455)
// over a connection that someone else opened, and treats the server as hostile.
//
// Key and Accepted make and check the upgrade. New then returns a Conn, whose Send
// and Receive carry messages. Receive answers pings and skips pongs by itself. A
// message has a maximum size, and Holder counts its memory before any is allocated.
// Extensions are not offered, so nothing is compressed.
//
// The package knows nothing of grants, secrets and guests; package egress does. It has
// no goroutines, and no deadlines of its own: those are the connection's.
package websocket

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the protocol prescribes it
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// The kinds of messages; the numbers are their opcodes.
const (
	Text   = 1
	Binary = 2
)

// ErrTooLarge reports a message over the maximum size.
var ErrTooLarge = errors.New("the message is larger than the limit")

// ProtocolError reports something that the protocol forbids to a server. Its text is a
// clause about the server.
type ProtocolError string

// Error returns what the server did.
func (e ProtocolError) Error() string { return string(e) }

// CloseError reports that the server closed the WebSocket.
type CloseError struct {
	Code   int // 0 if the server gave none
	Reason string
}

// Error returns the code, and the reason in quotes.
func (e *CloseError) Error() string {
	text := "it closed the WebSocket without a code"
	if e.Code != 0 {
		text = fmt.Sprintf("it closed the WebSocket with code %d", e.Code)
	}
	if name := closeNames[e.Code]; name != "" {
		text += " (" + name + ")"
	}
	if e.Reason != "" {
		text += fmt.Sprintf(": %q", e.Reason)
	}
	return text
}

// closeNames are those of RFC 6455, section 7.4.1, and of the registry that it founded.
var closeNames = map[int]string{
	1000: "normal closure", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1007: "invalid data",
	1008: "policy violation", 1009: "message too big", 1010: "extension required", 1011: "internal error",
	1012: "service restart", 1013: "try again later", 1014: "bad gateway", 3000: "unauthorized", 3003: "forbidden", 3008: "timeout",
}

// Key returns a new value of the header Sec-WebSocket-Key.
func Key() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

// Answer returns the value of Sec-WebSocket-Accept that belongs to a key.
func Answer(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // the protocol prescribes it
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Accepted checks the headers of an answer with status 101 to a request with a key and
// with a list of subprotocols, which may be empty. It returns the one that the server
// chose, or a ProtocolError.
func Accepted(key, offered string, answer http.Header) (protocol string, err error) {
	chosen := answer.Values("Sec-Websocket-Protocol")
	switch {
	case !listed(answer.Values("Upgrade"), "websocket"):
		return "", ProtocolError("it answers 101 without the header Upgrade: websocket")
	case !listed(answer.Values("Connection"), "upgrade"):
		return "", ProtocolError("it answers 101 without the header Connection: Upgrade")
	case strings.TrimSpace(answer.Get("Sec-Websocket-Accept")) != Answer(key):
		return "", ProtocolError("the header Sec-WebSocket-Accept of its answer does not belong to the request")
	case answer.Get("Sec-Websocket-Extensions") != "":
		return "", ProtocolError("it uses an extension that was not offered")
	case len(chosen) > 1:
		return "", ProtocolError("it chooses more than one subprotocol")
	case len(chosen) == 1 && !listed([]string{offered}, chosen[0]):
		return "", ProtocolError("it chooses a subprotocol that was not offered")
	case len(chosen) == 1:
		return strings.TrimSpace(chosen[0]), nil
	default:
		return "", nil
	}
}

// listed reports whether a word is in lists that are separated by commas.
func listed(lists []string, word string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(one), strings.TrimSpace(word)) {
				return true
			}
		}
	}
	return false
}

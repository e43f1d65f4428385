package manifest

import (
	"net/textproto"
	"strings"
)

// unsendable maps the request headers that belong to the connection, which the
// host manages, to what an operator can do instead.
var unsendable = map[string]string{
	"Host":              "put the name into url; it is sent from there",
	"Connection":        "remove it; every request has a connection of its own",
	"Keep-Alive":        "remove it; every request has a connection of its own",
	"Proxy-Connection":  "remove it; every request has a connection of its own",
	"Transfer-Encoding": "remove it; the host sends the length of body",
	"Content-Length":    "remove it; the host sends the length of body",
	"Te":                "remove it",
	"Trailer":           "remove it",
	"Expect":            "remove it; the body is sent at once",
	"Http2-Settings":    "remove it; HTTP/2 is negotiated by TLS",
	"Upgrade":           upgrade,
}

const upgrade = "remove it: this probe cannot upgrade a connection, and there is none for WebSocket yet; to check a WebSocket server, " +
	"request its url without these headers and expect_status = [400, 426], or send the handshake with core.tcp and expect \"101\""

// Unsendable returns why a probe can't send a request header, and what to do
// instead, or "".
func Unsendable(name string) (fix string) {
	name = textproto.CanonicalMIMEHeaderKey(name)
	if strings.HasPrefix(name, "Sec-Websocket-") {
		return upgrade
	}
	if fix := unsendable[name]; fix != "" {
		return fix
	}
	if strings.HasPrefix(name, "Proxy-") {
		return "remove it; the request goes to the target itself"
	}
	return ""
}

// header checks a request header.
func header(name string, v Value) error {
	if strings.EqualFold(name, "Connection") && strings.Contains(strings.ToLower(plainText(v)), "upgrade") {
		return &FormatError{Entry: name, InKey: true, Text: "the header " + name + " is set by the host", Fix: upgrade}
	}
	if fix := Unsendable(name); fix != "" {
		return &FormatError{Entry: name, InKey: true, Text: "the header " + clip(name) + " is set by the host", Fix: fix}
	}
	return nil
}

package manifest

import (
	"errors"
	"net/textproto"
	"strconv"
	"strings"

	"vega/sdk/condition"
)

// unsendable maps the request headers that belong to the connection, which the
// host manages, to what an operator can do instead.
var unsendable = map[string]string{
	"Host":              "put the name into url; to reach one server by its address, add connect_to to the integration",
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

const upgrade = "remove it; to check a WebSocket server, use the probe core.websocket, which upgrades the connection itself"

// SetByHost reports whether a request header, by its canonical name, belongs to
// the connection, so that the host sets it.
func SetByHost(name string) bool {
	return unsendable[name] != "" || strings.HasPrefix(name, "Proxy-")
}

// sameHeaders reports headers whose names differ only in case, of which one
// would replace the other.
func sameHeaders(v Value) error {
	m, _ := v.(map[string]Value)
	first := map[string]string{}
	var errs []error
	for _, name := range sortedKeys(m) {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if other, again := first[canonical]; again {
			errs = append(errs, &FormatError{Entry: name, InKey: true, Text: "the header " + clip(name) + " is there already, as " + clip(other), Fix: "keep one of the two"})
		}
		first[canonical] = name
	}
	return errors.Join(errs...)
}

// header checks a request header.
func header(name string, v Value) error {
	canonical, value := textproto.CanonicalMIMEHeaderKey(name), strings.ToLower(strings.TrimSpace(plainText(v)))
	wrong := &FormatError{Entry: name, InKey: true, Text: "the header " + clip(name) + " is set by the host", Fix: unsendable[canonical]}
	switch {
	case canonical == "Connection" && strings.Contains(value, "upgrade"), strings.HasPrefix(canonical, "Sec-Websocket-"):
		wrong.Fix = upgrade
	case wrong.Fix != "":
	case SetByHost(canonical):
		wrong.Fix = "remove it; the request goes to the target itself"
	case !condition.IsHeaderName(name):
		wrong.Text, wrong.Fix = strconv.Quote(clip(name))+" is not the name of a header", "use a name such as Accept"
	case canonical == "Accept-Encoding" && value != "gzip" && value != "identity":
		wrong.InKey, wrong.Text, wrong.Fix = false, "the host can decompress gzip only", `use "gzip" or "identity", or remove the header`
	case strings.ContainsAny(plainText(v), "\r\n\x00"):
		wrong.InKey, wrong.Text, wrong.Fix = false, "the value of the header "+name+" has a line break", "remove it"
	default:
		return nil
	}
	return wrong
}

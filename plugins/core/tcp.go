package main

import (
	"errors"
	"io"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() { sdk.Probe("tcp", tcpProbe) }

// tcpProbe connects, and optionally sends a text and waits for another.
func tcpProbe(r *sdk.Run) sdk.Result {
	address := r.String("address")
	began := r.Now()
	conn, wrong := dial(r, address, r.Bool("tls"), nil)
	if wrong != nil {
		return *wrong
	}
	defer conn.Close()
	took := r.Since(began)
	r.Millis("connect", took)
	var soon *sdk.Result
	if r.Bool("tls") {
		var bad *sdk.Result
		if bad, soon = verified(r, conn, address); bad != nil {
			return *bad
		}
	}
	if text := r.String("send"); text != "" {
		if err := conn.WriteString(text); err != nil {
			return sdk.Failed(address, err)
		}
	}
	if wanted := r.String("expect"); wanted != "" {
		if result := await(r, conn, address, wanted); result.Status != abi.Healthy || soon == nil {
			return result
		}
	}
	if r.Bool("tls") && r.String("expect") == "" { // TLS 1.3 refuses a client after the handshake
		if _, err := conn.TLS().ClientCertificate(); err != nil {
			return untrusted(address, err)
		}
	}
	if soon != nil {
		return *soon
	}
	return sdk.Healthy(address + " accepted the connection in " + short(took))
}

// await reads until the text arrives, the peer closes or 64 KiB are read.
func await(r *sdk.Run, conn *sdk.Conn, address, wanted string) sdk.Result {
	const limit = 64 << 10
	var said []byte
	buf := make([]byte, 4<<10)
	for len(said) < limit {
		n, err := conn.Read(buf)
		from := max(0, len(said)-len(wanted)) // it may be split between reads
		said = append(said, buf[:n]...)
		if strings.Contains(string(said[from:]), wanted) {
			r.Detail("answer", quote(string(said)))
			return sdk.Healthy(address + " answered as expected")
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, sdk.ErrReset) && len(said) > 0:
			return sdk.Unhealthy(address + " ended the connection without saying " + quote(wanted) +
				"; it said " + quote(string(said)) + almostText(said, wanted) + wantsTLS(r, address, said))
		case errors.Is(err, sdk.ErrTimeout):
			return sdk.Unhealthy(address + " did not say " + quote(wanted) + " in time; it said " + quote(string(said)) + almostText(said, wanted))
		case err != nil:
			return sdk.Failed(address, err)
		}
	}
	return sdk.Unknown(address + " did not say " + quote(wanted) + " within 64 KiB, the limit of this probe; it said " + quote(string(said)) + almostText(said, wanted))
}

// wantsTLS returns a hint if a server hung up because it expected TLS: it said
// nothing, or sent a TLS alert (RFC 8446, section 6).
func wantsTLS(r *sdk.Run, address string, said []byte) string {
	alert := len(said) >= 3 && said[0] == 21 && said[1] == 3
	if r.Bool("tls") || len(said) > 0 && !alert || !speaksTLS(r, address) {
		return ""
	}
	return ". It speaks TLS: set tls = true"
}

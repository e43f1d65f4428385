package main

import (
	"errors"
	"io"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() {
	sdk.Probe("tcp", tcpProbe)
	sdk.Probe("udp", udpProbe)
}

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

// udpProbe sends a datagram, again if nothing comes back, and judges the answer.
func udpProbe(r *sdk.Run) sdk.Result {
	address := r.String("address")
	conn, err := r.Dial("udp", address)
	if err != nil {
		return sdk.Failed(address, err)
	}
	defer conn.Close()
	message := r.String("send") + unhex(r.String("send_hex"))
	wanted := r.String("expect") + unhex(r.String("expect_hex"))
	tries := r.Int("retries") + 1
	began := r.Now()
	for left := tries; left > 0; left-- {
		wait := r.Deadline() / sdk.Duration(left)
		if wanted == "" {
			wait = min(wait, sdk.Second) // a report that nothing listens comes soon
		}
		sent := r.Now()
		err := conn.WriteString(message)
		if err == nil {
			var said string
			if said, err = hear(r, conn, wait, wanted); said != "" || err == nil {
				return answered(r, address, said, wanted, r.Since(sent))
			}
		}
		if !errors.Is(err, sdk.ErrTimeout) {
			return unheard(address, err)
		}
	}
	what := plural(tries, "datagram")
	if wanted == "" {
		return sdk.Healthy(address + " did not answer " + what + " in " + short(r.Since(began)) + ", and nothing reported that its port is closed; over UDP, only expect shows that a service works")
	}
	return sdk.Unhealthy(address + " did not answer " + what + " in " + short(r.Since(began)) +
		"; start the service or correct the address, check that it answers what is sent, or let a firewall pass it")
}

// hear waits for an answer: until the wanted text came or, if another one came, for a
// second more, because the answer may consist of several datagrams.
func hear(r *sdk.Run, conn *sdk.Conn, wait sdk.Duration, wanted string) (said string, err error) {
	const (
		limit = 64 << 10 // bytes
		most  = 100      // datagrams, of which any number may be empty
	)
	buf := make([]byte, limit)
	began := r.Now()
	for count := 0; count < most && len(said) < limit; count++ {
		n, err := conn.ReadWithin(wait-r.Since(began), buf)
		if errors.Is(err, io.EOF) { // an empty datagram
			err = nil
		}
		said += string(buf[:n])
		if err != nil || strings.Contains(said, wanted) {
			return said, err
		}
		wait = min(wait, r.Since(began)+sdk.Second)
	}
	return said, nil
}

// answered judges an answer.
func answered(r *sdk.Run, address, said, wanted string, took sdk.Duration) sdk.Result {
	r.Millis("response_time", took)
	r.Detail("answer", quote(said))
	if !strings.Contains(said, wanted) {
		want := quote(wanted) + almostText([]byte(said), wanted)
		if r.Has("expect_hex") {
			want = "the bytes of expect_hex"
		}
		return sdk.Unhealthy(address + " answered " + quote(said) + ", which does not contain " + want)
	}
	if slow := slow(r, address, took, 0); slow != nil {
		return *slow
	}
	return sdk.Healthy(address + " answered with " + plural(len(said), "byte") + " in " + short(took))
}

// unheard returns the result of a datagram that could not be sent, or was refused.
func unheard(address string, err error) sdk.Result {
	if errors.Is(err, sdk.ErrRefused) {
		return sdk.Unhealthy("nothing listens on " + address + " (ICMP port unreachable); start the service or correct the address")
	}
	return sdk.Failed(address, err)
}

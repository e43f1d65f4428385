package main

import (
	"errors"
	"io"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("tcp", tcpProbe) }

// tcpProbe connects, and optionally sends a text and waits for another.
func tcpProbe(r *sdk.Run) sdk.Result {
	address := r.String("address")
	network := "tcp"
	if r.Bool("tls") {
		network = "tls"
	}
	began := r.Now()
	conn, err := r.Dial(network, address)
	if err != nil {
		return sdk.Failed(address, err)
	}
	defer conn.Close()
	took := r.Since(began)
	r.Millis("connect", took)
	if network == "tls" {
		days := certificate(r, conn.TLS())
		if err := conn.TLS().Verify(); err != nil {
			return untrusted(address, days, err)
		}
	}
	if text := r.String("send"); text != "" {
		if err := conn.WriteString(text); err != nil {
			return sdk.Failed(address, err)
		}
	}
	if wanted := r.String("expect"); wanted != "" {
		return await(r, conn, address, wanted)
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
		said = append(said, buf[:n]...)
		if strings.Contains(string(said), wanted) {
			r.Detail("answer", quote(string(said)))
			return sdk.Healthy(address + " answered as expected")
		}
		switch {
		case errors.Is(err, io.EOF):
			return sdk.Unhealthy(address + " ended the connection without saying " + quote(wanted) +
				"; it said " + quote(string(said)))
		case errors.Is(err, sdk.ErrTimeout):
			return sdk.Unhealthy(address + " did not say " + quote(wanted) + " in time; it said " + quote(string(said)))
		case err != nil:
			return sdk.Failed(address, err)
		}
	}
	return sdk.Unhealthy(address + " did not say " + quote(wanted) + " within 64 KiB; it said " + quote(string(said)))
}

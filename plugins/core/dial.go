package main

import (
	"errors"

	"vega/sdk"
)

// dial connects, with TLS if secured. plain reports whether a server answers
// the protocol without TLS: if a handshake fails, that tells a server that does
// not speak TLS from one whose TLS is broken. It is nil for an unknown protocol.
func dial(r *sdk.Run, address string, secured bool, plain func(*sdk.Conn) bool) (*sdk.Conn, *sdk.Result) {
	conn, err := r.Dial("tcp", address)
	if err != nil {
		return nil, failed(address, err)
	}
	if !secured {
		return conn, nil
	}
	if err = conn.StartTLS(hostOf(address)); err == nil {
		return conn, nil
	}
	conn.Close()
	switch {
	case errors.Is(err, sdk.ErrTimeout):
		result := handshakeHangs(address, "then set tls = false")
		return nil, &result
	case plain != nil && (errors.Is(err, sdk.ErrTLS) || errors.Is(err, sdk.ErrReset)) && answers(r, address, plain):
		result := sdk.Unhealthy(address + " does not speak TLS: it answers without; set tls = false, or enable TLS there")
		return nil, &result
	}
	return nil, failed(address, err)
}

// handshakeHangs reports a server that accepts the connection and is then
// silent.
func handshakeHangs(address, fix string) sdk.Result {
	return sdk.Unhealthy(address + " accepts the connection but does not answer the TLS handshake in time; it is hung, or it does not speak TLS: " + fix)
}

func failed(who string, err error) *sdk.Result {
	result := sdk.Failed(who, err)
	return &result
}

// answers reports whether a server answers the protocol on a new connection.
func answers(r *sdk.Run, address string, speak func(*sdk.Conn) bool) bool {
	conn, err := r.Dial("tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	return speak(conn)
}

// speaksTLS reports whether a server completes a TLS handshake. It is asked
// after a server did not understand plain text.
func speaksTLS(r *sdk.Run, address string) bool {
	conn, err := r.Dial("tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	return conn.StartTLS(hostOf(address)) == nil
}

// verified adds the facts about the certificate, and returns a result if it is
// not valid. The second result is for a valid certificate that expires soon: it
// is returned if nothing worse is found.
func verified(r *sdk.Run, conn *sdk.Conn, address string) (bad, soon *sdk.Result) {
	valid := certificate(r, conn.TLS())
	if err := conn.TLS().Verify(); err != nil {
		result := untrusted(address, err)
		return &result, nil
	}
	return nil, expiring(address, valid, r.Int("min_cert_days"))
}

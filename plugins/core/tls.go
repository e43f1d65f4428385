package main

import (
	"errors"

	"vega/sdk"
)

func init() { sdk.Probe("tls", tlsProbe) }

// tlsProbe inspects the certificate and version of a server, after STARTTLS if
// necessary.
func tlsProbe(r *sdk.Run) sdk.Result {
	address := r.String("address")
	began := r.Now()
	conn, err := r.Dial("tcp", address)
	if err != nil {
		return sdk.Failed(address, err)
	}
	defer conn.Close()
	if err := handshake(r, conn, address); err != nil {
		return noHandshake(r, address, err)
	}
	r.Millis("handshake", r.Since(began))
	t := conn.TLS()
	valid := certificate(r, t)
	if err := t.Verify(); err != nil {
		return untrusted(address, err)
	}
	if _, err := t.ClientCertificate(); err != nil {
		return untrusted(address, err)
	}
	// "TLS 1.2" sorts before "TLS 1.3".
	if minimum := r.String("min_version"); minimum != "" && t.Version() < "TLS "+minimum {
		return sdk.Unhealthy(address + " speaks " + t.Version() + ", older than min_version = " + minimum + "; update its TLS settings")
	}
	if result := expiring(address, valid, r.Int("min_days")); result != nil {
		return *result
	}
	return sdk.Healthy(address + " speaks " + t.Version() + "; its certificate is valid for " + plural(valid.days, "more day"))
}

// handshake starts TLS, either directly or after the protocol's STARTTLS.
func handshake(r *sdk.Run, conn *sdk.Conn, address string) error {
	name := r.String("server_name")
	if name == "" {
		name = hostOf(address)
	}
	return starttls(conn, r.String("starttls"), name)
}

// noHandshake reports a server that accepted the connection.
func noHandshake(r *sdk.Run, address string, err error) sdk.Result {
	switch protocol := r.String("starttls"); {
	case errors.Is(err, errSMTPLines):
		return sdk.Unknown("could not check " + address + ": " + err.Error())
	case !errors.Is(err, sdk.ErrTimeout):
		return sdk.Failed(address, err)
	case protocol != "":
		return sdk.Unhealthy(address + " accepts the connection but does not answer STARTTLS or the handshake in time; it is hung, or it does not speak " + protocol + " without TLS: correct starttls")
	default:
		return handshakeHangs(address, "then set starttls, or correct the port")
	}
}

package main

import "vega/sdk"

func init() { sdk.Probe("tls", tlsProbe) }

// tlsProbe inspects the certificate and version of a server, after STARTTLS if
// necessary.
func tlsProbe(r *sdk.Run) sdk.Result {
	address := r.String("address")
	began := r.Now()
	conn, err := handshake(r, address)
	if err != nil {
		return sdk.Failed(address, err)
	}
	defer conn.Close()
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

// handshake connects with TLS, either directly or after the protocol's
// STARTTLS. A server_name also requires the latter.
func handshake(r *sdk.Run, address string) (*sdk.Conn, error) {
	name, protocol := r.String("server_name"), r.String("starttls")
	if name == "" && protocol == "" {
		return r.Dial("tls", address)
	}
	if name == "" {
		name = hostOf(address)
	}
	conn, err := r.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return conn, starttls(conn, protocol, name)
}

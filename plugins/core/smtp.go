package main

import (
	"errors"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("smtp", smtpProbe) }

// defaultHelo is the client name if the operator gave none. RFC 2606 reserves
// the domain.
const defaultHelo = "vega.invalid"

// smtpProbe greets a mail server, starts TLS and quits. It sends no mail.
func smtpProbe(r *sdk.Run) sdk.Result {
	address := r.String("address")
	implicit := smtpImplicit(r, address)
	began := r.Now()
	conn, wrong := dial(r, address, implicit, smtpPlain)
	if wrong != nil {
		return *wrong
	}
	defer conn.Close()
	banner, err := smtpReply(conn, "220")
	if err != nil {
		return smtpGreetingFailed(address, implicit, err)
	}
	r.Detail("banner", banner[0])
	extensions, err := smtpHello(conn, r.String("helo"))
	if err != nil {
		return smtpFailed(address, err)
	}
	r.Detail("extensions", some(extensions[1:]))
	if !implicit && r.Bool("starttls") {
		if err := smtpUpgrade(conn, extensions, r.String("helo"), hostOf(address)); err != nil {
			return smtpFailed(address, err)
		}
	}
	_, _ = smtpCommand(conn, "QUIT", "221") // the result is already known
	r.Millis("dialogue", r.Since(began))
	if !implicit && !r.Bool("starttls") {
		if result := uncertified(r, address, "set starttls = true"); result != nil {
			return *result
		}
		return sdk.Healthy(address + " accepts mail without TLS")
	}
	return smtpVerdict(r, conn, address)
}

// smtpImplicit reports whether TLS starts with the first byte: by default on
// port 465, which RFC 8314 reserves for that.
func smtpImplicit(r *sdk.Run, address string) bool {
	if r.Has("tls") {
		return r.Bool("tls")
	}
	return strings.HasSuffix(address, ":465")
}

func smtpPlain(conn *sdk.Conn) bool {
	line, err := conn.ReadLine(lineLimit)
	return err == nil && smtpCode(line) != ""
}

// smtpHello introduces the client and returns the lines of the reply, of which
// all but the first are extensions. A server that does not know EHLO is greeted
// with HELO (RFC 5321, section 3.2) and has no extensions.
func smtpHello(conn *sdk.Conn, name string) ([]string, error) {
	extensions, err := smtpCommand(conn, "EHLO "+name, "250")
	if refused, ok := errors.AsType[*smtpRefusal](err); !ok || !strings.HasPrefix(refused.line, "5") {
		return extensions, err
	}
	lines, err := smtpCommand(conn, "HELO "+name, "250")
	if refused, ok := errors.AsType[*smtpRefusal](err); ok {
		refused.greeted = name
	}
	if err != nil {
		return nil, err
	}
	return lines[:1], nil
}

func smtpUpgrade(conn *sdk.Conn, extensions []string, helo, server string) error {
	if !offers(extensions, "STARTTLS") {
		return refusal("it does not offer STARTTLS; configure a certificate, or set starttls = false if that is intended")
	}
	if _, err := smtpCommand(conn, "STARTTLS", "220"); err != nil {
		return err
	}
	if err := conn.StartTLS(server); err != nil {
		return err
	}
	_, err := smtpHello(conn, helo)
	return err
}

// smtpVerdict checks the certificate. On port 25 a bad one is not an outage:
// most mail servers deliver to each other over unverified TLS, too. Mail
// programs, which use the other ports, do not.
func smtpVerdict(r *sdk.Run, conn *sdk.Conn, address string) sdk.Result {
	bad, soon := verified(r, conn, address)
	switch {
	case bad != nil && strings.HasSuffix(address, ":25"):
		return sdk.Degraded(bad.Message)
	case bad != nil:
		return *bad
	case soon != nil:
		return *soon
	}
	return sdk.Healthy(address + " accepts mail over " + conn.TLS().Version())
}

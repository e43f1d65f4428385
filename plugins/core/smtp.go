package main

import (
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("smtp", smtpProbe) }

// defaultHelo is the client name if the operator gave none. RFC 2606 reserves
// the domain.
const defaultHelo = "vega.invalid"

// smtpProbe greets a mail server, starts TLS and quits. It sends no mail.
func smtpProbe(r *sdk.Run) sdk.Result {
	address, network := r.String("address"), "tcp"
	if strings.HasSuffix(address, ":465") { // TLS from the first byte
		network = "tls"
	}
	began := r.Now()
	conn, err := r.Dial(network, address)
	if err != nil {
		return sdk.Failed(address, err)
	}
	defer conn.Close()
	banner, err := smtpReply(conn, "220")
	if err != nil {
		return sdk.Failed(address, err)
	}
	r.Detail("banner", banner[0])
	hello := "EHLO " + r.String("helo")
	extensions, err := smtpCommand(conn, hello, "250")
	if err != nil {
		return sdk.Failed(address, err)
	}
	r.Detail("extensions", some(extensions[1:]))
	if network == "tcp" && r.Bool("starttls") {
		if err := smtpUpgrade(conn, extensions, hello, hostOf(address)); err != nil {
			return sdk.Failed(address, err)
		}
		network = "tls"
	}
	_, _ = smtpCommand(conn, "QUIT", "221") // the result is already known
	r.Millis("dialogue", r.Since(began))
	return smtpVerdict(r, conn, address, network)
}

func smtpUpgrade(conn *sdk.Conn, extensions []string, hello, server string) error {
	if !offers(extensions, "STARTTLS") {
		return refusal("it does not offer STARTTLS; configure a certificate, or set starttls = false if that is intended")
	}
	if _, err := smtpCommand(conn, "STARTTLS", "220"); err != nil {
		return err
	}
	if err := conn.StartTLS(server); err != nil {
		return err
	}
	_, err := smtpCommand(conn, hello, "250")
	return err
}

// smtpVerdict checks the certificate. A bad one is not an outage: most senders
// deliver over unverified TLS too.
func smtpVerdict(r *sdk.Run, conn *sdk.Conn, address, network string) sdk.Result {
	if network != "tls" {
		return sdk.Healthy(address + " accepts mail without TLS")
	}
	days := certificate(r, conn.TLS())
	if err := conn.TLS().Verify(); err != nil {
		return sdk.Degraded(untrusted(address, days, err).Message)
	}
	return sdk.Healthy(address + " accepts mail over " + conn.TLS().Version())
}

// smtpCommand sends a command and returns the lines of the reply.
func smtpCommand(conn *sdk.Conn, command, code string) ([]string, error) {
	if err := conn.WriteString(command + "\r\n"); err != nil {
		return nil, err
	}
	return smtpReply(conn, code)
}

// smtpReply reads a reply of one or more lines, which must have the given code.
func smtpReply(conn *sdk.Conn, code string) ([]string, error) {
	var said []string
	for range 100 {
		line, err := conn.ReadLine(lineLimit)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(line, code) {
			return nil, refusal("it answered " + quote(line) + " where " + code + " was expected; look into its log")
		}
		said = append(said, strings.TrimLeft(line[len(code):], "- "))
		if !strings.HasPrefix(line, code+"-") {
			return said, nil
		}
	}
	return nil, refusal("its reply is too long")
}

func offers(extensions []string, wanted string) bool {
	for _, e := range extensions {
		if lower(e) == lower(wanted) {
			return true
		}
	}
	return false
}

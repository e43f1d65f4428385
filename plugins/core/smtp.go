package main

import (
	"errors"
	"strconv"
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

// smtpLines is the maximum number of lines of a reply.
const smtpLines = 1000

// smtpRefusal is a reply with another code than expected.
type smtpRefusal struct {
	line, wanted string
	greeted      string // the name of the client, if the reply is to its greeting
}

func (e *smtpRefusal) Error() string {
	return "it answered " + quote(e.line) + " where " + e.wanted + " was expected"
}

// Unwrap makes it an error of the peer.
func (e *smtpRefusal) Unwrap() error { return refusal(e.Error()) }

// errSMTPLines reports a reply that is over the limit.
var errSMTPLines = errors.New("its reply has more than " + strconv.Itoa(smtpLines) + " lines")

// smtpCommand sends a command and returns the lines of the reply.
func smtpCommand(conn *sdk.Conn, command, code string) ([]string, error) {
	unsent := conn.WriteString(command + "\r\n")
	if unsent != nil && !errors.Is(unsent, sdk.ErrReset) {
		return nil, unsent
	}
	said, err := smtpReply(conn, code) // a server may say why it closed the connection
	if unsent != nil && errors.Is(err, sdk.ErrReset) {
		err = unsent
	}
	return said, err
}

// smtpReply reads a reply of one or more lines, which must have the given code.
func smtpReply(conn *sdk.Conn, code string) ([]string, error) {
	var said []string
	for range smtpLines {
		line, err := conn.ReadLine(lineLimit)
		if err != nil {
			return nil, err
		}
		if smtpCode(line) != code {
			return nil, &smtpRefusal{line: line, wanted: code}
		}
		said = append(said, strings.TrimLeft(line[len(code):], "- "))
		if !strings.HasPrefix(line, code+"-") {
			return said, nil
		}
	}
	return nil, errSMTPLines
}

// smtpCode returns the code at the start of a reply's line, or "".
func smtpCode(line string) string {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return ""
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return ""
		}
	}
	return line[:3]
}

// offers reports whether an extension is offered. Parameters may follow its
// name.
func offers(extensions []string, wanted string) bool {
	for _, e := range extensions {
		name, _, _ := strings.Cut(e, " ")
		if lower(name) == lower(wanted) {
			return true
		}
	}
	return false
}

// smtpGreetingFailed reports a server that does not greet.
func smtpGreetingFailed(address string, secured bool, err error) sdk.Result {
	refused, ok := errors.AsType[*smtpRefusal](err)
	switch {
	case ok && smtpCode(refused.line) == "":
		return sdk.Unhealthy(address + " does not speak SMTP: it greets with " + quote(refused.line) + "; correct the address")
	case ok && refused.line[0] == '5':
		return sdk.Unhealthy(address + " refuses this client: it greets with " + quote(refused.line) + "; allow this machine's address there")
	case errors.Is(err, sdk.ErrTimeout) && secured:
		return sdk.Unhealthy(address + " speaks TLS but does not greet in time; it is overloaded or hung")
	case errors.Is(err, sdk.ErrTimeout):
		return sdk.Unhealthy(address + " accepts the connection but does not greet in time; it is overloaded or hung, or delays greetings: then raise the timeout. If TLS starts at once there, set tls = true")
	}
	return smtpFailed(address, err)
}

// smtpFailed reports a dialogue that did not come to its end.
func smtpFailed(address string, err error) sdk.Result {
	refused, ok := errors.AsType[*smtpRefusal](err)
	switch {
	case ok && refused.line[:min(1, len(refused.line))] == "4":
		return sdk.Unhealthy(address + " is not available at the moment: " + refused.Error() + "; look into its log")
	case ok && refused.greeted != "":
		return sdk.Unhealthy(address + " refuses the client name " + refused.greeted + ": " + refused.Error() + "; set helo to a name that it accepts, or check that it speaks SMTP")
	case ok:
		return sdk.Unhealthy(address + ": " + refused.Error() + "; look into its log")
	case errors.Is(err, errSMTPLines):
		return sdk.Unknown("could not check " + address + ": " + err.Error())
	case errors.Is(err, sdk.ErrTooLarge):
		return sdk.Unknown("could not check " + address + ": a line of its reply is longer than 4 KiB")
	case errors.Is(err, sdk.ErrTimeout):
		return sdk.Unhealthy(address + " greets but does not answer in time; it is overloaded or hung")
	}
	return sdk.Failed(address, err)
}

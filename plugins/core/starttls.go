package main

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

// lineLimit is the maximum length of a line of a text protocol.
const lineLimit = 4 << 10

// refusal returns the error of a peer that responds but does not do what it was
// asked.
func refusal(text string) error { return &sdk.Error{Code: abi.ErrTarget, Text: text} }

// starttls upgrades a connection with the command of its protocol.
func starttls(conn *sdk.Conn, protocol, server string) error {
	var err error
	switch protocol {
	case "smtp":
		err = smtpStartTLS(conn)
	case "imap":
		err = imapStartTLS(conn)
	case "pop3":
		err = pop3StartTLS(conn)
	case "ftp":
		err = ftpStartTLS(conn)
	case "postgres":
		err = postgresStartTLS(conn)
	}
	if err != nil {
		return err
	}
	return conn.StartTLS(server)
}

func smtpStartTLS(conn *sdk.Conn) error {
	if _, err := smtpReply(conn, "220"); err != nil {
		return err
	}
	extensions, err := smtpHello(conn, defaultHelo)
	if err != nil {
		return err
	}
	if !offers(extensions, "STARTTLS") {
		return refusal("it does not offer STARTTLS")
	}
	_, err = smtpCommand(conn, "STARTTLS", "220")
	return err
}

// imapLines is the maximum number of lines before the reply to STARTTLS.
const imapLines = 1000

// errIMAPLines reports a server that is over the limit.
var errIMAPLines = &sdk.Error{Code: abi.ErrTooLarge, Text: "more than " + strconv.Itoa(imapLines) + " lines before the reply to STARTTLS"}

// imapStartTLS follows RFC 3501, section 6.2.1.
func imapStartTLS(conn *sdk.Conn) error {
	greeting, err := conn.ReadLine(lineLimit)
	if err != nil {
		return err
	}
	switch greets, _, _ := strings.Cut(strings.TrimPrefix(lower(greeting), "* "), " "); {
	case !strings.HasPrefix(greeting, "* "):
		return refusal("it is not an IMAP server: it greets with " + quote(greeting))
	case greets == "bye":
		return refusal("it refuses this client: it greets with " + quote(greeting))
	}
	if err := conn.WriteString("v1 STARTTLS\r\n"); err != nil {
		return err
	}
	for range imapLines { // untagged lines may come first
		line, err := conn.ReadLine(lineLimit)
		if err != nil {
			return err
		}
		if answer, ok := strings.CutPrefix(line, "v1 "); ok {
			if strings.HasPrefix(lower(answer), "ok") { // RFC 3501, section 9: case does not count
				return nil
			}
			return refusal("it refuses STARTTLS with " + quote(answer))
		}
	}
	return errIMAPLines
}

// pop3StartTLS follows RFC 2595, section 4.
func pop3StartTLS(conn *sdk.Conn) error {
	greeting, err := conn.ReadLine(lineLimit)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(lower(greeting), "+ok") {
		return refusal("it does not greet as a POP3 server: it says " + quote(greeting) + "; correct the address, or look into its log")
	}
	if err := conn.WriteString("STLS\r\n"); err != nil {
		return err
	}
	answer, err := conn.ReadLine(lineLimit)
	if err == nil && !strings.HasPrefix(lower(answer), "+ok") {
		err = refusal("it refuses STLS with " + quote(answer) + "; configure a certificate")
	}
	return err
}

// ftpStartTLS follows RFC 4217, section 4. Replies have the form of SMTP's.
func ftpStartTLS(conn *sdk.Conn) error {
	if _, err := ftpReply(conn, "220"); err != nil {
		return err
	}
	if err := conn.WriteString("AUTH TLS\r\n"); err != nil {
		return err
	}
	_, err := ftpReply(conn, "234")
	return err
}

// ftpReply reads a reply, in whose middle lines may have any form.
func ftpReply(conn *sdk.Conn, code string) (string, error) {
	first, err := conn.ReadLine(lineLimit)
	line := first
	for n := 0; err == nil && strings.HasPrefix(first, code+"-") && !strings.HasPrefix(line, code+" "); n++ {
		if n == smtpLines {
			return "", errSMTPLines
		}
		line, err = conn.ReadLine(lineLimit)
	}
	if err == nil && smtpCode(first) != code {
		err = &smtpRefusal{line: first, wanted: code}
	}
	return line, err
}

// postgresStartTLS sends an SSLRequest: the length 8 and the code 80877103. The
// server answers with one byte, S for yes.
func postgresStartTLS(conn *sdk.Conn) error {
	if _, err := conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil {
		return err
	}
	answer := make([]byte, 1)
	if _, err := conn.Read(answer); err != nil {
		if errors.Is(err, io.EOF) {
			return sdk.ErrReset
		}
		return err
	}
	switch answer[0] {
	case 'S':
		return nil
	case 'N':
		return refusal("it does not offer TLS; set ssl = on in postgresql.conf")
	case 'E':
		return refusal("it answers with an error where TLS would begin; look into its log")
	default:
		return refusal("it is not a PostgreSQL server: its answer begins with " + strconv.Quote(string(answer)) + "; correct the address")
	}
}

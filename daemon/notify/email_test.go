package notify_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"vega/daemon/notify"
	"vega/daemon/notify/service"
	"vega/daemon/realtest"
	"vega/plugins/egress"
	"vega/policies/incident"
)

func byMail(address string, change func(*service.Settings)) service.Settings {
	s := service.Settings{
		Type: "email", Address: address, From: "vega <vega@example.com>", To: []string{"On call <ops@example.com>", "second@example.com"},
		User: "vega", Password: realtest.Password,
	}
	if change != nil {
		change(&s)
	}
	return s
}

func trusting(t testing.TB, ca *realtest.CA, s service.Settings) *notify.Notifier {
	t.Helper()
	network := egress.New("")
	if ca != nil {
		network.RootCAs = ca.Pool
	}
	return with(t, network, s)
}

// parsed returns a mail's header and its decoded text.
func parsed(t testing.TB, raw string) (mail.Header, string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	body := m.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, string(text)
}

// Mail goes through a real server: with STARTTLS and with implicit TLS, with a login.
func TestMailThroughExim(t *testing.T) {
	ca := realtest.NewCA(t)
	server := realtest.Exim(t, ca.Valid("127.0.0.1"), false)
	arrives(t, trusting(t, ca, byMail(server.StartTLS, nil)), opening())
	arrives(t, trusting(t, ca, byMail(server.Implicit, func(s *service.Settings) { s.TLS = service.ImplicitTLS })), resolve())
	arrives(t, trusting(t, ca, byMail(server.StartTLS, nil)), hostile())
	all := server.Mails(t, 6) // two recipients each
	var first, second mail.Header
	for _, raw := range all {
		header, text := parsed(t, raw)
		subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.HasPrefix(subject, "[critical] orders is unhealthy"):
			first = header
			if !strings.Contains(text, "Last good: 2026-03-01 14:02:05 UTC: healthy, took 23.1 ms, dns 1.1 ms") || !strings.Contains(text, "\nRunbook: https://wiki.example.com/orders?a=1&b=2") {
				t.Errorf("%s", text)
			}
		case strings.HasPrefix(subject, "[recovered]"):
			second = header
		default:
			clean(t, subject)
			clean(t, strings.ReplaceAll(text, "\r\n", "\n"))
		}
		if len(header["Bcc"]) > 0 || header.Get("Auto-Submitted") != "auto-generated" || header.Get("To") == "" || header.Get("Date") == "" {
			t.Errorf("%v", header)
		}
	}
	if first == nil || second == nil || first.Get("References") == "" || first.Get("References") != second.Get("References") || second.Get("In-Reply-To") != first.Get("In-Reply-To") {
		t.Errorf("the resolve is not in the thread of its opening:\n%v\n%v", first, second)
	}
	if first.Get("Message-Id") == second.Get("Message-Id") {
		t.Error("two mails with the same ID")
	}
}

func TestMailThatEximRefuses(t *testing.T) {
	ca := realtest.NewCA(t)
	server := realtest.Exim(t, ca.Valid("127.0.0.1"), true)
	test := opening()
	test.Test = true
	o := trusting(t, ca, byMail(server.StartTLS, func(s *service.Settings) { s.To = append(s.To, "nobody@example.com") })).Send(t.Context(), test)
	if o.Result != incident.Final || o.Reason != "the mail server answers 550 to 1 of 3 recipients" {
		t.Errorf("a test with a wrong address: %+v", o)
	}
	for name, c := range map[string]struct {
		ca     *realtest.CA
		change func(*service.Settings)
		want   incident.Result
		says   string
	}{
		"wrong password":        {ca, func(s *service.Settings) { s.Password = "s3cret" }, incident.Final, "535"},
		"no such recipient":     {ca, func(s *service.Settings) { s.To = []string{"nobody@example.com"} }, incident.Final, "550"},
		"recipient later":       {ca, func(s *service.Settings) { s.To = []string{"later@example.com"} }, incident.Refused, "451"},
		"one of two recipients": {ca, func(s *service.Settings) { s.To = append(s.To, "nobody@example.com") }, incident.Arrived, ""},
		"unknown authority":     {nil, nil, incident.Refused, "certificate"},
		"TLS on the wrong port": {ca, func(s *service.Settings) { s.TLS = service.ImplicitTLS }, incident.Refused, "set tls to starttls"},
		"without a login":       {ca, func(s *service.Settings) { s.User, s.Password = "", "" }, incident.Arrived, ""},
		"in plain text":         {ca, func(s *service.Settings) { s.User, s.Password, s.TLS = "", "", service.NoTLS }, incident.Arrived, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := trusting(t, c.ca, byMail(server.StartTLS, c.change)).Send(t.Context(), opening())
			if o.Result != c.want || !strings.Contains(o.Reason, c.says) || strings.Contains(o.Reason, "s3cret") || strings.Contains(o.Reason, realtest.Password) {
				t.Errorf("%+v, want %s (%s)", o, c.want, c.says)
			}
		})
	}
}

// dialogue is a server that answers each line as a test says, and records what it is
// sent.
func dialogue(t testing.TB, answer func(line string) (reply string, end bool)) string {
	t.Helper()
	var one sync.Mutex // connection at a time
	return strings.TrimPrefix(listen(t, func(c net.Conn) {
		one.Lock()
		defer one.Unlock()
		reply, end := answer("")
		fmt.Fprint(c, reply)
		lines := bufio.NewScanner(c)
		lines.Buffer(nil, 1<<20)
		for !end && lines.Scan() {
			reply, end = answer(lines.Text())
			fmt.Fprint(c, reply)
		}
	}), "http://")
}

// obliging accepts a mail, with other replies for some lines.
func obliging(other map[string]string) func(string) (string, bool) {
	data := false
	return func(line string) (string, bool) {
		if reply, ok := other[line]; ok && (!data || line == ".") {
			return reply, reply == ""
		}
		word, _, _ := strings.Cut(line, " ")
		switch {
		case line == ".":
			data = false
			return "250 queued\r\n", false
		case data:
			return "", false
		case line == "":
			return "220 mail.example.com " + echoed + "\r\n", false
		case word == "EHLO":
			return "250-mail.example.com\r\n250 8BITMIME\r\n", false
		case word == "DATA":
			data = true
			return "354 go on\r\n", false
		case word == "QUIT":
			return "221 bye\r\n", true
		default:
			return "250 fine\r\n", false
		}
	}
}

func TestMailFailures(t *testing.T) {
	plain := func(s *service.Settings) { s.User, s.Password, s.TLS = "", "", service.NoTLS }
	for name, c := range map[string]struct {
		other  map[string]string
		change func(*service.Settings)
		want   incident.Result
	}{
		"accepts":                 {nil, plain, incident.Arrived},
		"greets with 421":         {map[string]string{"": "421 " + echoed + "\r\n"}, plain, incident.Refused},
		"greets with 554":         {map[string]string{"": "554 " + echoed + "\r\n"}, plain, incident.Final},
		"greets with nothing":     {map[string]string{"": ""}, plain, incident.Refused},
		"speaks HTTP":             {map[string]string{"": "HTTP/1.1 400 " + echoed + "\r\n\r\n"}, plain, incident.Refused},
		"refuses the sender":      {map[string]string{"MAIL FROM:<vega@example.com> BODY=8BITMIME": "550 " + echoed + "\r\n"}, plain, incident.Final},
		"is too busy for DATA":    {map[string]string{"DATA": "452 " + echoed + "\r\n"}, plain, incident.Refused},
		"refuses the text":        {map[string]string{".": "554 " + echoed + "\r\n"}, plain, incident.Final},
		"has no room":             {map[string]string{".": "452 " + echoed + "\r\n"}, plain, incident.Refused},
		"closes after the text":   {map[string]string{".": ""}, plain, incident.Unclear},
		"closes at DATA":          {map[string]string{"DATA": ""}, plain, incident.Refused},
		"garbage after the text":  {map[string]string{".": echoed + "\r\n"}, plain, incident.Unclear},
		"has no STARTTLS":         {nil, func(s *service.Settings) { s.User, s.Password = "", "" }, incident.Refused},
		"has no login":            {nil, func(s *service.Settings) { s.TLS = service.NoTLS }, incident.Final},
		"greets with a megabyte":  {map[string]string{"": "220 " + strings.Repeat("x", 1<<20) + "\r\n"}, plain, incident.Refused},
		"closes at the goodbye":   {map[string]string{"QUIT": ""}, plain, incident.Arrived},
		"greets without a number": {map[string]string{"": echoed + "\r\n"}, plain, incident.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			o := trusting(t, nil, byMail(dialogue(t, obliging(c.other)), c.change)).Send(t.Context(), opening())
			if o.Result != c.want || (o.Reason == "") != (c.want == incident.Arrived) || strings.Contains(o.Reason, echoed) || strings.Contains(o.Reason, realtest.Password) {
				t.Errorf("%+v, want %s", o, c.want)
			}
		})
	}
}

// TestMailLoginsByScramAreBounded checks that a mail server can't keep a processor busy, and
// the message waiting, for as long as it wants: the password is hashed as often as it says.
func TestMailLoginsByScramAreBounded(t *testing.T) {
	server := dialogue(t, func(line string) (string, bool) {
		first, err := base64.StdEncoding.DecodeString(line)
		_, nonce, ok := strings.Cut(string(first), "r=")
		switch {
		case line == "":
			return "220 mail.example.com\r\n", false
		case strings.HasPrefix(line, "EHLO"):
			return "250-mail.example.com\r\n250 AUTH SCRAM-SHA-256\r\n", false
		case strings.HasPrefix(line, "AUTH"):
			return "334 \r\n", false
		case err == nil && ok:
			return "334 " + base64.StdEncoding.EncodeToString([]byte("r="+nonce+"x,s=c2FsdA==,i=2000000000")) + "\r\n", false
		default:
			return "501 no\r\n", true
		}
	})
	o := trusting(t, nil, byMail(server, func(s *service.Settings) { s.TLS = service.NoTLS })).Send(t.Context(), opening())
	if o.Result != incident.Refused || !strings.Contains(o.Reason, "asks for 2000000000 iterations of SCRAM, more than the 1000000") {
		t.Errorf("%+v", o)
	}
}

// A second attempt is the same mail.
func TestMailIsRepeatedWithItsID(t *testing.T) {
	var ids []string
	take := obliging(nil)
	address := dialogue(t, func(line string) (string, bool) {
		if id, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			ids = append(ids, id)
		}
		return take(line)
	})
	n := trusting(t, nil, byMail(address, func(s *service.Settings) { s.User, s.Password, s.TLS = "", "", service.NoTLS }))
	arrives(t, n, opening())
	arrives(t, n, opening())
	arrives(t, n, resolve())
	if len(ids) != 3 || ids[0] != ids[1] || ids[0] == ids[2] {
		t.Errorf("%q", ids)
	}
}

// No text of a message begins a line of the header or ends the text.
func TestMailHeaderInjection(t *testing.T) {
	var lines []string
	take := obliging(nil)
	address := dialogue(t, func(line string) (string, bool) {
		lines = append(lines, line)
		return take(line)
	})
	arrives(t, trusting(t, nil, byMail(address, func(s *service.Settings) { s.User, s.Password, s.TLS = "", "", service.NoTLS })), hostile())
	header := lines[slices.Index(lines, "DATA"):]
	header = header[:slices.Index(header, "")]
	for _, line := range header {
		if strings.HasPrefix(line, "Bcc:") {
			t.Errorf("%q", line)
		}
	}
	for _, line := range lines {
		if len(line) > 998 { // RFC 5322, section 2.1.1
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
	if n := len(lines) - 1 - slices.Index(lines, "."); n > 1 { // QUIT
		t.Errorf("%d lines after the text: %q", n, lines[len(lines)-n:])
	}
}

func TestMailServerThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	take := obliging(nil)
	address := dialogue(t, func(line string) (string, bool) {
		if line == "." {
			cancel()
			return "", false
		}
		return take(line)
	})
	n := trusting(t, nil, byMail(address, func(s *service.Settings) { s.User, s.Password, s.TLS = "", "", service.NoTLS }))
	if o := n.Send(ctx, opening()); o.Result != incident.Unclear {
		t.Errorf("%+v", o)
	}
}

// Who is refused for now, while others get the mail, is sent it before anything else, and
// nobody is sent it twice. A final refusal is named and not repeated.
func TestRecipientThatIsRefusedForNow(t *testing.T) {
	refused := "451 " + echoed + "\r\n"
	var seen []string
	take := obliging(nil)
	address := dialogue(t, func(line string) (string, bool) {
		switch subject, ok := strings.CutPrefix(line, "Subject: "); {
		case ok:
			seen = append(seen, strings.Fields(subject)[0])
		case strings.HasPrefix(line, "RCPT TO:<second@") && refused != "":
			return refused, false
		case strings.HasPrefix(line, "RCPT "):
			seen = append(seen, strings.TrimPrefix(line, "RCPT TO:"))
		}
		return take(line)
	})
	n := trusting(t, nil, byMail(address, func(s *service.Settings) { s.User, s.Password, s.TLS = "", "", service.NoTLS }))
	send := func(m *incident.Message, reason string, want ...string) {
		t.Helper()
		seen = nil
		if o := n.Send(t.Context(), m); o.Result != incident.Arrived || o.Reason != reason {
			t.Errorf("%+v, want it to have arrived with %q", o, reason)
		}
		if !slices.Equal(seen, want) {
			t.Errorf("the server was sent %q, want %q", seen, want)
		}
	}
	const first, second = "<ops@example.com>", "<second@example.com>"
	send(opening(), "the mail server answers 451 to 1 of 2 recipients; vega tries again later", first, "[critical]")
	refused = ""
	send(resolve(), "", second, "[critical]", first, second, "[recovered]")
	send(opening(), "", first, second, "[critical]")
	refused = "550 " + echoed + "\r\n"
	send(opening(), "the mail server answers 550 to 1 of 2 recipients", first, "[critical]")
	refused = ""
	send(resolve(), "", first, second, "[recovered]")
}

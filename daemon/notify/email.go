package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"vega/daemon/notify/message"
	"vega/daemon/notify/service"
	"vega/daemon/scram"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies/incident"
	"vega/sdk/abi"
)

// emailLimit limits the text of a mail, in bytes.
const emailLimit = 64 << 10

// email sends plain text. Package go-mail writes the message and speaks SMTP; what a
// reply means is decided here, because after the end of the text was sent, and only then,
// the mail may have arrived.
func email(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome {
	msg, err := n.mail(m)
	if err != nil {
		return final("the mail can't be written; check from and to")
	}
	conn, err := n.dialMail(ctx)
	if err != nil {
		return mailError("connecting", err)
	}
	defer conn.Close()
	c, o := n.greet(ctx, conn)
	if c == nil {
		return o
	}
	o = n.deliver(c, msg, m.Test)
	if o.Result == incident.Arrived {
		_ = c.Quit() // the mail was accepted
	}
	return o
}

// mail writes the message. Mails about the same incident refer to the same ID, so that
// mail programs show them together; a second attempt has the Message-ID of the first.
func (n *Notifier) mail(m *incident.Message) (*gomail.Msg, error) {
	t := message.Compose(m)
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(n.settings.From), msg.To(n.settings.To...)); err != nil {
		return nil, err
	}
	from, err := mail.ParseAddress(n.settings.From)
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	if strings.ContainsFunc(domain, func(r rune) bool { return r > '~' }) {
		domain = "vega.invalid" // an ID is ASCII
	}
	msg.Subject(t.Title)
	msg.SetDateWithValue(m.At)
	msg.SetMessageIDWithValue(attemptID(m) + "@" + domain)
	var threads []string
	for _, notice := range t.Notices {
		threads = append(threads, "<"+token(notice.Source.Incident.Key+notice.Source.Incident.Opened.UTC().Format(time.RFC3339))+"@"+domain+">")
	}
	if len(threads) > 0 {
		msg.SetGenHeader("In-Reply-To", threads[0])
		msg.SetGenHeaderPreformatted("References", strings.Join(threads[:min(len(threads), incident.MaxNames)], "\r\n "))
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no automatic replies
	msg.SetBodyString(gomail.TypeTextPlain, message.Fit(t.Notices, t.More, message.Format{Limit: emailLimit, Links: true})+"\n")
	return msg, nil
}

// dialMail connects to the server. Proxies are for HTTP, so that it does so directly.
func (n *Notifier) dialMail(ctx context.Context) (net.Conn, error) {
	rule, err := grant.Parse(manifest.Net, "tcp://"+n.settings.Address)
	if err != nil {
		return nil, err
	}
	rule.Origin = grant.FromConfig
	session, err := n.options.connection(rule)
	if err != nil {
		return nil, err
	}
	conn, err := session.Dial(ctx, abi.NetTCP, n.settings.Address)
	if err != nil {
		return nil, err
	}
	bounded := &mailConn{Conn: conn, ctx: ctx, left: maxReplies}
	if n.settings.TLS != service.ImplicitTLS {
		return bounded, nil
	}
	config, err := n.mailTLS()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	secured := tls.Client(bounded, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

func (n *Notifier) mailTLS() (*tls.Config, error) {
	roots, err := n.options.Network.Roots()
	if err != nil {
		return nil, errAuthorities
	}
	return &tls.Config{ServerName: n.mailHost(), RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

var errAuthorities = errors.New("network.ca_file can't be used")

func (n *Notifier) mailHost() string {
	host, _, _ := net.SplitHostPort(n.settings.Address) // checked by New
	return host
}

// greet begins the session: with TLS and the login, if they are configured.
func (n *Notifier) greet(ctx context.Context, conn net.Conn) (*smtp.Client, incident.Outcome) {
	c, err := smtp.NewClient(conn, n.mailHost())
	if err != nil {
		return nil, mailError("waiting for the greeting", err)
	}
	if err := c.Hello(helloName()); err != nil {
		return nil, mailError("at EHLO", err)
	}
	if n.settings.TLS == service.StartTLS {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return nil, refused("the mail server does not offer STARTTLS; set tls to implicit for port 465")
		}
		config, err := n.mailTLS()
		if err == nil {
			err = c.StartTLS(config)
		}
		if err != nil {
			return nil, mailError("in STARTTLS", err)
		}
	}
	if n.settings.User == "" {
		return c, incident.Outcome{}
	}
	if o := n.login(c); o.Result != incident.Arrived {
		return nil, o
	}
	return c, incident.Outcome{}
}

// login uses the strongest of the mechanisms that the server offers. service.Check
// allows a login without TLS only on this machine.
func (n *Notifier) login(c *smtp.Client) incident.Outcome {
	user, password, host := n.settings.User, n.settings.Password, n.mailHost()
	plain := n.settings.TLS == service.NoTLS
	mechanisms := []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", boundedScram{smtp.ScramSHA256Auth(user, password)}},
		{"SCRAM-SHA-1", boundedScram{smtp.ScramSHA1Auth(user, password)}},
		{"PLAIN", smtp.PlainAuth("", user, password, host, plain)},
		{"LOGIN", smtp.LoginAuth(user, password, host, plain)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(user, password)},
	}
	_, offered := c.Extension("AUTH")
	for _, m := range mechanisms {
		if !hasWord(offered, m.name) {
			continue
		}
		if err := c.Auth(m.auth); err != nil {
			return mailError("at the login", err)
		}
		return arrived()
	}
	return final("the mail server offers no login that vega supports")
}

// boundedScram is a login by SCRAM that computes no more than package scram allows.
type boundedScram struct{ smtp.Auth }

// Next answers the server.
func (b boundedScram) Next(fromServer []byte, more bool) ([]byte, error) {
	if err := scram.Check(fromServer); err != nil {
		return nil, err
	}
	return b.Auth.Next(fromServer, more)
}

func hasWord(text, word string) bool {
	for _, w := range strings.Fields(text) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// deliver sends the mail to the recipients that the server accepts, and keeps it for
// those that it refuses for now. In a test, all have to be accepted: an alert is not held
// back because of a misspelt address, but a test finds it.
func (n *Notifier) deliver(c *smtp.Client, msg *gomail.Msg, test bool) incident.Outcome {
	m := mailing{since: time.Now()}
	var text bytes.Buffer
	var errs [3]error
	m.from, errs[0] = msg.GetSender(false)
	m.to, errs[1] = msg.GetRecipients()
	_, errs[2] = msg.WriteTo(&text)
	if errors.Join(errs[:]...) != nil {
		return final("the mail can't be written; check from and to")
	}
	m.text = text.Bytes()
	if !test {
		n.deliverLate(c)
	}
	later, o := transfer(c, &m, test)
	if o.Result == incident.Arrived && len(later) > 0 {
		m.to = later
		n.late.add(m, n.sendLate)
	}
	return o
}

// transfer sends a mail to the recipients that the server accepts, or to none if all have
// to be accepted and one is not. It returns those that the server refuses for now although
// it accepted the mail for others. The outcome has a reason if a recipient was refused.
func transfer(c *smtp.Client, m *mailing, all bool) (later []string, o incident.Outcome) {
	if err := c.Mail(m.from); err != nil {
		return nil, mailError("at the sender", err)
	}
	var rejected error // the last one, but rather one that a later attempt may not get
	refusals := 0
	for _, address := range m.to {
		err := c.Rcpt(address)
		if err == nil {
			continue
		}
		refusals++
		if mailError("", err).Result != incident.Final {
			later = append(later, address)
			rejected = err
		} else if len(later) == 0 {
			rejected = err
		}
	}
	stage := fmt.Sprintf("to %d of %d recipients", refusals, len(m.to))
	if refusals == len(m.to) || all && refusals > 0 {
		_ = c.Reset() // another mail, or the end of the session, follows
		return nil, mailError(stage, rejected)
	}
	w, err := c.Data()
	if err != nil {
		_ = c.Reset()
		return nil, mailError("at DATA", err)
	}
	if _, err := w.Write(m.text); err != nil {
		return nil, mailError("sending the text", err) // without its end, so that it was not accepted
	}
	if err := w.Close(); err != nil {
		o := mailError("after the text", err)
		if _, replied := errors.AsType[*textproto.Error](err); !replied {
			o.Result = incident.Unclear
		}
		return nil, o
	}
	o = arrived()
	if refusals > 0 {
		o.Reason = mailError(stage, rejected).Reason
	}
	if len(later) > 0 {
		o.Reason += "; vega tries again later"
	}
	return later, o
}

// mailError is the outcome of a stage that failed. A reply is named by its code only,
// because its text is the server's. 5yz is permanent (RFC 5321, section 4.2.1).
func mailError(stage string, err error) incident.Outcome {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		text := fmt.Sprintf("the mail server answers %d %s", reply.Code, stage)
		switch {
		case reply.Code == 535 || reply.Code == 534 || reply.Code == 530:
			return final(text + "; check user and password")
		case reply.Code/100 == 5:
			return final(text)
		default:
			return refused(text)
		}
	}
	return refused("no mail was sent: failed " + stage + ": " + mailReason(err))
}

// mailReason returns why a connection failed, without text of the server.
func mailReason(err error) string {
	var certificate *tls.CertificateVerificationError
	switch known, ok := errors.AsType[*egress.Error](err); {
	case ok:
		return known.Text
	case errors.As(err, &certificate):
		return "the certificate of the mail server is not valid"
	case errors.Is(err, errManyReplies), errors.Is(err, errAuthorities):
		return err.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed early"
	}
	if d, ok := errors.AsType[*grant.Denial](err); ok {
		return d.Asked
	}
	if e, ok := errors.AsType[*scram.Error](err); ok {
		return e.Error()
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the mail server does not begin with TLS on this port; set tls to starttls"
	}
	return "the mail server does not follow the protocol"
}

// helloName is the name with which vega introduces itself.
func helloName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return "localhost"
	}
	return name
}

// maxReplies limits what a mail server can send, in bytes.
const maxReplies = 256 << 10

var errManyReplies = errors.New("the mail server sends too much")

// mailConn is a connection of package egress as a net.Conn. The context of Send bounds
// every call, so that deadlines have no effect.
type mailConn struct {
	*egress.Conn
	ctx  context.Context
	left int // bytes that may still be read
}

// Read reads, until too much was read.
func (c *mailConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errManyReplies
	}
	read, err := c.Conn.Read(c.ctx, p[:min(len(p), c.left)])
	c.left -= read
	return read, err
}

// Write writes.
func (c *mailConn) Write(p []byte) (int, error) { return c.Conn.Write(c.ctx, p) }

// LocalAddr returns an address that nobody uses.
func (c *mailConn) LocalAddr() net.Addr { return &net.TCPAddr{} }

// RemoteAddr returns an address that nobody uses.
func (c *mailConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// SetDeadline does nothing.
func (c *mailConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *mailConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (c *mailConn) SetWriteDeadline(time.Time) error { return nil }

//go:build !wasip1

package main

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"vega/plugins/core/fixtures"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

// hangUp reads a little and closes.
func hangUp(c net.Conn) { _, _ = c.Read(make([]byte, 1<<10)) }

// overTLS serves a protocol over TLS.
func overTLS(config *tls.Config, serve func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) { serve(tls.Server(c, config)) }
}

func drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func TestTCP(t *testing.T) {
	echo := fixtures.Echo(t, "hello\r\n")
	authority := fixtures.NewAuthority(t)
	trusting := func() sdktest.Config { return sdktest.Config{Roots: authority.Pool} }
	secure := fixtures.Listen(t, overTLS(authority.Config(t, 48*time.Hour, "127.0.0.1"), drain))
	other := fixtures.Listen(t, overTLS(authority.Config(t, 48*time.Hour, "other.example"), drain))
	says := func(text string) string {
		return fixtures.Listen(t, func(c net.Conn) { _, _ = io.WriteString(c, text) })
	}
	runRows(t, "tcp", []row{
		{name: "open", options: options{"address": echo}, says: "accepted the connection", metrics: []string{"connect"}},
		{name: "answers", options: options{"address": echo, "send": "ping\r\n", "expect": "ping"}, says: "answered as expected", details: []string{"answer"}},
		{name: "tls", options: options{"address": secure, "tls": true}, config: trusting(), says: "accepted", details: []string{"certificate_expires"}},
		{name: "untrusted certificate", options: options{"address": other, "tls": true}, config: trusting(), status: abi.Unhealthy, says: "TLS with"},
		{name: "says something else", options: options{"address": echo, "expect": "welcome"}, config: soon(), status: abi.Unhealthy, says: `did not say "welcome" in time; it said "hello"`},
		{name: "looks alike", options: options{"address": says("220 caf\u00e9\u00a0ready\r\n"), "expect": "cafe\u0301 ready"}, status: abi.Unhealthy, says: `it contains what looks alike, but "caf\u00e9\u00a0ready" is not "cafe\u0301 ready"`},
		{name: "another case", options: options{"address": says("220 Ready\r\n"), "expect": "ready"}, status: abi.Unhealthy, says: `it contains "Ready", whose case differs`},
		{name: "hangs up", options: options{"address": fixtures.Listen(t, hangUp), "send": "x", "expect": "y"}, status: abi.Unhealthy, says: `ended the connection without saying "y"; it said nothing`},
		{name: "refused", options: options{"address": fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
		{name: "silent in the handshake", options: options{"address": fixtures.Hang(t), "tls": true}, config: soon(), status: abi.Unhealthy, says: "accepts the connection but does not answer the TLS handshake in time; it is hung, or it does not speak TLS: then set tls = false"},
		{name: "denied", options: options{"address": echo}, config: deny(), status: abi.Unknown, says: "grant {"},
	})
}

func TestDNS(t *testing.T) {
	server := fixtures.DNS(t,
		"www.example.com. 60 IN A 192.0.2.1", "www.example.com. 60 IN A 192.0.2.2",
		"example.com. 60 IN MX 10 mail.example.com.", `example.com. 60 IN TXT "v=spf1 -all"`, "www.example.com. 60 IN AAAA 2001:db8::1",
		`empty.example.com. 60 IN TXT ""`, `alike.example.com. 60 IN TXT "caf\195\169\194\160ok"`, `long.example.com. 60 IN TXT "`+strings.Repeat("k", 120)+`A"`)
	runRows(t, "dns", []row{
		{name: "resolves", options: options{"name": "www.example.com", "server": server, "expect": []string{"192.0.2.2"}}, says: "www.example.com A is 192.0.2.", details: []string{"answers"}, metrics: []string{"response_time"}},
		{name: "mx", options: options{"name": "example.com", "type": "MX", "server": server, "expect": []string{"10 Mail.example.com."}}, says: "10 mail.example.com"},
		{name: "long address", options: options{"name": "www.example.com", "type": "AAAA", "server": server, "expect": []string{"2001:0db8:0000:0000:0000:0000:0000:0001"}}, says: "www.example.com AAAA is 2001:db8::1"},
		{name: "not an address", options: options{"name": "www.example.com", "server": server, "expect": []string{"mail.example.com"}}, status: abi.Unknown, says: `expect has "mail.example.com", which is not the address of a record of type A`},
		{name: "empty text", options: options{"name": "empty.example.com", "type": "TXT", "server": server, "expect": []string{""}}, says: "empty.example.com TXT is the empty text"},
		{name: "preference last", options: options{"name": "example.com", "type": "MX", "server": server, "expect": []string{"mail.example.com 10"}}, status: abi.Unknown, says: `expect has "mail.example.com 10", which is not preference and name, or the name, of a record of type MX`},
		{name: "name is an address", options: options{"name": "192.0.2.1", "server": server}, status: abi.Unknown, says: `only has a PTR record; set type = "PTR"`},
		{name: "looks alike", options: options{"name": "alike.example.com", "type": "TXT", "server": server, "expect": []string{"cafe\u0301 ok"}}, status: abi.Unhealthy, says: `they look alike, but "caf\u00e9\u00a0ok" is not "cafe\u0301 ok"`},
		{name: "differs late", options: options{"name": "long.example.com", "type": "TXT", "server": server, "expect": []string{`"` + strings.Repeat("k", 120) + `" "B"`}}, status: abi.Unhealthy, says: `they differ after 120 bytes`},
		{name: "txt", options: options{"name": "example.com", "type": "TXT", "server": server, "expect": []string{"v=spf1 -all"}}, says: "v=spf1"},
		{name: "another address", options: options{"name": "www.example.com", "server": server, "expect": []string{"192.0.2.9"}}, status: abi.Unhealthy, says: "lacks 192.0.2.9; it answers 192.0.2."},
		{name: "no such name", options: options{"name": "gone.example.com", "server": server}, status: abi.Unhealthy, says: "gone.example.com does not resolve, so it has no A record: "},
		{name: "no such type", options: options{"name": "www.example.com", "type": "MX", "server": server}, status: abi.Unhealthy, says: "MX record"},
		{name: "silent", options: options{"name": "hang.example.com", "server": server}, config: soon(), status: abi.Unhealthy, says: "did not answer in time"},
		{name: "denied", options: options{"name": "www.example.com", "server": server}, config: deny(), status: abi.Unknown, says: "grant {"},
	})
}

func TestTLS(t *testing.T) {
	authority := fixtures.NewAuthority(t)
	trusting := func() sdktest.Config { return sdktest.Config{Roots: authority.Pool} }
	listen := func(valid time.Duration, name string) string {
		return fixtures.Listen(t, overTLS(authority.Config(t, valid, name), drain))
	}
	good, named := listen(2000*time.Hour, "127.0.0.1"), listen(2000*time.Hour, "www.example.com")
	old := authority.Config(t, 2000*time.Hour, "127.0.0.1")
	old.MaxVersion = tls.VersionTLS12
	config := authority.Config(t, 2000*time.Hour, "127.0.0.1")
	talk := func(greeting, reply string) string {
		return fixtures.Listen(t, func(c net.Conn) {
			_, _ = io.WriteString(c, greeting)
			if _, err := c.Read(make([]byte, 100)); err != nil {
				return
			}
			_, _ = io.WriteString(c, reply)
			overTLS(config, drain)(c)
		})
	}
	runRows(t, "tls", []row{
		{
			name: "good", options: options{"address": good, "min_version": "1.3"}, config: trusting(), says: "valid for 83 more days",
			details: []string{"certificate_subject", "certificate_expires", "tls_cipher"}, metrics: []string{"certificate_days", "handshake"},
		},
		{name: "by name", options: options{"address": named, "server_name": "www.example.com"}, config: trusting(), says: "valid for", details: []string{"certificate_names"}},
		{name: "smtp", options: options{"address": fixtures.SMTP(t, config, ""), "starttls": "smtp"}, config: trusting(), says: "valid for"},
		{name: "imap", options: options{"address": fixtures.IMAP(t, config), "starttls": "imap"}, config: trusting(), says: "valid for"},
		{name: "postgres", options: options{"address": fixtures.Postgres(t, config), "starttls": "postgres"}, config: trusting(), says: "valid for"},
		{name: "wrong name", options: options{"address": named}, config: trusting(), status: abi.Unhealthy, says: "TLS with"},
		{name: "unknown authority", options: options{"address": good}, status: abi.Unhealthy, says: "TLS with"},
		{name: "expired", options: options{"address": listen(-30*time.Hour, "127.0.0.1")}, config: trusting(), status: abi.Unhealthy, says: "certificate has expired"},
		{name: "ends soon", options: options{"address": listen(50*time.Hour, "127.0.0.1")}, config: trusting(), status: abi.Degraded, says: "expires in 2 days, fewer than 14"},
		{name: "old version", options: options{"address": fixtures.Listen(t, overTLS(old, drain)), "min_version": "1.3"}, config: trusting(), status: abi.Unhealthy, says: "older than min_version"},
		{name: "smtp without", options: options{"address": fixtures.SMTP(t, nil, ""), "starttls": "smtp"}, status: abi.Unhealthy, says: "does not offer STARTTLS"},
		{name: "postgres without", options: options{"address": fixtures.Postgres(t, nil), "starttls": "postgres"}, status: abi.Unhealthy, says: "does not offer TLS"},
		{name: "imap in lower case", options: options{"address": talk("* ok hi\r\n", "* capability\r\nv1 ok begin\r\n"), "starttls": "imap"}, config: trusting(), says: "valid for"},
		{name: "pop3", options: options{"address": talk("+OK ready\r\n", "+OK begin\r\n"), "starttls": "pop3"}, config: trusting(), says: "valid for"},
		{name: "pop3 refuses", options: options{"address": talk("+OK ready\r\n", "-ERR no\r\n"), "starttls": "pop3"}, status: abi.Unhealthy, says: `it refuses STLS with "-ERR no"`},
		{name: "not pop3", options: options{"address": talk("220 ftp\r\n", ""), "starttls": "pop3"}, status: abi.Unhealthy, says: "does not greet as a POP3 server"},
		{name: "ftp", options: options{"address": talk("220-ftp.example.com\r\n  rules:\r\n220-none\r\n220 ready\r\n", "234 begin\r\n"), "starttls": "ftp"}, config: trusting(), says: "valid for"},
		{name: "ftp refuses", options: options{"address": talk("220 ready\r\n", "502 no\r\n"), "starttls": "ftp"}, status: abi.Unhealthy, says: `it answered "502 no" where 234 was expected`},
		{name: "ftp without end", options: options{"address": talk(strings.Repeat("220-more\r\n", smtpLines+2), ""), "starttls": "ftp"}, status: abi.Unknown, says: ": its reply has more than 1000 lines"},
		{name: "imap refuses", options: options{"address": talk("* BYE too many connections\r\n", ""), "starttls": "imap"}, status: abi.Unhealthy, says: `it refuses this client: it greets with "* BYE too many connections"`},
		{name: "imap without end", options: options{"address": talk("* OK\r\n", strings.Repeat("* more\r\n", imapLines)), "starttls": "imap"}, status: abi.Unknown, says: "more than 1000 lines"},
		{name: "postgres with an error", options: options{"address": fixtures.Echo(t, "E\x00\x00\x00\x08no"), "starttls": "postgres"}, status: abi.Unhealthy, says: "answers with an error"},
		{name: "not postgres", options: options{"address": fixtures.Echo(t, "HTTP/1.1 400"), "starttls": "postgres"}, status: abi.Unhealthy, says: `not a PostgreSQL server: its answer begins with "H"`},
		{name: "silent", options: options{"address": fixtures.Hang(t)}, config: soon(), status: abi.Unhealthy, says: "does not answer the TLS handshake in time; it is hung, or it does not speak TLS: then set starttls, or correct the port"},
		{name: "silent before STARTTLS", options: options{"address": fixtures.Hang(t), "starttls": "imap"}, config: soon(), status: abi.Unhealthy, says: "does not answer STARTTLS or the handshake in time; it is hung, or it does not speak imap"},
		{name: "no tls", options: options{"address": fixtures.Echo(t, "hello\r\n")}, status: abi.Unhealthy, says: "TLS with"},
		{name: "refused", options: options{"address": fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
	})
}

func TestSMTP(t *testing.T) {
	authority := fixtures.NewAuthority(t)
	trusting := func() sdktest.Config { return sdktest.Config{Roots: authority.Pool} }
	config := authority.Config(t, 2000*time.Hour, "127.0.0.1")
	mail := fixtures.SMTP(t, config, "")
	runRows(t, "smtp", []row{
		{name: "starttls", options: options{"address": mail}, config: trusting(), says: "accepts mail over TLS 1.3", details: []string{"banner", "extensions", "certificate_expires"}},
		{name: "plain", options: options{"address": fixtures.SMTP(t, nil, ""), "starttls": false}, says: "accepts mail without TLS"},
		{name: "bad certificate", options: options{"address": mail}, status: abi.Unhealthy, says: "TLS with"},
		{name: "no starttls", options: options{"address": fixtures.SMTP(t, nil, "")}, status: abi.Unhealthy, says: "does not offer STARTTLS"},
		{name: "not now", options: options{"address": fixtures.SMTP(t, nil, "421 4.3.2 too busy")}, status: abi.Unhealthy, says: `is not available at the moment: it answered "421 4.3.2 too busy" where 220 was expected`},
		{name: "silent", options: options{"address": fixtures.Hang(t)}, config: soon(), status: abi.Unhealthy, says: "does not greet in time"},
		{name: "refused", options: options{"address": fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
	})
}

func TestRedis(t *testing.T) {
	authority := fixtures.NewAuthority(t)
	config := authority.Config(t, 2000*time.Hour, "127.0.0.1")
	locked := fixtures.RedisServer{User: "vega", Password: "correct horse"}
	open := fixtures.RedisServer{}
	secure := fixtures.Listen(t, overTLS(config, locked.Serve))
	login := options{"address": secure, "tls": true, "username": "vega", "password": "correct horse"}
	runRows(t, "redis", []row{
		{name: "open", options: options{"address": open.Listen(t)}, says: "answered PING in", metrics: []string{"ping"}},
		{name: "tls and user", options: login, config: sdktest.Config{Roots: authority.Pool}, says: "answered PING"},
		{name: "tls unverified", options: login, status: abi.Unhealthy, says: "TLS with"},
		{name: "no password", options: options{"address": locked.Listen(t)}, status: abi.Unhealthy, says: "asks for a password; set password"},
		{name: "wrong password", options: options{"address": locked.Listen(t), "password": "wrong"}, status: abi.Unhealthy, says: "rejects the password for the user default"},
		{name: "needless password", options: options{"address": open.Listen(t), "password": "needless"}, status: abi.Degraded, says: "has no password configured"},
		{name: "loading", options: options{"address": fixtures.RedisServer{Loading: true}.Listen(t)}, status: abi.Degraded, says: "still loading"},
		{name: "not redis", options: options{"address": fixtures.Echo(t, "")}, status: abi.Unhealthy, says: "does not speak Redis"},
		{name: "hangs up", options: options{"address": fixtures.Listen(t, hangUp)}, status: abi.Unhealthy, says: "closed the connection"},
		{name: "refused", options: options{"address": fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
	})
}

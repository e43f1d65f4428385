//go:build !wasip1

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

// mailServer greets and then answers each command by its verb; "" hangs up.
func mailServer(t *testing.T, greeting string, replies map[string]string) string {
	return fixtures.Listen(t, func(c net.Conn) {
		fmt.Fprint(c, greeting)
		lines := bufio.NewScanner(c)
		for lines.Scan() {
			verb, _, _ := strings.Cut(lines.Text(), " ")
			reply := replies[strings.ToUpper(verb)]
			if reply == "" {
				return
			}
			fmt.Fprint(c, reply)
		}
	})
}

// The answers of real servers that are not those of the textbook.
func TestSMTPAnswers(t *testing.T) {
	const hello = "250-mail.example.com\r\n250-8BITMIME\r\n250 SIZE\r\n"
	usual := func(more ...string) map[string]string {
		m := map[string]string{"EHLO": hello, "HELO": "250 mail.example.com\r\n", "QUIT": "221 bye\r\n"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	plain := func(address string) options { return options{"address": address, "starttls": false} }
	const greeting = "220 mail.example.com ESMTP\r\n"
	runRows(t, "smtp", []row{
		{name: "a greeting of several lines", options: plain(mailServer(t, "220-mail.example.com\r\n220-No abuse\r\n220 \r\n", usual())), says: "accepts mail without TLS"},
		{name: "a greeting without text", options: plain(mailServer(t, "220\r\n", usual())), says: "accepts mail without TLS"},
		{name: "EHLO not implemented", options: plain(mailServer(t, greeting, usual("EHLO", "502 5.5.1 not implemented\r\n"))), says: "accepts mail without TLS", details: []string{"extensions"}},
		{name: "EHLO not recognized", options: plain(mailServer(t, greeting, usual("EHLO", "500 what?\r\n"))), says: "accepts mail without TLS"},
		{name: "without EHLO, no STARTTLS", options: options{"address": mailServer(t, greeting, usual("EHLO", "500 what?\r\n"))}, status: abi.Unhealthy, says: "does not offer STARTTLS"},
		{name: "EHLO refused for now", options: plain(mailServer(t, greeting, usual("EHLO", "450 4.7.1 try later\r\n"))), status: abi.Unhealthy, says: `is not available at the moment: it answered "450 4.7.1 try later" where 250 was expected`},
		{name: "the name is refused", options: plain(mailServer(t, greeting, usual("EHLO", "550 bad name\r\n", "HELO", "550 bad name\r\n"))), status: abi.Unhealthy, says: `refuses the client name vega.invalid: it answered "550 bad name" where 250 was expected; set helo`},
		{name: "no service", options: plain(mailServer(t, "554 5.7.1 you are listed\r\n", nil)), status: abi.Unhealthy, says: "refuses this client"},
		{name: "too many connections", options: plain(mailServer(t, "421-4.7.0 too many\r\n421 4.7.0 connections\r\n", nil)), status: abi.Unhealthy, says: "is not available at the moment"},
		{name: "STARTTLS refused for now", options: options{"address": mailServer(t, greeting, usual("EHLO", "250-a\r\n250 starttls\r\n", "STARTTLS", "454 TLS not available\r\n"))}, status: abi.Unhealthy, says: `"454 TLS not available" where 220`},
		{name: "hangs up on QUIT", options: plain(mailServer(t, greeting, map[string]string{"EHLO": hello})), says: "accepts mail without TLS"},
		{name: "an empty line", options: plain(mailServer(t, greeting, usual("EHLO", "\r\n"))), status: abi.Unhealthy, says: "it answered nothing where 250 was expected"},
		{name: "another protocol", options: plain(mailServer(t, "SSH-2.0-OpenSSH_9.2\r\n", nil)), status: abi.Unhealthy, says: "does not speak SMTP: it greets with"},
		{name: "a reply without end", options: plain(mailServer(t, greeting, usual("EHLO", strings.Repeat("250-more\r\n", smtpLines)))), status: abi.Unknown, says: "its reply has more than 1000 lines"},
		{name: "a line without end", options: plain(mailServer(t, "220 "+strings.Repeat("x", 1<<14), nil)), status: abi.Unknown, says: "longer than 4 KiB"},
	})
}

// TLS from the first byte on any port, and the wrong side of it.
func TestSMTPImplicitTLS(t *testing.T) {
	authority := fixtures.NewAuthority(t)
	trusting := func() sdktest.Config { return sdktest.Config{Roots: authority.Pool} }
	short := func() sdktest.Config { return sdktest.Config{Roots: authority.Pool, Timeout: soon().Timeout} }
	talk := func(c net.Conn) {
		_, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n")
		lines := bufio.NewScanner(c)
		for lines.Scan() {
			_, _ = io.WriteString(c, "250 mail.example.com\r\n")
		}
	}
	config := authority.Config(t, 240*time.Hour, "127.0.0.1")
	secure := fixtures.Listen(t, overTLS(config, talk))
	open := fixtures.Listen(t, talk)
	runRows(t, "smtp", []row{
		{name: "implicit", options: options{"address": secure, "tls": true}, config: trusting(), says: "accepts mail over TLS 1.3", details: []string{"certificate_expires"}},
		{name: "ends soon", options: options{"address": secure, "tls": true, "min_cert_days": 14}, config: trusting(), status: abi.Degraded, says: "expires in 9 days, fewer than 14; renew it"},
		{name: "ends soon, STARTTLS", options: options{"address": fixtures.SMTP(t, config, ""), "min_cert_days": 14}, config: trusting(), status: abi.Degraded, says: "expires in 9 days, fewer than 14"},
		{name: "no TLS, no certificate", options: options{"address": open, "starttls": false, "min_cert_days": 14}, status: abi.Degraded, says: "set starttls = true, or remove min_cert_days"},
		{name: "plain to TLS", options: options{"address": secure}, config: short(), status: abi.Unhealthy, says: "If TLS starts at once there, set tls = true"},
		{name: "TLS to plain", options: options{"address": open, "tls": true}, config: trusting(), status: abi.Unhealthy, says: "does not speak TLS: it answers without; set tls = false"},
		{name: "TLS to silence", options: options{"address": fixtures.Hang(t), "tls": true}, config: short(), status: abi.Unhealthy, says: "does not answer the TLS handshake in time"},
	})
}

// A real Redis server, with and without TLS, spoken to the wrong way.
func TestRedisServer(t *testing.T) {
	ca := realtest.NewCA(t)
	leaf := ca.For(240*time.Hour, "127.0.0.1")
	plain := realtest.RedisWith(t, nil, "user nobody on >secret -@all +auth\n")
	cluster := realtest.RedisWith(t, nil, "cluster-enabled yes\nuser pings on >secret -@all +auth +ping\n")
	secure := realtest.RedisWith(t, leaf, "")
	renamed := realtest.RedisWith(t, nil, "rename-command PING \"\"\nrequirepass secret\n")
	nothing := realtest.RedisWith(t, nil, "rename-command PING \"\"\nrename-command ECHO \"\"\nrename-command AUTH \"\"\n")
	trusting := func() sdktest.Config { return sdktest.Config{Roots: ca.Pool} }
	// Redis takes the handshake for a line that may not be complete, and waits.
	short := func() sdktest.Config { return sdktest.Config{Roots: ca.Pool, Timeout: soon().Timeout} }
	runRows(t, "redis", []row{
		{name: "plain", options: options{"address": plain}, says: "answered PING in"},
		{name: "cluster that is down", options: options{"address": cluster, "cluster": true}, status: abi.Unhealthy, says: "but its cluster is down"}, // spring-boot#27300
		{name: "no cluster", options: options{"address": plain, "cluster": true}, status: abi.Unhealthy, says: "is no member of a Redis cluster"},
		{name: "may not ask for the cluster", options: options{"address": cluster, "username": "pings", "password": "secret", "cluster": true}, status: abi.Degraded, says: "+cluster|info"},
		{name: "tls", options: options{"address": secure, "tls": true}, config: trusting(), says: "answered PING in", details: []string{"certificate_expires"}},
		{name: "ends soon", options: options{"address": secure, "tls": true, "min_cert_days": 14}, config: trusting(), status: abi.Degraded, says: "expires in 9 days, fewer than 14"},
		{name: "plain to TLS", options: options{"address": secure}, config: trusting(), status: abi.Unhealthy, says: "speaks TLS; set tls = true"},
		{name: "TLS to plain", options: options{"address": plain, "tls": true}, config: short(), status: abi.Unhealthy, says: "set tls = false"},
		{name: "may not ping", options: options{"address": plain, "username": "nobody", "password": "secret"}, status: abi.Degraded, says: "may not run PING; allow it with +ping"},
		{name: "needless password", options: options{"address": plain, "password": "needless"}, status: abi.Degraded, says: "has no password configured"},
		{name: "without PING", options: options{"address": renamed, "password": "secret"}, says: "answered ECHO in", metrics: []string{"ping"}},
		{name: "without PING, no password", options: options{"address": renamed}, status: abi.Unhealthy, says: "asks for a password; set password"},
		{name: "without PING, wrong password", options: options{"address": renamed, "password": "wrong"}, status: abi.Unhealthy, says: "rejects the password for the user default; correct it, or set username"},
		{name: "wrong user", options: options{"address": renamed, "username": "x", "password": "secret"}, status: abi.Unhealthy, says: "rejects the username or password"},
		{name: "without PING and ECHO", options: options{"address": nothing}, status: abi.Unknown, says: "has neither PING nor ECHO, and this probe needs one of them"},
		{name: "without AUTH", options: options{"address": nothing, "password": "secret"}, status: abi.Unknown, says: "does not know the command AUTH"},
	})
}

// The errors of Redis that a test can't provoke in time, by its documentation.
func TestRedisErrors(t *testing.T) {
	answer := func(text string) options {
		return options{"address": fixtures.Listen(t, func(c net.Conn) { _, _ = io.WriteString(c, text); hangUp(c) })}
	}
	// loggedIn accepts every password, and then asks for one.
	loggedIn := fixtures.Listen(t, func(c net.Conn) {
		for _, reply := range []string{"+OK\r\n", "-NOAUTH Authentication required.\r\n"} {
			_, _ = c.Read(make([]byte, 512))
			_, _ = io.WriteString(c, reply)
		}
		hangUp(c)
	})
	full := answer("-ERR max number of clients reached\r\n")
	runRows(t, "redis", []row{
		{name: "full", options: full, status: abi.Unhealthy, says: "raise maxclients"},
		{name: "protected", options: answer("-DENIED Redis is running in protected mode because\r\n"), status: abi.Unhealthy, says: "is in protected mode"},
		{name: "disk", options: answer("-MISCONF Errors writing to the AOF file: No space left on device\r\n"), status: abi.Degraded, says: "can't save its data"},
		{name: "script", options: answer("-BUSY Redis is busy running a script.\r\n"), status: abi.Degraded, says: "SCRIPT KILL"},
		{name: "bulk", options: answer("$4\r\nPONG\r\n"), says: "answered PING"},
		{name: "a login that does not last", options: options{"address": loggedIn, "password": "x"}, status: abi.Unhealthy, says: "accepts the password and still asks for a login"},
		{name: "a line without end", options: answer("+" + strings.Repeat("x", 64<<10)), status: abi.Unknown, says: "answered with more than this probe reads (the peer sent a line that is too long); correct the address"},
		{name: "old", options: options{"address": full["address"], "password": "x"}, status: abi.Unhealthy, says: "maxclients"},
	})
}

// An expected text may come late, in pieces, or after much else.
func TestTCPWaits(t *testing.T) {
	pieces := fixtures.Listen(t, func(c net.Conn) {
		for _, part := range []string{"220-wel", "come to", " the ", "ser", "ver\r\n"} {
			_, _ = io.WriteString(c, part)
			if _, err := c.Read(make([]byte, 1)); err != nil { // until the test's next byte
				return
			}
		}
	})
	long := strings.Repeat("x", 60<<10)
	config := fixtures.NewAuthority(t).Config(t, 48*time.Hour, "127.0.0.1")
	runRows(t, "tcp", []row{
		{name: "in pieces", options: options{"address": pieces, "send": "abcdefgh", "expect": "welcome to the server"}, says: "answered as expected"},
		{name: "at the end", options: options{"address": fixtures.Echo(t, long+"end\r\n"), "expect": "end"}, says: "answered as expected"},
		{name: "over the limit", options: options{"address": fixtures.Echo(t, long+long+"end\r\n"), "expect": "end"}, status: abi.Unknown, says: "within 64 KiB, the limit of this probe"},
		{name: "plain to TLS", options: options{"address": fixtures.Listen(t, overTLS(config, hangUp)), "send": "PING\r\n\r\n\r\n", "expect": "PONG"}, status: abi.Unhealthy, says: "It speaks TLS: set tls = true"},
	})
}

package extras_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
	"vega/plugins/egress"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

func TestMQTT(t *testing.T) {
	const password = "a-password-of-the-operator"
	tool := realtest.Program(t, "mosquitto_passwd", "mosquitto")
	pub := realtest.Program(t, "mosquitto_pub", "mosquitto-clients")
	passwords := filepath.Join(t.TempDir(), "passwords")
	if out, err := exec.CommandContext(t.Context(), tool, "-b", "-c", passwords, "ada", password).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	hashed, err := os.ReadFile(passwords)
	if err != nil {
		t.Fatal(err)
	}
	addr := realtest.Mosquitto(t, "allow_anonymous false\npassword_file %s/passwords\nacl_file %s/acl\n", map[string]string{
		"passwords": string(hashed), "acl": "user ada\ntopic readwrite plant/#\n",
	})
	publish(t, pub, addr, password, "plant/pump", "state=running")

	k := open(t, "mqtt", plugintest.Options{})
	as := func(user, word string, more ...string) manifest.Values {
		v := manifest.Values{"address": manifest.Plain(addr), "username": manifest.Plain(user), "password": manifest.Text{{Text: word, Secret: true}}}
		for i := 0; i < len(more); i += 2 {
			v[more[i]] = manifest.Plain(more[i+1])
		}
		return v
	}
	run(t, k, "login", as("ada", password), want{check.Healthy, "", addr + " accepts the login"})
	run(t, k, "message", as("ada", password, "topic", "plant/pump", "expect", "state=(running|idle)"), want{check.Healthy, "", addr + " accepts the login and the subscription to plant/pump"})
	run(t, k, "subscription", as("ada", password, "topic", "plant/none"), want{check.Healthy, "", addr + " accepts the login and the subscription"})
	run(t, k, "wrong_message", as("ada", password, "topic", "plant/pump", "expect", "state=failed"), want{check.Unhealthy, check.Timeout, "no message on plant/pump at " + addr + " matches \"state=failed\"; the last is \"state=running\""})
	run(t, k, "no_message", as("ada", password, "topic", "plant/none", "expect", "."), want{check.Unhealthy, check.Timeout, "no message arrived on plant/none at " + addr})
	fresh := as("ada", password, "topic", "plant/pump", "expect", "state=(running|idle)")
	fresh["retained"] = false
	run(t, k, "", fresh, want{check.Unhealthy, check.Timeout, "only a retained message arrived on plant/pump at " + addr + " in time, which does not count with retained = false"})
	run(t, k, "wrong_password", as("ada", "another-password-entirely"), want{check.Unhealthy, check.Target, addr + " refuses the login; correct username and password"})
	run(t, k, "anonymous", manifest.Values{"address": manifest.Plain(addr)}, want{check.Unhealthy, check.Target, addr + " refuses the login"})
	// Mosquitto lets everybody subscribe and then sends nothing; other brokers
	// refuse.
	strict := fixtures.Listen(t, func(c net.Conn) {
		buf := make([]byte, 512)
		_, _ = c.Read(buf)
		_, _ = c.Write([]byte{0x20, 2, 0, 0})
		_, _ = c.Read(buf)
		_, _ = c.Write([]byte{0x90, 3, 0, 1, 0x80})
		_, _ = c.Read(buf)
	})
	run(t, k, "not_allowed", manifest.Values{"address": manifest.Plain(strict), "topic": manifest.Plain("office/#")}, want{check.Unhealthy, check.Target, strict + " refuses the subscription to office/#"})
	mail := fixtures.SMTP(t, nil, "220 mail.vega.test ESMTP")
	run(t, k, "not_mqtt", manifest.Values{"address": manifest.Plain(mail)}, want{check.Unhealthy, check.Target, mail + " does not speak MQTT"})
	run(t, k, "", manifest.Values{"address": manifest.Plain("127.0.0.1:1")}, want{check.Unhealthy, check.Target, "127.0.0.1:1 refuses the connection"})

	// TLS with a trusted certificate, and with an untrusted one.
	ca := realtest.NewCA(t)
	network := egress.New("")
	network.RootCAs = ca.Pool
	trusting := open(t, "mqtt", plugintest.Options{Network: network})
	for _, c := range []struct {
		leaf *realtest.Leaf
		want want
	}{
		{ca.Valid("127.0.0.1"), want{check.Healthy, "", ""}},
		{ca.For(240*time.Hour, "127.0.0.1"), want{check.Degraded, check.Target, "the certificate of ADDRESS expires in 9 days, fewer than 14; renew it"}},
		{ca.Expired("127.0.0.1"), want{check.Unhealthy, check.Target, "TLS with ADDRESS failed"}},
		{ca.WrongName(), want{check.Unhealthy, check.Target, "TLS with ADDRESS failed"}},
	} {
		files := map[string]string{}
		for name, path := range map[string]string{"cert.pem": c.leaf.CertFile, "key.pem": c.leaf.KeyFile} {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(b)
		}
		secure := realtest.Mosquitto(t, "allow_anonymous true\ncertfile %s/cert.pem\nkeyfile %s/key.pem\n", files)
		c.want.message = strings.Replace(c.want.message, "ADDRESS", secure, 1)
		run(t, trusting, "", manifest.Values{"address": manifest.Plain(secure), "tls": true, "min_cert_days": 14.0}, c.want)
		if c.want.status == check.Healthy {
			run(t, trusting, "plain_to_tls", manifest.Values{"address": manifest.Plain(secure)}, want{check.Unhealthy, check.Target, secure + " speaks TLS; set tls = true"})
		}
	}
	run(t, trusting, "", manifest.Values{"address": manifest.Plain(addr), "tls": true}, want{check.Unhealthy, check.Target, addr + " does not speak TLS: it answers without; set tls = false"})
}

// Messages of any size up to the limit are searched to their end, over both
// versions.
func TestMQTTMessages(t *testing.T) {
	pub := realtest.Program(t, "mosquitto_pub", "mosquitto-clients")
	addr := realtest.Mosquitto(t, "allow_anonymous true\nmax_packet_size 10000000\n", nil)
	for topic, text := range map[string]string{
		"small":  strings.Repeat("x", 5500) + " end",
		"large":  strings.Repeat("é", 1<<19-8) + " end",
		"over":   strings.Repeat("x", 1<<20) + " end",
		"binary": "\xff\xfe\x00 begin " + strings.Repeat("\xc3", 9000) + " end",
	} {
		file := filepath.Join(t.TempDir(), topic)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(addr)
		if out, err := exec.CommandContext(t.Context(), pub, "-h", "127.0.0.1", "-p", port, "-t", topic, "-f", file, "-r", "-q", "1").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	k := open(t, "mqtt", plugintest.Options{})
	of := func(topic, version string) manifest.Values {
		v := manifest.Values{"address": manifest.Plain(addr), "topic": manifest.Plain(topic), "expect": manifest.Plain("end$")}
		if version != "" {
			v["version"] = manifest.Plain(version)
		}
		return v
	}
	for _, version := range []string{"", "5"} {
		fine := want{check.Healthy, "", addr + " accepts the login and the subscription to "}
		run(t, k, "message_size"+version, of("small", version), fine)
		run(t, k, "", of("large", version), fine)
		run(t, k, "", of("binary", version), fine)
	}
	run(t, k, "", of("over", ""), want{check.Unknown, check.Probe, "a message on over at " + addr + " has 1048580 bytes, more than the 1 MiB that this probe searches"})
}

// mqtt5 answers logins of MQTT 5, and others as a broker that knows only MQTT 5
// does: with a CONNACK, or by hanging up.
func mqtt5(t *testing.T, other []byte, answers ...[]byte) string {
	return fixtures.Listen(t, func(c net.Conn) {
		buf := make([]byte, 512)
		if n, err := c.Read(buf); err != nil || n < 9 || buf[8] != 5 {
			_, _ = c.Write(other)
			return
		}
		for _, a := range answers {
			if _, err := c.Write(a); err != nil {
				return
			}
			if _, err := c.Read(buf); err != nil {
				return
			}
		}
	})
}

// A broker that knows only MQTT 5, and the reasons that MQTT 5 gives.
func TestMQTT5(t *testing.T) {
	welcome := []byte{0x20, 6, 0, 0, 3, 0x21, 0, 20} // with a property
	old := []byte{0x20, 2, 0, 1}
	k := open(t, "mqtt", plugintest.Options{})
	at := func(addr string, more ...string) manifest.Values {
		v := manifest.Values{"address": manifest.Plain(addr)}
		for i := 0; i < len(more); i += 2 {
			v[more[i]] = manifest.Plain(more[i+1])
		}
		return v
	}
	accepts := func(addr string) want { return want{check.Healthy, "", addr + " accepts the login"} }
	for name, other := range map[string][]byte{"only_5": old, "only_5_new_code": {0x20, 3, 0, 0x84, 0}, "": nil} {
		addr := mqtt5(t, other, welcome)
		if _, r := run(t, k, name, at(addr), accepts(addr)); r.Details["version"] != "5" {
			t.Errorf("%s: %v", name, r.Details)
		}
	}
	forced := mqtt5(t, old, welcome)
	run(t, k, "", at(forced, "version", "3.1.1"), want{check.Unhealthy, check.Target, forced + " does not accept MQTT 3.1.1; set version"})
	for code, says := range map[byte]string{
		0x86: "refuses the login; correct username and password, or what it allows that user (bad user name or password)",
		0x89: "reports that it is not available (server busy)",
		0x8A: "refuses the login with the code 138, banned",
		0x9D: "sends clients to another server (server moved)",
	} {
		addr := mqtt5(t, old, []byte{0x20, 3, 0, code, 0})
		run(t, k, "", at(addr), want{check.Unhealthy, check.Target, addr + " " + says})
	}
	published := []byte{0x90, 4, 0, 1, 0, 0, 0x32, 13, 0, 1, 't', 0, 7, 5, 0x02, 0, 0, 0, 60, 'h', 'i'} // and a message with a packet ID and a property
	addr := mqtt5(t, old, welcome, published)
	run(t, k, "", at(addr, "topic", "t", "expect", "^hi$"), accepts(addr))
	live := at(addr, "topic", "t", "expect", "^hi$")
	live["retained"] = false
	run(t, k, "", live, accepts(addr))
	addr = mqtt5(t, old, welcome, []byte{0x90, 4, 0, 1, 0, 0x8F})
	run(t, k, "", at(addr, "topic", "t"), want{check.Unhealthy, check.Target, addr + " refuses the subscription to t: topic filter invalid"})
	addr = mqtt5(t, old, welcome, []byte{0xE0, 2, 0x8B, 0})
	run(t, k, "", at(addr, "topic", "t"), want{check.Unhealthy, check.Target, addr + " ended the connection: server shutting down"})
	addr = mqtt5(t, old, welcome, []byte{0xE0, 2, 0x8E, 0})
	run(t, k, "", at(addr, "topic", "t", "client_id", "meter-7"), want{check.Unknown, check.Probe, "another client logged in to " + addr + " with this client_id"})
	run(t, k, "", at(addr, "password", "x"), want{check.Unknown, check.Probe, "password is set without username"})
}

// Without a client_id, no check takes over the session of another one.
func TestMQTTClientIdentifiers(t *testing.T) {
	seen := make(chan string, 2)
	broker := fixtures.Listen(t, func(c net.Conn) {
		buf := make([]byte, 512)
		if n, err := c.Read(buf); err == nil && n > 14 {
			seen <- string(buf[14:n]) // after the fixed header, "MQTT", level, flags, keep alive and the length
		}
		_, _ = c.Write([]byte{0x20, 2, 0, 0})
		_, _ = c.Read(buf)
	})
	k := open(t, "mqtt", plugintest.Options{})
	at := manifest.Values{"address": manifest.Plain(broker)}
	fine := want{check.Healthy, "", broker + " accepts the login"}
	run(t, k, "", at, fine)
	run(t, k, "", at, fine)
	one, two := <-seen, <-seen
	if valid := regexp.MustCompile("^vega[0-9a-f]{16}$"); one == two || !valid.MatchString(one) || !valid.MatchString(two) {
		t.Errorf("the identifiers are %q and %q", one, two)
	}
	run(t, k, "", manifest.Values{"address": manifest.Plain(broker), "client_id": manifest.Plain("meter-7")}, fine)
	if id := <-seen; id != "meter-7" {
		t.Errorf("the identifier is %q", id)
	}
}

// Versions that a broker does not accept, and one that has another name for the
// protocol.
func TestMQTTVersions(t *testing.T) {
	k := open(t, "mqtt", plugintest.Options{})
	real := realtest.Mosquitto(t, "allow_anonymous true\n", nil)
	for _, version := range []string{"3.1", "3.1.1", "5"} {
		_, r := run(t, k, "", manifest.Values{"address": manifest.Plain(real), "version": manifest.Plain(version), "topic": manifest.Plain("plant/#")}, want{check.Healthy, "", real + " accepts the login and the subscription"})
		if r.Details["version"] != version {
			t.Errorf("version %s: %v", version, r.Details)
		}
	}
	ancient := fixtures.Listen(t, func(c net.Conn) {
		buf := make([]byte, 512)
		_, _ = c.Read(buf)
		_, _ = c.Write([]byte{0x20, 2, 0, 1})
		_, _ = c.Read(buf)
	})
	run(t, k, "", manifest.Values{"address": manifest.Plain(ancient)}, want{check.Unhealthy, check.Target, ancient + " accepts neither MQTT 3.1.1 nor 5; update it, or set version = \"3.1\""})
}

// What no broker can answer is an error of validation.
func TestMQTTOptions(t *testing.T) {
	p := &open(t, "mqtt", plugintest.Options{}).Module.Manifest.Probes[0]
	topic, expect := p.Option("topic"), p.Option("expect")
	for _, valid := range []string{"a", "/", "a//b", "#", "a/#", "+", "+/b/+", "a/+/#", "$SYS/broker/uptime", "$share/g/a/+", "plant/é"} {
		if err := topic.Constrain(manifest.Plain(valid)); err != nil {
			t.Errorf("topic %q: %v", valid, err)
		}
	}
	for _, wrong := range []string{"a#", "a/#/b", "#/a", "a+", "a/b+/c", "##"} {
		if topic.Constrain(manifest.Plain(wrong)) == nil {
			t.Errorf("topic %q is accepted", wrong)
		}
	}
	if err := expect.Constrain(manifest.Plain("(")); err == nil || !slices.Equal(expect.Requires, []string{"topic"}) {
		t.Errorf("expect: %v, requires %v", err, expect.Requires)
	}
}

// publish leaves a retained message with the broker for later subscribers.
func publish(t *testing.T, tool, addr, password, topic, text string) {
	t.Helper()
	_, port, _ := net.SplitHostPort(addr)
	if out, err := exec.CommandContext(t.Context(), tool, "-h", "127.0.0.1", "-p", port, "-u", "ada", "-P", password, "-t", topic, "-m", text, "-r", "-q", "1").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

package extras_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

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
	run(t, k, "wrong_message", as("ada", password, "topic", "plant/pump", "expect", "state=failed"), want{check.Unhealthy, check.Timeout, "no message on plant/pump at " + addr + " matches state=failed; the last is state=running"})
	run(t, k, "no_message", as("ada", password, "topic", "plant/none", "expect", "."), want{check.Unhealthy, check.Timeout, "no message arrived on plant/none at " + addr})
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
		{ca.Expired("127.0.0.1"), want{check.Unhealthy, check.Target, "TLS with "}},
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
		run(t, trusting, "", manifest.Values{"address": manifest.Plain(secure), "tls": true}, c.want)
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

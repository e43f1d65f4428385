package daemon_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
)

// The servers of Debian ask for client certificates in ways of their own:
// nginx answers with a status, Redis and Mosquitto with an alert, in TLS 1.3
// after the handshake.
func TestRealServersAskForClientCertificates(t *testing.T) {
	ca := realtest.NewCA(t)
	leaf := ca.Valid("127.0.0.1", "localhost")
	client := ca.Client("vega-client")
	with := fmt.Sprintf("client_cert = %q\n    client_key = %q", client.CertFile, client.KeyFile)
	const asks = "it asks for a client certificate"
	verify := "ssl_client_certificate " + ca.File + "; ssl_verify_client on; location / { return 200 fine; }"
	web := realtest.Nginx(t, leaf, verify)
	unnamed := realtest.Nginx(t, leaf, "ssl_reject_handshake on; location / { return 200 fine; }")
	preamble := fmt.Sprintf("network {\n  ca_file = %q\n}\n", ca.File)
	rows := []row{
		{name: "nginx", probe: "http", config: fmt.Sprintf("url = \"https://%s/\"", web), status: unhealthy, cause: target, says: asks},
		{name: "nginx-with", probe: "http", config: and(fmt.Sprintf("url = \"https://%s/\"", web), with), status: healthy},
		{name: "nginx-unnamed", probe: "http", config: fmt.Sprintf("url = \"https://%s/\"", unnamed), status: unhealthy, cause: target, says: "it needs a server name (SNI), which an address is not"},
		{name: "nginx-unnamed-tls", probe: "tls", config: fmt.Sprintf("address = %q", unnamed), status: unhealthy, cause: target, says: "it needs a server name (SNI), which an address is not"},
		{name: "nginx-unknown-name", probe: "tls", config: fmt.Sprintf("address = %q", strings.Replace(unnamed, "127.0.0.1", "localhost", 1)), status: unhealthy, cause: target, says: `it does not know the name "localhost"`},
	}
	for _, v := range []string{"TLSv1.2", "TLSv1.3"} {
		redis := realtest.RedisTLS(t, leaf, ca.File, "tls-auth-clients yes\ntls-protocols "+v)
		optional := realtest.RedisTLS(t, leaf, ca.File, "tls-auth-clients optional\ntls-protocols "+v)
		broker := mosquitto(t, leaf, ca, "require_certificate true\ntls_version "+strings.ToLower(v)+"\n")
		for _, c := range []struct{ name, probe, config string }{
			{"redis", "redis", fmt.Sprintf("address = %q\ntls = true", redis)},
			{"redis-tls", "tls", fmt.Sprintf("address = %q", redis)},
			{"mqtt", "mqtt.broker", fmt.Sprintf("address = %q\ntls = true", broker)},
			{"mqtt-tls", "tls", fmt.Sprintf("address = %q", broker)},
		} {
			rows = append(rows,
				row{name: c.name + v[len("TLSv1."):], probe: c.probe, config: c.config, status: unhealthy, cause: target, says: asks},
				row{name: c.name + v[len("TLSv1."):] + "-with", probe: c.probe, config: and(c.config, with), status: healthy})
		}
		rows = append(rows,
			row{name: "optional" + v[len("TLSv1."):], probe: "redis", config: fmt.Sprintf("address = %q\ntls = true", optional), status: healthy},
			row{name: "optional-tls" + v[len("TLSv1."):], probe: "tls", config: fmt.Sprintf("address = %q", optional), status: healthy})
	}
	wantRows(t, preamble, rows)
}

// and adds a tls block after the content of a config block.
func and(config, tls string) string { return config + "\n}\ntls {\n" + tls }

func mosquitto(t *testing.T, leaf *realtest.Leaf, ca *realtest.CA, more string) string {
	t.Helper()
	files := map[string]string{}
	for name, path := range map[string]string{"cert.pem": leaf.CertFile, "key.pem": leaf.KeyFile, "ca.pem": ca.File} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(b)
	}
	return realtest.Mosquitto(t, "allow_anonymous true\ncafile %s/ca.pem\ncertfile %s/cert.pem\nkeyfile %s/key.pem\n"+more, files)
}

// A server that speaks something else on the port says so, whichever side
// expects TLS.
func TestProtocolsMixedUpWithTLS(t *testing.T) {
	ca := realtest.NewCA(t)
	leaf := ca.Valid("127.0.0.1")
	plain := realtest.Nginx(t, nil, "location / { return 200 fine; }")
	secure := realtest.Nginx(t, leaf, "location / { return 200 fine; }")
	mail := fixtures.SMTP(t, nil, "220 mail.vega.test ESMTP")
	closing := fixtures.Listen(t, func(net.Conn) {})
	raw := fixtures.Listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = c.Write([]byte{21, 3, 1, 0, 2, 2, 10}) // the alert unexpected_message
	})
	wantRows(t, fmt.Sprintf("network {\n  ca_file = %q\n}\n", ca.File), []row{
		{name: "https-to-http", probe: "http", config: fmt.Sprintf("url = \"https://%s/\"", plain), status: unhealthy, cause: target, says: "it speaks plain HTTP on this port; write http://"},
		{name: "tls-to-http", probe: "tls", config: fmt.Sprintf("address = %q", plain), status: unhealthy, cause: target, says: "it speaks plain HTTP on this port"},
		{name: "http-to-https", probe: "http", config: fmt.Sprintf("url = \"http://%s/\"", secure), status: unhealthy, cause: target, says: "answered 400, expected 200–299; it speaks HTTPS: write https:// in url"},
		{name: "http-to-tls", probe: "http", config: fmt.Sprintf("url = \"http://%s/\"", raw), status: unhealthy, cause: target, says: "write https://"},
		{name: "tls-to-smtp", probe: "tls", config: fmt.Sprintf("address = %q", mail), status: unhealthy, cause: target, says: `it answers in plain text ("220 m"...)`},
		{name: "tls-to-nothing", probe: "tls", config: fmt.Sprintf("address = %q", closing), status: unhealthy, cause: target, says: "it closes the connection in the handshake; check that this port speaks TLS"},
	})
}

// wantRows runs rows and compares the results.
func wantRows(t *testing.T, preamble string, rows []row) {
	t.Helper()
	for i, got := range runRows(t, preamble, rows) {
		r := rows[i]
		t.Logf("%-32s %-10s %s", r.name, got.Status, got.Message)
		if got.Status != r.status || got.Cause != r.cause || !strings.Contains(got.Message, r.says) {
			t.Errorf("%s: %s/%s %q, want %s/%s %q", r.name, got.Status, got.Cause, got.Message, r.status, r.cause, r.says)
		}
	}
}

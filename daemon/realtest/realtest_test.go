package realtest_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

func TestRedisAsksForThePassword(t *testing.T) {
	addr := realtest.Redis(t, "p w")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprint(conn, "PING\r\nAUTH \"p w\"\r\nPING\r\n")
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	for _, want := range []string{"-NOAUTH", "+OK", "+PONG"} {
		if line, err := answers.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%q, %v; want %s", line, err, want)
		}
	}
}

func TestNginxServesTheCertificate(t *testing.T) {
	ca := realtest.NewCA(t)
	for name, c := range map[string]struct {
		leaf *realtest.Leaf
		want string
	}{
		"plain":       {nil, "200"},
		"valid":       {ca.Valid("localhost", "127.0.0.1"), "200"},
		"expired":     {ca.Expired("127.0.0.1"), "expired"},
		"wrong name":  {ca.WrongName(), "doesn't contain any IP SANs"},
		"self-signed": {ca.SelfSigned("127.0.0.1"), "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			scheme := "https://"
			if c.leaf == nil {
				scheme = "http://"
			}
			addr := realtest.Nginx(t, c.leaf, `location / { return 200 "fine"; }`)
			if got := fetch(t, ca, scheme+addr); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func fetch(t *testing.T, ca *realtest.CA, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + " " + string(body)
}

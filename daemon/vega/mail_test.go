package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// TestMailOfARunningDaemon sends the mails of a test through a real server, with a login
// after STARTTLS, and with a wrong password.
func TestMailOfARunningDaemon(t *testing.T) {
	ca := realtest.NewCA(t)
	server := realtest.Exim(t, ca.Valid("127.0.0.1"), false)
	notifier := func(name, address, tls, password string) string {
		return fmt.Sprintf("notifier %q {\n  type = \"email\"\n  address = %q\n  tls = %q\n  from = \"vega@example.com\"\n  to = [\"ops@example.com\"]\n  user = \"vega\"\n  password = env(%q)\n}\n",
			name, address, tls, password)
	}
	dir := t.TempDir()
	write(t, dir, "vega.hcl", fmt.Sprintf("network {\n  ca_file = %q\n}\n", ca.File)+
		notifier("mail", server.StartTLS, "starttls", "MAIL_PASSWORD")+notifier("implicit", server.Implicit, "implicit", "MAIL_PASSWORD")+
		notifier("wrong", server.StartTLS, "starttls", "WRONG_PASSWORD"))
	const wrong = "not-the-password"
	p := serveWith(t, dir, append(os.Environ(), "MAIL_PASSWORD="+realtest.Password, "WRONG_PASSWORD="+wrong))
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	for name, want := range map[string]bool{"mail": true, "implicit": true, "wrong": false} {
		status, body, err := p.send("POST", "/admin/notifiers/"+name+"/test")
		var r struct{ OK bool }
		if err != nil || status != 200 || json.Unmarshal([]byte(body), &r) != nil || r.OK != want {
			t.Errorf("%s: %d %s %v", name, status, body, err)
		}
		if strings.Contains(body, wrong) || strings.Contains(p.written(), wrong) {
			t.Errorf("%s: the password is in an answer or in the log", name)
		}
	}
	for _, mail := range server.Mails(t, 4) { // an opening and a resolve each
		if !strings.Contains(mail, "To: <ops@example.com>") || !strings.Contains(mail, "test") {
			t.Errorf("%s", mail)
		}
	}
}

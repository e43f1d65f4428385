package realtest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Mail is a mail server that delivers everything to one file.
type Mail struct {
	// StartTLS and Implicit are the addresses of the two ports, as host:port. On the
	// first, a client logs in after STARTTLS.
	StartTLS, Implicit string

	mailbox string
}

// Exim starts Exim. It lets the user "vega" log in with Password over TLS, and also
// accepts mail from others if open is set. It rejects the local part "nobody" permanently,
// and "later" temporarily.
func Exim(t testing.TB, leaf *Leaf, open bool) *Mail {
	t.Helper()
	exim := Program(t, "exim4", "exim4-daemon-light")
	cred := credential(t, "Debian-exim")
	if cred == nil {
		Missing(t, "Exim starts as a server only for root and for its own user; run the test as root")
	}
	dir, port, second := directory(t, cred), FreePort(t), FreePort(t)
	cert, key := hand(t, cred, dir, leaf)
	anyone := "deny message = log in first"
	if open {
		anyone = "accept"
	}
	config := filepath.Join(dir, "exim.conf")
	write(t, config, fmt.Sprintf(eximConfig, dir, port, second, cert, key, Password, anyone))
	serve(t, cred, dir, "127.0.0.1:"+port, greetedBySMTP, exim, "-C", config, "-bdf")
	return &Mail{StartTLS: "127.0.0.1:" + port, Implicit: "127.0.0.1:" + second, mailbox: filepath.Join(dir, "mailbox")}
}

// Mails waits until n mails were delivered, and returns them as they were written.
func (m *Mail) Mails(t testing.TB, n int) []string {
	t.Helper()
	for deadline := time.Now().Add(Patience); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(m.mailbox)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		all := strings.Split(string(text), mailEnd)
		if all = all[:len(all)-1]; len(all) >= n {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d mails, want %d", len(all), n)
		}
	}
}

func greetedBySMTP(c net.Conn) error {
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "220") {
		err = errors.New(line)
	}
	return err
}

// mailEnd ends each mail in the mailbox.
const mailEnd = "===end of mail===\n"

// eximConfig lets Exim run without privileges, in a directory of its own.
const eximConfig = `primary_hostname = mail.example.com
exim_path = /usr/sbin/exim4
spool_directory = %[1]s/spool
log_file_path = %[1]s/%%slog
pid_file_path = %[1]s/pid
deliver_drop_privilege = true
local_interfaces = 127.0.0.1
daemon_smtp_ports = %[2]s : %[3]s
tls_on_connect_ports = %[3]s
tls_advertise_hosts = *
tls_certificate = %[4]s
tls_privatekey = %[5]s
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
rfc1413_hosts =
host_lookup =
acl_smtp_rcpt = recipient
acl_smtp_data = accept
begin acl
recipient:
  deny local_parts = nobody
  defer local_parts = later
  accept authenticated = *
  %[7]s
begin routers
all:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  file = %[1]s/mailbox
  use_lockfile = false
  envelope_to_add
  return_path_add
  message_prefix =
  message_suffix = "===end of mail===\n"
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{vega}}{eq{$auth3}{%[6]s}}}}
  server_set_id = $auth2
`

package attack

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// sshServer records every login and command that it is asked for, and refuses none.
type sshServer struct {
	net.Listener
	mu       sync.Mutex
	key      ssh.Signer
	asked    []string
	commands []string
}

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func serveSSH(t *testing.T) *sshServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sshServer{Listener: l, key: newKey(t)}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *sshServer) note(list *[]string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, text)
}

func (s *sshServer) serve(c net.Conn) {
	defer c.Close()
	config := &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			s.note(&s.asked, "password "+string(password))
			return nil, nil //nolint:nilnil // no permissions, no error
		},
		PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			s.note(&s.asked, "key")
			return nil, errors.New("not that one")
		},
		AuthLogCallback: func(m ssh.ConnMetadata, method string, _ error) { s.note(&s.asked, method+" "+m.User()) },
	}
	s.mu.Lock()
	config.AddHostKey(s.key)
	s.mu.Unlock()
	conn, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for n := range channels {
		channel, asks, err := n.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range asks {
				if r.Type == "exec" {
					s.note(&s.commands, string(r.Payload[4:]))
					_ = r.Reply(true, nil)
					_, _ = channel.Write([]byte("done\n" + token + "\n"))
					_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
					_ = channel.Close()
					continue
				}
				s.note(&s.commands, "!"+r.Type)
				_ = r.Reply(false, nil)
			}
		}()
	}
}

func (s *sshServer) login(key ssh.PublicKey) string {
	return fmt.Sprintf("  ssh {\n    user      = \"vega\"\n    password  = env(\"TOKEN\")\n    host_keys = [%q]\n    command   = \"uptime\"\n  }", ssh.FingerprintSHA256(key))
}

// Has the token sent to a server with another host key, as after a takeover.
func TestSSHSecretToTheWrongKey(t *testing.T) {
	s := serveSSH(t)
	at := s.Addr().String()
	d, lines := scripted(t, "shell", "", fmt.Sprintf("    address = %q", at), s.login(newKey(t).PublicKey()), "connect|"+at, "info|2", "info|3", "info|4", "run", "read")
	if lines == nil {
		t.Fatal(d.written())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	report(t, d, len(s.asked) == 0 && len(s.commands) == 0, "logins that arrived: %q, commands: %q; %.400s", s.asked, s.commands, strings.Join(lines, "; "))
}

// Changes the host key between two runs.
func TestSSHHostKeyRotates(t *testing.T) {
	s := serveSSH(t)
	at := s.Addr().String()
	d, lines := scripted(t, "shell", "", fmt.Sprintf("    address = %q", at), s.login(s.key.PublicKey()), "connect|"+at, "info|4", "run", "read")
	if lines == nil {
		t.Fatal(d.written())
	}
	s.mu.Lock()
	before := len(s.asked)
	s.key = newKey(t)
	s.mu.Unlock()
	got := d.check(time.Minute)["attack"]
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := strings.Contains(strings.Join(lines, " "), token)
	report(t, d, before > 0 && len(s.asked) == before && !secret, "%d attempts with the key, %d after it changed; the output shows the secret: %t; %.200s, then %.200s", before, len(s.asked)-before, secret, strings.Join(lines, "; "), fmt.Sprint(got.Details))
}

// Connects to other servers and ports than the granted one.
func TestSSHElsewhere(t *testing.T) {
	s, other := serveSSH(t), serveSSH(t)
	at := s.Addr().String()
	_, port, _ := net.SplitHostPort(other.Addr().String())
	attempts(t, "granted: one port", "shell", fmt.Sprintf("    address = %q", at), s.login(s.key.PublicKey()),
		[]string{"connect|127.0.0.1:" + port, "connect|localhost:" + port, "connect|" + at + "@127.0.0.1:" + port, "connect|127.0.0.1:22", "connect|[::1]:22", "connect|vega@" + at, "connect|-oProxyCommand=x", "connect|" + at + "<LF>"}, denied, invalid)
	other.mu.Lock()
	defer other.mu.Unlock()
	if len(other.asked) > 0 {
		t.Errorf("%q", other.asked)
	}
}

// Runs another command than the operator's: by more runs, by writing to its input.
func TestSSHCommandChoice(t *testing.T) {
	s := serveSSH(t)
	at := s.Addr().String()
	d, lines := scripted(t, "shell", "", fmt.Sprintf("    address = %q", at), s.login(s.key.PublicKey()), "connect|"+at, "write|reboot<LF>", "run", "write|reboot<LF>", "run|reboot", "run")
	if lines == nil {
		t.Fatal(d.written())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	other := false
	for _, c := range s.commands {
		other = other || c != "uptime"
	}
	report(t, d, !other && len(s.commands) > 0 && len(s.commands) <= 3, "commands that arrived: %q; %.300s", s.commands, strings.Join(lines, "; "))
}

// shellReceives connects to a server that sends too much before the key exchange.
func shellReceives(t *testing.T, what string, send func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); send(c) }()
		}
	}()
	at := l.Addr().String()
	hcl := fmt.Sprintf("integration \"attack\" {\n  probe    = guest.shell\n  interval = \"0s\"\n  timeout  = \"5s\"\n  config {\n    address = %q\n    send = %q\n  }\n}\n", at, "connect|"+at)
	d := home(t, hcl, guestFile(t)).start()
	before := d.settle()
	end := d.meanwhile()
	got := d.check(2 * time.Minute)["attack"]
	end()
	d.measure()
	grown := d.peak - before
	report(t, d, got.Name != "" && grown < 48<<20 && d.answered == d.asked && strings.HasPrefix(got.Details["0"]+got.Message, "-") || strings.Contains(got.Message, "no answer"), "%s: %s %s, %d MiB more; %.200s", what, got.Status, got.Cause, grown>>20, got.Details["0"]+got.Message)
}

func TestSSHEndlessBanner(t *testing.T) {
	shellReceives(t, "endless lines before the identification", func(c net.Conn) {
		for {
			if _, err := c.Write([]byte(strings.Repeat("hello there\r\n", 500))); err != nil {
				return
			}
		}
	})
}

func TestSSHEndlessLine(t *testing.T) {
	shellReceives(t, "an identification without an end", func(c net.Conn) {
		_, _ = c.Write([]byte("SSH-2.0-"))
		for {
			if _, err := c.Write(make([]byte, 8192)); err != nil {
				return
			}
		}
	})
}

func TestSSHGiantPacket(t *testing.T) {
	shellReceives(t, "a packet of 4 GiB", func(c net.Conn) {
		_, _ = c.Write([]byte("SSH-2.0-x\r\n\xff\xff\xff\xf0\x04"))
		for {
			if _, err := c.Write(make([]byte, 8192)); err != nil {
				return
			}
		}
	})
}

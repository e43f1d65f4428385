package ssh_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"vega/plugins/ssh"
	"vega/plugins/transport"
)

func newKey(t testing.TB) xssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := xssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func known(key xssh.Signer) []transport.HostKey {
	return []transport.HostKey{{Type: key.PublicKey().Type(), Fingerprint: xssh.FingerprintSHA256(key.PublicKey())}}
}

// server is an SSH server that records each attempt to log in.
type server struct {
	key     xssh.Signer
	banner  string
	exec    func(ch xssh.Channel, command string) // nil: the server never answers a request
	hangsUp bool                                  // when exec returns, without closing the channel
	reaches func(phase string)                    // called before the server's answer in each phase
	rekey   uint64                                // bytes between key exchanges; 0 for x/crypto's default

	mu       sync.Mutex
	attempts []string
}

func (s *server) reach(phase string) {
	if s.reaches != nil {
		s.reaches(phase)
	}
}

const password = "correct horse battery staple"

// serve serves one connection. Of keyboard-interactive it asks one question.
func (s *server) serve(conn net.Conn, keyboard bool) {
	note := func(what string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.attempts = append(s.attempts, what)
		s.reach(what)
	}
	check := func(given string) (*xssh.Permissions, error) {
		if given != password {
			return nil, errors.New("wrong")
		}
		return &xssh.Permissions{}, nil
	}
	c := &xssh.ServerConfig{
		BannerCallback:  func(xssh.ConnMetadata) string { return s.banner },
		AuthLogCallback: func(_ xssh.ConnMetadata, method string, _ error) { note(method) },
		PublicKeyCallback: func(_ xssh.ConnMetadata, key xssh.PublicKey) (*xssh.Permissions, error) {
			return nil, errors.New("unknown")
		},
	}
	if keyboard {
		c.KeyboardInteractiveCallback = func(_ xssh.ConnMetadata, ask xssh.KeyboardInteractiveChallenge) (*xssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil || len(answers) != 1 {
				return nil, errors.New("no answer")
			}
			return check(answers[0])
		}
	} else {
		c.PasswordCallback = func(_ xssh.ConnMetadata, given []byte) (*xssh.Permissions, error) { return check(string(given)) }
	}
	c.RekeyThreshold = s.rekey
	c.AddHostKey(s.key)
	defer conn.Close()
	sc, channels, requests, err := xssh.NewServerConn(conn, c)
	if err != nil {
		return
	}
	defer sc.Close()
	go xssh.DiscardRequests(requests)
	for nc := range channels {
		s.reach("channel")
		ch, reqs, err := nc.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range reqs {
				s.reach("exec")
				if r.Type == "exec" && s.exec != nil {
					_ = r.Reply(true, nil)
					s.reach("output")
					n := binary.BigEndian.Uint32(r.Payload)
					s.exec(ch, string(r.Payload[4:4+n]))
					if s.hangsUp {
						_ = sc.Close()
					}
					_ = ch.Close()
				}
			}
		}()
	}
}

func exit(ch xssh.Channel, status uint32) {
	_, _ = ch.SendRequest("exit-status", false, binary.BigEndian.AppendUint32(nil, status))
}

// buffered returns a pipe in which writes do not wait for reads, as with sockets.
func buffered() (ours, theirs net.Conn) {
	ours, a := net.Pipe()
	b, theirs := net.Pipe()
	pump := func(to, from net.Conn) {
		queue := make(chan []byte, 1<<10)
		go func() {
			defer close(queue)
			for {
				p := make([]byte, 32<<10)
				n, err := from.Read(p)
				if err != nil {
					return
				}
				queue <- p[:n]
			}
		}()
		go func() {
			defer to.Close()
			for p := range queue {
				_, _ = to.Write(p) // after an error, the rest is dropped
			}
		}()
	}
	pump(b, a)
	pump(a, b)
	return ours, theirs
}

// connect connects to s, over a pipe, and ends what is left of both at the end of the bubble.
func (s *server) connect(t *testing.T, c ssh.Config, keyboard bool) (*ssh.Client, error) {
	t.Helper()
	ours, theirs := buffered()
	go s.serve(theirs, keyboard)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	client, err := ssh.Connect(ctx, ours, c)
	if err == nil {
		t.Cleanup(func() { _ = client.Close() })
	}
	return client, err
}

// TestNothingIsSentToAnUnknownHostKey has a server whose key is another one: it sees no
// attempt to log in, not even without credentials.
func TestNothingIsSentToAnUnknownHostKey(t *testing.T) {
	for name, keys := range map[string][]transport.HostKey{"another": known(newKey(t)), "none": nil, "fingerprint": {{Fingerprint: "SHA256:" + strings.Repeat("A", 43)}}} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{key: newKey(t), banner: "hello"}
			c, err := s.connect(t, ssh.Config{HostKeys: keys, User: "vega", Password: password, Key: newKey(t)}, false)
			if err != nil || c.Unverified == "" || c.NoLogin == "" || c.Fingerprint != xssh.FingerprintSHA256(s.key.PublicKey()) || c.KeyType != "ssh-ed25519" {
				t.Fatalf("%s: %+v, %v", name, c, err)
			}
			synctest.Wait()
			if len(s.attempts) > 0 {
				t.Errorf("%s: the server saw attempts: %v", name, s.attempts)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	for name, c := range map[string]struct {
		password string
		key      bool
		keyboard bool
		refused  string
		attempts []string
	}{
		"password":       {password: password, attempts: []string{"none", "password"}},
		"keyboard":       {password: password, keyboard: true, attempts: []string{"none", "keyboard-interactive"}},
		"key, password":  {password: password, key: true, attempts: []string{"none", "publickey", "password"}},
		"wrong password": {password: "wrong", refused: "refuses the password (it accepts password, publickey)", attempts: []string{"none", "password"}},
		"wrong keyboard": {password: "wrong", keyboard: true, refused: "refuses the password", attempts: []string{"none", "keyboard-interactive"}},
		"unknown key":    {key: true, refused: "refuses the key (it accepts", attempts: []string{"none", "publickey"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{key: newKey(t), banner: strings.Repeat("authorized users only\n", 500)}
			config := ssh.Config{HostKeys: known(s.key), User: "vega", Password: c.password}
			if c.key {
				config.Key = newKey(t)
			}
			client, err := s.connect(t, config, c.keyboard)
			if err != nil || client.Unverified != "" || (client.NoLogin == "") != (c.refused == "") || !strings.Contains(client.NoLogin, c.refused) {
				t.Fatalf("%s: %+v, %v", name, client, err)
			}
			if len(client.Banner) != 4<<10 || !strings.HasPrefix(client.Version, "SSH-2.0-Go") {
				t.Errorf("%s: %q, a banner of %d bytes", name, client.Version, len(client.Banner))
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if !slices.Equal(s.attempts, c.attempts) {
				t.Errorf("%s: %v", name, s.attempts)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	for name, c := range map[string]struct {
		exec           func(xssh.Channel, string)
		hangsUp        bool
		status         int
		stdout, stderr int
		says           string
	}{
		"well": {exec: func(ch xssh.Channel, command string) {
			_, _ = io.WriteString(ch, command)
			_, _ = io.WriteString(ch.Stderr(), "note")
			exit(ch, 3)
		}, status: 3, stdout: len("uptime -p"), stderr: 4},
		"long": {exec: func(ch xssh.Channel, _ string) {
			_, _ = ch.Write(make([]byte, 200<<10))
			_, _ = ch.Stderr().Write(make([]byte, 9<<10))
			exit(ch, 0)
		}, stdout: 64 << 10, stderr: 4 << 10},
		"a status that is negative as an errno": {exec: func(ch xssh.Channel, _ string) { exit(ch, 0xfffffffe) }, status: 1<<31 - 1},
		"without end": {exec: func(ch xssh.Channel, _ string) {
			for n := 1; n > 0; {
				n, _ = ch.Write(make([]byte, 30<<10))
			}
		}, stdout: 64 << 10, says: "the command printed more than the 512 KiB"},
		"requests without end": {exec: func(ch xssh.Channel, _ string) {
			for err := error(nil); err == nil; {
				_, err = ch.SendRequest("keepalive@openssh.com", false, nil)
			}
		}, says: "the server sent more than 512 KiB"},
		"ended with the connection": {exec: func(ch xssh.Channel, _ string) {
			_, _ = ch.Write(make([]byte, 60<<10))
			exit(ch, 4)
		}, hangsUp: true, status: 4, stdout: 60 << 10},
		"signal": {exec: func(ch xssh.Channel, _ string) {
			_, _ = ch.SendRequest("exit-signal", false, xssh.Marshal(struct {
				Signal string
				Core   bool
				Text   string
				Lang   string
			}{"KILL", false, strings.Repeat("x", 99), ""}))
		}, says: "ended by the signal KILL"},
		"no status": {exec: func(xssh.Channel, string) {}, says: "without an exit status"},
		"silence":   {exec: func(ch xssh.Channel, _ string) { time.Sleep(time.Minute) }, says: "deadline"},
		"no answer": {says: "deadline"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{key: newKey(t), exec: c.exec, hangsUp: c.hangsUp}
			client, err := s.connect(t, ssh.Config{HostKeys: known(s.key), User: "vega", Password: password}, false)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			out, err := client.Run(ctx, "uptime -p")
			if time.Since(began) > 5*time.Second || len(out.Stdout) != c.stdout || len(out.Stderr) != c.stderr || out.Status != c.status {
				t.Errorf("%s: after %v: status %d, %d and %d bytes", name, time.Since(began), out.Status, len(out.Stdout), len(out.Stderr))
			}
			if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) && !(c.says == "deadline" && errors.Is(err, os.ErrDeadlineExceeded)) || strings.Contains(err.Error(), "uptime")) {
				t.Errorf("%s: %v", name, err)
			}
			_ = client.Close()
			time.Sleep(time.Minute) // the server's side ends, too
		})
	}
}

// TestHostileServers has servers that stall, or send what none sends, in each phase.
func TestHostileServers(t *testing.T) {
	ident := "SSH-2.0-hostile\r\n"
	packet := func(length uint32, rest string) string {
		return ident + string(binary.BigEndian.AppendUint32(nil, length)) + rest
	}
	for name, c := range map[string]struct {
		sends  string
		stage  string
		said   string
		closes bool
		again  string // sent without end
		fast   bool   // nothing is waited for
	}{
		"nothing":                  {stage: ssh.Identification},
		"closed":                   {stage: ssh.Identification, closes: true},
		"half an identification":   {sends: "SSH-2.0-hos", stage: ssh.Identification, said: "SSH-2.0-hos"},
		"mail":                     {sends: "220 mail.example.com ESMTP\r\n", stage: ssh.Identification, said: "220 mail.example.com ESMTP"},
		"web":                      {sends: "HTTP/1.1 400 Bad Request\r\n\r\n", stage: ssh.Identification, said: "HTTP/1.1 400 Bad Request", closes: true},
		"version 1":                {sends: "SSH-1.5-old\r\n", stage: ssh.Identification, said: "SSH-1.5-old", fast: true},
		"lines without end":        {again: "busy\r\n", stage: ssh.Identification, said: "busy"},
		"a line without end":       {again: "x", stage: ssh.Identification, said: strings.Repeat("x", 80)},
		"zeros without end":        {again: "\x00", stage: ssh.Identification, said: strings.Repeat("\x00", 80)},
		"only an identification":   {sends: ident, stage: ssh.Exchange},
		"identification, then end": {sends: ident, stage: ssh.Exchange, closes: true},
		"a giant packet":           {sends: packet(0xffffffff, ""), stage: ssh.Exchange},
		"a packet of 256 KiB":      {sends: packet(256<<10, ""), again: "x", stage: ssh.Exchange},
		"an empty packet":          {sends: packet(0, ""), stage: ssh.Exchange},
		"a packet of padding":      {sends: packet(12, "\x0b"+strings.Repeat("\x00", 11)), stage: ssh.Exchange},
		"disconnect":               {sends: packet(28, "\x0a\x01\x00\x00\x00\x02\x00\x00\x00\x02no\x00\x00\x00\x00"+strings.Repeat("\x00", 10)), stage: ssh.Exchange},
		"an unknown message":       {sends: packet(12, "\x0a\xff"+strings.Repeat("\x00", 10)), stage: ssh.Exchange},
		"ignore without end":       {sends: ident, again: string(binary.BigEndian.AppendUint32(nil, 12)) + "\x06\x02\x00\x00\x00\x00" + strings.Repeat("\x00", 6), stage: ssh.Exchange},
		"noise":                    {sends: ident + strings.Repeat("\xff\x00\x7f", 999), stage: ssh.Exchange},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			go func() {
				_, err := io.WriteString(theirs, c.sends)
				for c.again != "" && err == nil {
					_, err = io.WriteString(theirs, strings.Repeat(c.again, 100))
				}
				if c.closes {
					_ = theirs.Close()
				}
			}()
			defer theirs.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			client, err := ssh.Connect(ctx, ours, ssh.Config{User: "vega", Password: password})
			e, ok := errors.AsType[*ssh.Error](err)
			if !ok || e.Stage != c.stage || e.Said != c.said || time.Since(began) > 5*time.Second || c.fast && time.Since(began) > 0 {
				t.Errorf("%s: after %v: %+v, %#v", name, time.Since(began), client, err)
			}
			t.Logf("%s: %v", name, err)
		})
	}
}

// phases is a server's side of a connection that follows the protocol until do is called.
type phases struct {
	net.Conn
	do atomic.Pointer[func(p []byte) (int, error)] // instead of each write
	at byte                                        // begins with the first packet of this type, which is not encrypted
	by func(net.Conn) func(p []byte) (int, error)
}

func (c *phases) begin() {
	do := c.by(c.Conn)
	c.do.CompareAndSwap(nil, &do)
}

func (c *phases) Write(p []byte) (int, error) {
	if c.at != 0 && len(p) > 5 && p[5] == c.at {
		c.begin()
	}
	if do := c.do.Load(); do != nil {
		return (*do)(p)
	}
	return c.Conn.Write(p)
}

// TestHostileServersInEachPhase has servers that follow the protocol up to a phase, and then
// send nothing, noise or an end.
func TestHostileServersInEachPhase(t *testing.T) {
	const newKeys = 21
	ways := map[string]func(net.Conn) func(p []byte) (int, error){
		"stalls": func(net.Conn) func(p []byte) (int, error) { return func(p []byte) (int, error) { return len(p), nil } },
		"sends noise": func(c net.Conn) func(p []byte) (int, error) {
			return func(p []byte) (int, error) { return c.Write([]byte(strings.Repeat("\xff\x00\x7f", 40))) }
		},
		"hangs up": func(c net.Conn) func(p []byte) (int, error) {
			return func(p []byte) (int, error) { _ = c.Close(); return 0, net.ErrClosed }
		},
	}
	for way, by := range ways {
		for phase, stage := range map[string]string{"NEWKEYS": ssh.Login, "none": ssh.Login, "password": ssh.Login, "keyboard-interactive": ssh.Login, "channel": ssh.Command, "exec": ssh.Command, "output": ssh.Command} {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := buffered()
				conn := &phases{Conn: theirs, by: by}
				if phase == "NEWKEYS" {
					conn.at = newKeys
				}
				s := &server{key: newKey(t), reaches: func(p string) {
					if p == phase {
						conn.begin()
					}
				}, exec: func(ch xssh.Channel, _ string) { _, _ = ch.Write([]byte("up")) }}
				go s.serve(conn, phase == "keyboard-interactive")
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				began := time.Now()
				client, err := ssh.Connect(ctx, ours, ssh.Config{HostKeys: known(s.key), User: "vega", Password: password})
				if err == nil && client.NoLogin == "" {
					_, err = client.Run(ctx, "true")
				}
				if e, ok := errors.AsType[*ssh.Error](err); !ok || e.Stage != stage || time.Since(began) > 5*time.Second || (way == "stalls") != errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(err.Error(), "command without") || strings.Contains(err.Error(), "for this user") {
					t.Errorf("%s at %s: after %v: %+v, %v", way, phase, time.Since(began), client, err)
				}
				t.Logf("%s at %s: %v", way, phase, err)
				_ = ours.Close()
				_ = theirs.Close()
			})
		}
	}
}

// changing is a host key that can be replaced.
type changing struct{ now atomic.Pointer[xssh.Signer] }

func (c *changing) signer() xssh.Signer       { return *c.now.Load() }
func (c *changing) PublicKey() xssh.PublicKey { return c.signer().PublicKey() }
func (c *changing) Sign(r io.Reader, p []byte) (*xssh.Signature, error) {
	return c.signer().Sign(r, p)
}

// TestKeyExchangesOfASession has servers that ask for new keys while a command runs.
func TestKeyExchangesOfASession(t *testing.T) {
	first, second := newKey(t), newKey(t)
	for name, c := range map[string]struct {
		rekey  uint64
		change bool
		says   string
	}{
		"some":                {rekey: 40 << 10},
		"one after the other": {rekey: 256, says: "one key exchange after the other"},
		"another host key":    {rekey: 40 << 10, change: true, says: "changed its host key"},
	} {
		synctest.Test(t, func(t *testing.T) {
			key := &changing{}
			key.now.Store(&first)
			s := &server{key: key, rekey: c.rekey, exec: func(ch xssh.Channel, _ string) {
				if c.change {
					key.now.Store(&second)
				}
				for range 600 { // during an exchange, 64 packets wait
					_, _ = ch.Write(make([]byte, 128))
				}
				exit(ch, 0)
			}}
			client, err := s.connect(t, ssh.Config{HostKeys: known(first), User: "vega", Password: password}, false)
			var out ssh.Output
			if err == nil {
				out, err = client.Run(t.Context(), "true")
			}
			if c.says == "" && (err != nil || len(out.Stdout) != 64<<10) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%s: %d bytes, %v", name, len(out.Stdout), err)
			}
			_ = client.Close()
			time.Sleep(time.Minute) // the server's side ends, too
		})
	}
}

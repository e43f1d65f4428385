package egress

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/plugins/transport"
	"vega/sdk/abi"
)

func sshKeygen(t testing.TB) string {
	t.Helper()
	return realtest.Program(t, "ssh-keygen", "openssh-client")
}

// keygen makes a key and returns its file.
func keygen(t testing.TB, kind, passphrase string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if out, err := exec.CommandContext(t.Context(), sshKeygen(t), "-q", "-t", kind, "-N", passphrase, "-f", file).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	return file
}

func hostKey(t testing.TB, file string) transport.HostKey {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), sshKeygen(t), "-l", "-f", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	key, err := transport.ParseHostKey(string(out))
	if err != nil || key.Type == "" {
		t.Fatal(key, err)
	}
	return key
}

// openSSH starts OpenSSH's server and returns its address. The owner of the key may log in.
func openSSH(t testing.TB, authorized string, hostKeys ...string) string {
	t.Helper()
	sshd := realtest.Program(t, "sshd", "openssh-server")
	dir, port := t.TempDir(), realtest.FreePort(t)
	text := fmt.Sprintf("ListenAddress 127.0.0.1:%s\nAuthorizedKeysFile %s.pub\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nBanner %s\nMaxStartups 100\n", port, authorized, filepath.Join(dir, "banner"))
	for _, k := range hostKeys {
		text += "HostKey " + k + "\n"
	}
	for name, text := range map[string]string{"config": text, "banner": "authorized users only\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.MkdirAll("/run/sshd", 0o755) // only root needs it, and can make it
	cmd := exec.CommandContext(t.Context(), sshd, "-D", "-e", "-f", filepath.Join(dir, "config"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	addr := "127.0.0.1:" + port
	realtest.Until(t, "sshd listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return addr
}

// sshRun starts a run whose integration has the ssh block.
func sshRun(t testing.TB, addr string, block transport.SSH) *run {
	t.Helper()
	r := start(t, setup{rules: rules(t, manifest.SSH, addr)})
	r.Transport = &transport.Options{SSH: block}
	return r
}

func TestOpenSSH(t *testing.T) {
	mine, locked, ed, rsa := keygen(t, "ed25519", ""), keygen(t, "ecdsa", "of the key"), keygen(t, "ed25519", ""), keygen(t, "rsa", "")
	addr := openSSH(t, mine, rsa, ed)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	login := func(change func(*transport.SSH)) transport.SSH {
		block := transport.SSH{User: manifest.Plain(me.Username), PrivateKey: transport.PEM{Path: mine}, HostKeys: []transport.HostKey{hostKey(t, ed)}}
		change(&block)
		return block
	}
	for name, c := range map[string]struct {
		block              transport.SSH
		keyType            string
		unverified, refuse string // parts of the reasons
		output, says       string
		status             int
		unset              []int32 // facts that the operator did not ask for
	}{
		"nothing is known": {keyType: "ssh-ed25519", unset: []int32{abi.SSHVerified, abi.SSHLogin}},
		"host key":         {block: transport.SSH{HostKeys: []transport.HostKey{hostKey(t, rsa)}}, keyType: "ssh-rsa", unset: []int32{abi.SSHLogin}},
		"login":            {block: login(func(*transport.SSH) {}), keyType: "ssh-ed25519", output: "none", says: "no command"},
		"command":          {block: login(func(b *transport.SSH) { b.Command = manifest.Plain("echo well; echo badly >&2; exit 7") }), keyType: "ssh-ed25519", output: "well\n", status: 7},
		"by an RSA host key": {block: login(func(b *transport.SSH) {
			b.HostKeys, b.Command = []transport.HostKey{hostKey(t, rsa)}, manifest.Plain("true")
		}), keyType: "ssh-rsa"},
		"by the fingerprint of an RSA host key": {block: login(func(b *transport.SSH) {
			b.HostKeys, b.Command = []transport.HostKey{{Fingerprint: hostKey(t, rsa).Fingerprint}}, manifest.Plain("true")
		}), keyType: "ssh-rsa"},
		"another fingerprint": {block: login(func(b *transport.SSH) {
			b.HostKeys = []transport.HostKey{{Fingerprint: hostKey(t, mine).Fingerprint}}
		}), keyType: "ssh-rsa", unverified: hostKey(t, ed).Fingerprint, refuse: "not trusted"},
		"another host key": {block: login(func(b *transport.SSH) { b.HostKeys = []transport.HostKey{hostKey(t, mine)} }), keyType: "ssh-ed25519", unverified: hostKey(t, mine).Fingerprint, refuse: "not trusted"},
		"another key": {block: login(func(b *transport.SSH) {
			b.PrivateKey, b.Passphrase = transport.PEM{Path: locked}, manifest.Plain("of the key")
		}), keyType: "ssh-ed25519", refuse: "refuses the key"},
		"signal": {block: login(func(b *transport.SSH) { b.Command = manifest.Plain("kill -9 $$") }), keyType: "ssh-ed25519", output: "none", says: "KILL"},
		"a secret in the output": {block: login(func(b *transport.SSH) {
			b.Password, b.Command = manifest.Plain("correct horse battery"), manifest.Plain("echo correct horse battery")
		}), keyType: "ssh-ed25519", output: "hidden"},
	} {
		r := sshRun(t, addr, c.block)
		conn, err := r.ConnectSSH(within(t, 5*time.Second), addr)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		fact := func(what int32) string {
			text, err := conn.Info(what)
			if unset := Code(err) == abi.ErrNotSet; unset != slices.Contains(c.unset, what) {
				t.Errorf("%s: fact %d: %v", name, what, err)
			}
			return text
		}
		if v := fact(abi.SSHVersion); !strings.HasPrefix(v, "SSH-2.0-OpenSSH") || fact(abi.SSHKeyType) != c.keyType || !strings.HasPrefix(fact(abi.SSHFingerprint), "SHA256:") {
			t.Errorf("%s: %s, %s", name, v, fact(abi.SSHKeyType))
		}
		if why := fact(abi.SSHVerified); (why == "") != (c.unverified == "") || !strings.Contains(why, c.unverified) {
			t.Errorf("%s: unverified: %s", name, why)
		}
		if why := fact(abi.SSHLogin); (why == "") != (c.refuse == "") || !strings.Contains(why, c.refuse) {
			t.Errorf("%s: no login: %s", name, why)
		}
		if loggedIn := c.refuse == "" && len(c.unset) == 0; loggedIn != (fact(abi.SSHBanner) == "authorized users only\n") && c.refuse != "refuses the key" {
			t.Errorf("%s: banner %q", name, fact(abi.SSHBanner))
		}
		status, err := conn.Run(within(t, 5*time.Second))
		out, readErr := io.ReadAll(readerFunc(conn.Read))
		switch {
		case c.refuse != "" || len(c.unset) > 0:
			if code := Code(err); code != abi.ErrInvalid && code != abi.ErrNotSet {
				t.Errorf("%s: %v", name, err)
			}
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || readErr != nil || status != c.status:
			t.Errorf("%s: %d, %v, %v", name, status, err, readErr)
		case c.output == "hidden":
			if strings.Contains(string(out), "correct horse") || len(out) == 0 {
				t.Errorf("%s: %s", name, out)
			}
		case string(out) != c.output:
			t.Errorf("%s: %q", name, out)
		}
		if c.status == 7 && fact(abi.SSHStderr) != "badly\n" {
			t.Errorf("%s: %q", name, fact(abi.SSHStderr))
		}
		if _, err := conn.Run(within(t, 5*time.Second)); err == nil {
			t.Errorf("%s: it runs again", name)
		}
		if err := conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSSHLoginIsForTheTarget has a server that is the integration's target, directly and by
// connect_to, one that is only granted, and one that shows another host key than before.
func TestSSHLoginIsForTheTarget(t *testing.T) {
	mine, ed := keygen(t, "ed25519", ""), keygen(t, "ed25519", "")
	addr, replaced := openSSH(t, mine, ed), openSSH(t, mine, keygen(t, "ed25519", ""))
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	block := transport.SSH{
		User: manifest.Plain(me.Username), PrivateKey: transport.PEM{Path: mine}, Command: manifest.Plain("echo well"),
		HostKeys: []transport.HostKey{hostKey(t, ed)},
	}
	const name = "ssh.example.com:22"
	for _, c := range []struct {
		what, target, connectTo, granted, asked string
		login, run                              abi.Errno // 0 if it succeeds
		says                                    string    // that the host key is another one
	}{
		{what: "the target", target: addr, asked: addr},
		{what: "connect_to", target: name, connectTo: addr, asked: name},
		{what: "granted", target: name, granted: addr, asked: addr, login: abi.ErrNotSet, run: abi.ErrInvalid},
		{what: "granted, next to connect_to", target: name, connectTo: replaced, granted: addr, asked: addr, login: abi.ErrNotSet, run: abi.ErrInvalid},
		{what: "another host key", target: name, connectTo: replaced, asked: name, run: abi.ErrInvalid, says: "but host_keys has " + block.HostKeys[0].Fingerprint},
	} {
		r := start(t, setup{rules: slices.Concat(fromConfig(rules(t, manifest.SSH, c.target)), rules(t, manifest.SSH, strings.Fields(c.granted)...))})
		r.Transport = &transport.Options{SSH: block, ConnectTo: c.connectTo}
		conn, err := r.ConnectSSH(within(t, 5*time.Second), c.asked)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		unverified, err := conn.Info(abi.SSHVerified)
		if !strings.Contains(unverified, c.says) || (unverified == "") != (c.says == "") || Code(err) != c.login {
			t.Errorf("%s: host key: %q, %v", c.what, unverified, err)
		}
		if no, err := conn.Info(abi.SSHLogin); (no == "") != (c.says == "") || Code(err) != c.login {
			t.Errorf("%s: login: %q, %v", c.what, no, err)
		}
		if _, err := conn.Run(within(t, 5*time.Second)); Code(err) != c.run {
			t.Errorf("%s: command: %v", c.what, err)
		}
		_ = conn.Close()
	}
}

// TestSSHGrants has targets that the integration may not reach.
func TestSSHGrants(t *testing.T) {
	r := sshRun(t, "127.0.0.1:22", transport.SSH{})
	for _, addr := range []string{"127.0.0.1:23", "127.0.0.2:22", "web.example.com:22", "127.0.0.1", ""} {
		_, err := r.ConnectSSH(within(t, 5*time.Second), addr)
		wants(t, err, abi.ErrDenied)
	}
}

// TestSSHErrors has targets that are no SSH servers, and vega's own trouble.
func TestSSHErrors(t *testing.T) {
	mail := listen(t, func(c net.Conn) { fmt.Fprint(c, "220 mail.example.com ESMTP\r\n") })
	_, err := sshRun(t, mail, transport.SSH{}).ConnectSSH(within(t, 5*time.Second), mail)
	if wants(t, err, abi.ErrTarget); !strings.Contains(err.Error(), `it does not speak SSH: it begins with "220 mail.example.com ESMTP"; correct the port`) {
		t.Error(err)
	}
	half := listen(t, func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-half") })
	_, err = sshRun(t, half, transport.SSH{}).ConnectSSH(within(t, 5*time.Second), half)
	wants(t, err, abi.ErrReset)
	silent := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	_, err = sshRun(t, silent, transport.SSH{}).ConnectSSH(within(t, 50*time.Millisecond), silent)
	wants(t, err, abi.ErrTimeout)
	absent := transport.SSH{User: manifest.Plain("vega"), PrivateKey: transport.PEM{Path: filepath.Join(t.TempDir(), "absent")}}
	_, err = sshRun(t, silent, absent).ConnectSSH(within(t, 5*time.Second), silent)
	if wants(t, err, abi.ErrIO); !strings.Contains(err.Error(), "private_key") {
		t.Error(err)
	}
}

package reach

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// openSSH starts OpenSSH's server with a host key and returns its address. Whoever has
// the user's key may log in as this user.
func openSSH(t *testing.T, hostKey, authorized string) string {
	t.Helper()
	server := realtest.Program(t, "sshd", "openssh-server")
	dir, port := t.TempDir(), realtest.FreePort(t)
	config := filepath.Join(dir, "sshd_config")
	text := fmt.Sprintf("ListenAddress 127.0.0.1:%s\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication yes\nPermitRootLogin yes\nMaxStartups 100\nPerSourcePenalties no\n", port, hostKey, authorized)
	if !strings.Contains(sshVersion(t, server), "OpenSSH_9.8") {
		text = strings.Replace(text, "PerSourcePenalties no\n", "", 1)
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.MkdirAll("/run/sshd", 0o755) // only root needs it, and can make it
	cmd := exec.CommandContext(t.Context(), server, "-D", "-e", "-f", config)
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

func sshVersion(t *testing.T, server string) string {
	out, _ := exec.CommandContext(t.Context(), server, "-V").CombinedOutput() // fails in old versions
	return string(out)
}

// keygen makes a key and returns its file and its fingerprint.
func keygen(t *testing.T, kind string) (file, fingerprint string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "key")
	command(t, realtest.Program(t, "ssh-keygen", "openssh-client"), "-q", "-t", kind, "-N", "", "-f", file)
	return file, strings.Fields(command(t, "ssh-keygen", "-l", "-f", file))[1]
}

// TestSSH logs in to OpenSSH's server.
func TestSSH(t *testing.T) {
	t.Parallel()
	asRoot(t) // sshd needs it to check a password
	hostKey, fingerprint := keygen(t, "ed25519")
	rsaKey, rsaFingerprint := keygen(t, "rsa")
	userKey, _ := keygen(t, "ed25519")
	otherKey, otherFingerprint := keygen(t, "ed25519")
	addr := openSSH(t, hostKey, userKey+".pub")
	rsa := openSSH(t, rsaKey, userKey+".pub")
	config := func(addr, more string) string { return fmt.Sprintf("    address = %q\n%s", addr, more) }
	login := func(key, print, command string) string {
		text := fmt.Sprintf("  ssh {\n    user        = \"root\"\n    private_key = file(%q)\n    host_keys   = [%q]\n", key, print)
		if command != "" {
			text += fmt.Sprintf("    command     = %q\n", command)
		}
		return text + "  }"
	}
	password := fmt.Sprintf("  ssh {\n    user      = \"root\"\n    password  = env(\"SSH_PASSWORD\")\n    host_keys = [%q]\n  }", fingerprint)
	check(t, "ssh", place{env: []string{"SSH_PASSWORD=not the right password"}}, []row{
		{does: "OpenSSH, banner only", config: config(addr, ""), status: "healthy", message: "OpenSSH"},
		{does: "OpenSSH, known host key", config: config(addr, ""), blocks: fmt.Sprintf("  ssh {\n    host_keys = [%q]\n  }", fingerprint), status: "healthy", message: "OpenSSH"},
		{does: "OpenSSH, login by key", config: config(addr, ""), blocks: login(userKey, fingerprint, ""), status: "healthy", message: "accepts the login"},
		{does: "OpenSSH with an RSA host key", config: config(rsa, ""), blocks: login(userKey, rsaFingerprint, ""), status: "healthy", message: "accepts the login"},
		{does: "OpenSSH, a command succeeds", config: config(addr, ""), blocks: login(userKey, fingerprint, "echo used 42"), status: "healthy", message: ""},
		{does: "another host key", config: config(addr, ""), blocks: login(userKey, otherFingerprint, ""), status: "unhealthy", cause: "target", message: "host key"},
		{does: "a key that is not authorized", config: config(addr, ""), blocks: login(otherKey, fingerprint, ""), status: "unhealthy", cause: "target", message: "log"},
		{does: "a wrong password", config: config(addr, ""), blocks: password, status: "unhealthy", cause: "target", message: "log"},
		{does: "the command fails with 3", config: config(addr, ""), blocks: login(userKey, fingerprint, "echo no disk >&2; exit 3"), status: "unhealthy", cause: "target", message: "3"},
		{does: "the command hangs", lets: true, config: config(addr, ""), blocks: login(userKey, fingerprint, "sleep 1000"), status: "unhealthy", cause: "timeout", message: "the command"},
		{does: "the command is ended by a signal", config: config(addr, ""), blocks: login(userKey, fingerprint, "kill -9 $$"), status: "unhealthy", cause: "target", message: ""},
		{does: "port closed", config: config(closed(t), ""), status: "unhealthy", cause: "target", message: "refuses the connection"},
		{does: "is not SSH (SMTP)", lets: true, config: config(silent(t, "220 mail.example ESMTP\r\n"), ""), status: "unhealthy", cause: "timeout", message: "SSH"},
		{does: "accepts and says nothing", lets: true, config: config(silent(t, ""), ""), status: "unhealthy", cause: "timeout", message: "identification"},
		{does: "stalls after its identification", lets: true, config: config(silent(t, "SSH-2.0-OpenSSH_9.2\r\n"), ""), status: "unhealthy", cause: "timeout", message: "key exchange"},
		{does: "speaks SSH 1", config: config(silent(t, "SSH-1.5-old\r\n"), ""), status: "unhealthy", cause: "target", message: "does not speak version 2 of SSH"},
	})
}

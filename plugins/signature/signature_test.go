package signature_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/signature"
)

func pair(t *testing.T) (signature.Key, signature.Secret) {
	t.Helper()
	k, s, err := signature.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	return k, s
}

// Each way in which a signature can be invalid has its own message.
func TestBy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wasm")
	wasm := []byte("the bytes of a module")
	ours, secret := pair(t)
	theirs, other := pair(t)
	keys := []signature.Key{theirs, ours}

	refused := func(want string, keys []signature.Key, wasm []byte) {
		t.Helper()
		if _, err := signature.Read(path, wasm).By(keys); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused("it is not signed: "+path+".minisig does not exist", keys, wasm)
	if err := os.WriteFile(path+signature.Suffix, secret.Sign(wasm, "a comment"), 0o644); err != nil {
		t.Fatal(err)
	}
	if k, err := signature.Read(path, wasm).By(keys); err != nil || k.Name() != ours.Name() {
		t.Errorf("%v %v", k, err)
	}
	if got := signature.Read(path, wasm).Signer(); got != ours.Name() {
		t.Errorf("the claimed signer is %s", got)
	}
	refused("it does not match its signature by the key "+ours.Name(), keys, append([]byte("x"), wasm...))
	refused("it is signed by the key "+ours.Name()+", which is not trusted (trusted: "+theirs.Name()+")", []signature.Key{theirs}, wasm)

	text, err := os.ReadFile(path + signature.Suffix)
	if err != nil {
		t.Fatal(err)
	}
	change := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(path+signature.Suffix, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	change(bytes.Replace(text, []byte("a comment"), []byte("a commend"), 1))
	refused("it does not match its signature by the key", keys, wasm)
	change([]byte("nonsense"))
	refused("is not a signature", keys, wasm)
	change(bytes.Repeat([]byte("x"), 5000))
	refused("exceeds 4096 bytes", keys, wasm)
	// A signature by another key under our key's ID.
	forged := other.Sign(wasm, "a comment")
	if bytes.Equal(forged, text) {
		t.Fatal("two keys give the same signature")
	}
	change(forged)
	refused("which is not trusted", []signature.Key{ours}, wasm)
	if err := os.Remove(path + signature.Suffix); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, path+signature.Suffix); err != nil {
		t.Fatal(err)
	}
	refused("links are not followed", keys, wasm)
}

func TestKeys(t *testing.T) {
	k, s := pair(t)
	dir := t.TempDir()
	text, err := s.Text("")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "key")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := signature.ReadSecret(path, nil)
	if err != nil || again.Public().String() != k.String() {
		t.Errorf("%v %v", again.Public(), err)
	}
	if again, err := signature.ParseKey(k.String()); err != nil || again.Name() != k.Name() {
		t.Errorf("%v %v", again, err)
	}
	for _, bad := range []string{"", "RWQ", k.String()[1:], s.Public().String() + "x"} {
		if _, err := signature.ParseKey(bad); err == nil {
			t.Errorf("%q is accepted as a key", bad)
		}
	}
}

// vega accepts minisign's signatures, and minisign accepts vega's.
func TestMinisign(t *testing.T) {
	minisign := realtest.Program(t, "minisign", "minisign")
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), minisign, args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader("correct horse\ncorrect horse\n")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("minisign %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	wasm := []byte("the bytes of a module")
	path := filepath.Join(dir, "a.wasm")
	if err := os.WriteFile(path, wasm, 0o644); err != nil {
		t.Fatal(err)
	}
	if race { // deriving a key from a password takes a minute with it
		run("-G", "-W", "-p", "key.pub", "-s", "key.sec")
	} else {
		run("-G", "-p", "key.pub", "-s", "key.sec")
	}
	run("-S", "-H", "-s", "key.sec", "-m", "a.wasm", "-t", "by minisign")
	key, err := signature.ReadKey(filepath.Join(dir, "key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signature.Read(path, wasm).By([]signature.Key{key}); err != nil {
		t.Error(err)
	}
	secret, err := signature.ReadSecret(filepath.Join(dir, "key.sec"), func() (string, error) { return "correct horse", nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signature.ReadSecret(filepath.Join(dir, "key.sec"), func() (string, error) { return "wrong", nil }); !race && !errors.Is(err, signature.ErrPassword) {
		t.Error(err)
	}
	if err := os.WriteFile(path+signature.Suffix, secret.Sign(wasm, "by vega"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := run("-V", "-P", key.String(), "-m", "a.wasm"); !strings.Contains(out, "by vega") {
		t.Error(out)
	}
}

package transport

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"vega/plugins/manifest"
)

// SSH is how the host logs in to an SSH server on behalf of a probe, which sees none of
// it. The zero SSH logs in nowhere.
type SSH struct {
	User       manifest.Text
	Password   manifest.Text
	PrivateKey PEM           // in OpenSSH's format or PEM
	Passphrase manifest.Text // of PrivateKey
	// HostKeys are those of the server. Without any, the host does not log in.
	HostKeys []HostKey
	Command  manifest.Text // the one command that may be run
}

// IsSet reports whether there is a login.
func (s SSH) IsSet() bool { return len(s.Password) > 0 || s.PrivateKey.IsSet() }

// Secrets returns the values that nothing may show.
func (s SSH) Secrets() []string {
	all := []string{s.Password.Reveal(), s.Passphrase.Reveal(), s.PrivateKey.Text.Reveal()}
	for _, t := range []manifest.Text{s.User, s.Command} {
		for _, part := range t {
			if part.Secret {
				all = append(all, part.Text)
			}
		}
	}
	return slices.DeleteFunc(all, func(text string) bool { return text == "" })
}

// HostKey is the public key of an SSH server.
type HostKey struct {
	Type        string // such as "ssh-ed25519"; "" if only the fingerprint is known
	Fingerprint string // as ssh-keygen -l prints it: "SHA256:…"
}

// ParseHostKey parses a fingerprint, the output of ssh-keygen -l, or a line of an
// authorized_keys or known_hosts file. The error is a *Problem.
func ParseHostKey(text string) (HostKey, error) {
	fields := strings.Fields(text)
	for n, f := range fields {
		if sum, ok := strings.CutPrefix(f, "SHA256:"); ok {
			return fingerprinted(fields, n, sum)
		}
	}
	for n, f := range fields {
		if n+1 < len(fields) && keyType(f) {
			return publicKey(fields, n)
		}
	}
	return HostKey{}, notHostKey(text)
}

func hostKeyProblem(what, fix string) *Problem {
	return &Problem{Option: "host_keys", What: what, Fix: fix}
}

const hostKeyFix = `use the output of: ssh-keyscan HOST, after comparing it with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the server; or a fingerprint such as "SHA256:…"`

func notHostKey(text string) *Problem {
	digits := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "md5:")
	switch {
	case IsPEM(text):
		return hostKeyProblem("it is a private key", "use the line in the .pub file next to it, and replace that key, because it was written in a configuration")
	case len(digits) == 47 && strings.Count(digits, ":") == 15 || strings.Contains(text, "MD5:"):
		return hostKeyProblem("it is an MD5 fingerprint, which can be forged", "use the output of: ssh-keygen -l -E sha256 -f /etc/ssh/ssh_host_ed25519_key.pub")
	default:
		return hostKeyProblem("it is neither a fingerprint nor a public key", hostKeyFix)
	}
}

// fingerprinted returns the key of "SHA256:…", or of a line such as
// "256 SHA256:… root@web (ED25519)", which also says its type.
func fingerprinted(fields []string, at int, sum string) (HostKey, error) {
	sum = strings.TrimRight(sum, "=")
	if b, err := base64.RawStdEncoding.DecodeString(sum); err != nil || len(b) != 32 {
		return HostKey{}, hostKeyProblem("it is not a whole fingerprint, which has 43 characters after \"SHA256:\"", hostKeyFix)
	}
	key := HostKey{Fingerprint: "SHA256:" + sum}
	if at == 1 {
		switch fields[len(fields)-1] {
		case "(ED25519)":
			key.Type = ssh.KeyAlgoED25519
		case "(RSA)":
			key.Type = ssh.KeyAlgoRSA
		case "(ECDSA)":
			key.Type = "ecdsa-sha2-nistp" + fields[0]
		}
	}
	return key, nil
}

// keyType reports whether a word is a type of key.
func keyType(word string) bool {
	return strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "ecdsa-sha2-") || strings.HasPrefix(word, "sk-")
}

func publicKey(fields []string, at int) (HostKey, error) {
	if strings.HasPrefix(fields[0], "@") {
		return HostKey{}, hostKeyProblem("its marker "+fields[0]+" is not supported", "use the host's own key")
	}
	b, err := base64.StdEncoding.DecodeString(fields[at+1])
	if err != nil {
		return HostKey{}, hostKeyProblem("its base64 is damaged or incomplete", hostKeyFix)
	}
	key, err := ssh.ParsePublicKey(b)
	if err != nil || key.Type() != fields[at] {
		return HostKey{}, hostKeyProblem("it is not a complete "+fields[at]+" key", hostKeyFix)
	}
	if !slices.Contains(HostKeyTypes, key.Type()) {
		return HostKey{}, hostKeyProblem("keys of the type "+fields[at]+" are not supported", "use one of "+strings.Join(HostKeyTypes, ", "))
	}
	return HostKey{Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)}, nil
}

// HostKeyTypes are the types of host keys that vega verifies, best first.
var HostKeyTypes = []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA}

// CheckIdentity returns the private key of a text. If the error is a *Problem that is
// usable, the key is, too.
func CheckIdentity(text []byte, passphrase string) (ssh.Signer, error) {
	problem := func(what, fix string) (ssh.Signer, error) {
		return nil, &Problem{Option: "private_key", What: what, Fix: fix}
	}
	block, _ := pem.Decode(text)
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("PuTTY-User-Key-File")):
		return problem("it is in PuTTY's format", "convert it with: puttygen FILE -O private-openssh -o FILE.pem")
	case block == nil && keyType(string(text[:min(len(text), 4)])):
		return problem("it is a public key", "use the file without .pub")
	case block == nil:
		return problem("it contains no private key", "use a file that contains -----BEGIN OPENSSH PRIVATE KEY-----")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return problem("it is encrypted in the format PKCS #8, which vega can't decrypt", "convert it to OpenSSH's format with: ssh-keygen -p -f FILE")
	case !strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return problem("it contains "+strings.ToLower(block.Type)+" instead of a private key", "use the file of the private key")
	}
	signer, err := ssh.ParsePrivateKey(text)
	_, locked := errors.AsType[*ssh.PassphraseMissingError](err)
	switch {
	case locked && passphrase == "":
		return problem("it is protected by a passphrase", "set passphrase = env(\"…\"), or remove it from the key with: ssh-keygen -p -f FILE")
	case locked:
		signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase))
		if errors.Is(err, x509.IncorrectPasswordError) {
			return nil, &Problem{Option: "passphrase", What: "it is not that of private_key", Fix: "correct it; check it with: ssh-keygen -y -f FILE"}
		}
	}
	switch {
	case err != nil:
		return problem("it is damaged, or of a kind that vega doesn't know", "check it with: ssh-keygen -y -f FILE; vega knows ed25519, ecdsa and rsa keys")
	case !slices.Contains(HostKeyTypes, signer.PublicKey().Type()):
		return problem("keys of the type "+signer.PublicKey().Type()+" are not supported", "create one with: ssh-keygen -t ed25519")
	case !locked && passphrase != "":
		return signer, &Problem{Option: "passphrase", What: "private_key is not protected by one", Fix: "remove it", Usable: true}
	}
	return signer, nil
}

// Identity returns the private key of s, or nil if there is none.
func (f *Files) Identity(s SSH) (ssh.Signer, error) {
	if !s.PrivateKey.IsSet() {
		return nil, nil
	}
	id := [2]string{s.PrivateKey.Path + "\x00" + s.PrivateKey.Text.Reveal(), s.Passphrase.Reveal()}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.identities == nil {
		f.identities = map[[2]string]*kept[ssh.Signer]{}
	}
	k := f.identities[id]
	if k == nil {
		f.identities = emptied(f.identities)
		k = &kept[ssh.Signer]{}
		f.identities[id] = k
	}
	return k.read(f.now(), func() (ssh.Signer, error) {
		text, err := s.PrivateKey.content("private_key")
		if err != nil {
			return nil, err
		}
		signer, err := CheckIdentity(text, s.Passphrase.Reveal())
		if p, ok := errors.AsType[*Problem](err); ok && p.Usable {
			return signer, nil
		}
		return signer, err
	}, s.PrivateKey.Path)
}

package signature

import (
	"errors"
	"fmt"
	"os"

	"aead.dev/minisign"
)

// Secret is a key that signs.
type Secret struct{ minisign.PrivateKey }

// NewKeys makes a pair of keys.
func NewKeys() (Key, Secret, error) {
	public, private, err := minisign.GenerateKey(nil)
	return Key{public}, Secret{private}, err
}

// Public is the key that verifies what s signs.
func (s Secret) Public() Key { return Key{s.PrivateKey.Public().(minisign.PublicKey)} }

// Text is the file of a secret key, as minisign writes it: encrypted, unless
// the password is empty.
func (s Secret) Text(password string) ([]byte, error) {
	if password == "" {
		return s.MarshalText()
	}
	return minisign.EncryptKey(password, s.PrivateKey)
}

// ErrPassword says that a secret key is encrypted, and the password is not its.
var ErrPassword = errors.New("the password is not that of the key")

// ReadSecret reads the file of a secret key. password is asked for only where
// the key is encrypted.
func ReadSecret(path string, password func() (string, error)) (Secret, error) {
	text, err := readSmall(path)
	if err != nil {
		return Secret{}, err
	}
	var s Secret
	if !minisign.IsEncrypted(text) {
		if err := s.UnmarshalText(text); err != nil {
			return Secret{}, fmt.Errorf("%s is no secret key; make one with `vega plugin keygen`", path)
		}
		return s, nil
	}
	word, err := password()
	if err != nil {
		return Secret{}, err
	}
	if s.PrivateKey, err = minisign.DecryptKey(word, text); err != nil {
		return Secret{}, fmt.Errorf("%s: %w", path, ErrPassword)
	}
	return s, nil
}

// ReadKey reads the file of a public key.
func ReadKey(path string) (Key, error) {
	text, err := readSmall(path)
	if err != nil {
		return Key{}, err
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// Sign is the signature of bytes, with a comment that it protects.
func (s Secret) Sign(b []byte, comment string) []byte {
	return hash(b).SignWithComments(s.PrivateKey, comment, "signature of a vega plugin by the key "+s.Public().Name())
}

// Write signs the module at path, whose bytes are wasm, beside it.
func (s Secret) Write(path string, wasm []byte, comment string) error {
	temp := path + Suffix + ".part"
	if err := os.WriteFile(temp, append(s.Sign(wasm, comment), '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(temp, path+Suffix)
}

package signature

import (
	"errors"
	"fmt"

	"aead.dev/minisign"
)

// Secret is a signing key.
type Secret struct{ minisign.PrivateKey }

// NewKeys generates a pair of keys.
func NewKeys() (Key, Secret, error) {
	public, private, err := minisign.GenerateKey(nil)
	return Key{public}, Secret{private}, err
}

// Public returns the key that verifies signatures by s.
func (s Secret) Public() Key { return Key{s.PrivateKey.Public().(minisign.PublicKey)} }

// Text returns the secret key in minisign's file format, encrypted unless the
// password is empty.
func (s Secret) Text(password string) ([]byte, error) {
	if password == "" {
		return s.MarshalText()
	}
	return minisign.EncryptKey(password, s.PrivateKey)
}

// ErrPassword reports a wrong password for an encrypted secret key.
var ErrPassword = errors.New("wrong password for the key")

// ReadSecret reads a secret key file. It calls password only if the key is
// encrypted.
func ReadSecret(path string, password func() (string, error)) (Secret, error) {
	text, err := readSmall(path)
	if err != nil {
		return Secret{}, err
	}
	var s Secret
	if !minisign.IsEncrypted(text) {
		if err := s.UnmarshalText(text); err != nil {
			return Secret{}, fmt.Errorf("%s is not a secret key; generate one with `vega plugin keygen`", path)
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

// ReadKey reads a public key file.
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

// Sign returns the content of a signature file of b, with a comment, which it covers
// too.
func (s Secret) Sign(b []byte, comment string) []byte {
	return append(hash(b).SignWithComments(s.PrivateKey, comment, "signature of a vega plugin by the key "+s.Public().Name()), '\n')
}

// Package signature verifies and creates plugin signatures. A signature lies
// next to its module as FILE.wasm.minisig, in minisign's format: Ed25519 over
// the BLAKE2b-512 of the bytes, with the key's ID and a signed comment.
//
// Read takes the module's bytes, already read, so that the bytes loaded are the
// bytes verified. Signature.By checks the signature against the keys that an
// operator trusts. The package is a leaf.
package signature

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"aead.dev/minisign"
)

// Suffix is appended to the name of a module to form that of its signature
// file.
const Suffix = ".minisig"

// maxFile bounds the size of a signature or key file, in bytes.
const maxFile = 4 << 10

// Key is a public key.
type Key struct{ minisign.PublicKey }

// ParseKey parses a public key as `vega plugin keygen` and minisign print it:
// "RWQ" and 53 more characters, or the whole file with its comment.
func ParseKey(text string) (Key, error) {
	var k Key
	if err := k.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
		return Key{}, errors.New(`not a public key; use the output of "vega plugin keygen", such as "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"`)
	}
	return k, nil
}

// Name returns the key's ID as minisign writes it.
func (k Key) Name() string { return keyID(k.ID()) }

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// Signature is the signature file of a module, which may be missing.
type Signature struct {
	file   string // error about the signature
	text   []byte // nil without a file
	err    error  // error from reading the file
	hashed *minisign.Reader
}

// Read reads the signature next to the module at path, whose bytes are wasm.
func Read(path string, wasm []byte) *Signature {
	s := &Signature{file: path + Suffix}
	if s.text, s.err = readSmall(s.file); errors.Is(s.err, fs.ErrNotExist) {
		s.err = nil
		return s
	}
	if s.err == nil {
		s.hashed = hash(wasm)
	}
	return s
}

// readSmall reads a regular file of at most maxFile bytes.
func readSmall(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file (links are not followed)", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s exceeds %d bytes, the maximum for a key or signature", path, maxFile)
	}
	return b, err
}

// hash returns the digest of b without retaining b.
func hash(b []byte) *minisign.Reader {
	from := &once{bytes.NewReader(b)}
	r := minisign.NewReader(from)
	_, _ = io.Copy(io.Discard, r) // reading from memory does not fail
	from.Reader = nil
	return r
}

type once struct{ io.Reader }

// By returns the key that signed the module. If none of keys did, the error
// says why and what to do.
func (s *Signature) By(keys []Key) (Key, error) {
	switch {
	case s.err != nil:
		return Key{}, fmt.Errorf("its signature can't be read: %w", s.err)
	case s.text == nil:
		return Key{}, fmt.Errorf("it is not signed: %s does not exist; sign it with `vega plugin sign` and a key in plugins.trusted_keys", s.file)
	}
	var sig minisign.Signature
	if err := sig.UnmarshalText(s.text); err != nil {
		return Key{}, fmt.Errorf("%s is not a signature; sign the plugin again with `vega plugin sign`", s.file)
	}
	if sig.Algorithm != minisign.HashEdDSA {
		return Key{}, fmt.Errorf("%s is in the old format without a hash; sign the plugin again with `vega plugin sign`, or with minisign without -l", s.file)
	}
	known := false
	for _, k := range keys {
		if k.ID() != sig.KeyID {
			continue
		}
		known = true
		if s.hashed.Verify(k.PublicKey, s.text) {
			return k, nil
		}
	}
	if !known {
		names := make([]string, len(keys))
		for i, k := range keys {
			names[i] = k.Name()
		}
		return Key{}, fmt.Errorf("it is signed by the key %s, which is not trusted (trusted: %s); if you trust the key, add it to plugins.trusted_keys; otherwise, find out who installed the plugin", keyID(sig.KeyID), cmp.Or(strings.Join(names, ", "), "none"))
	}
	return Key{}, fmt.Errorf("it does not match its signature by the key %s: the module or the signature changed after signing; get both again from the signer", keyID(sig.KeyID))
}

// Signer returns the ID of the key that the signature claims, unverified, or ""
// if there is no readable signature.
func (s *Signature) Signer() string {
	var sig minisign.Signature
	if s == nil || s.text == nil || sig.UnmarshalText(s.text) != nil {
		return ""
	}
	return keyID(sig.KeyID)
}

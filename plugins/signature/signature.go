// Package signature says who signed a plugin. A signature lies beside its
// module, as FILE.wasm.minisig, in the format of minisign: Ed25519 over the
// BLAKE2b-512 of the bytes, with the key's ID and a comment that is signed too.
//
// Read takes the signature of bytes that were read already, so that what was
// verified is what is loaded; Seal.By judges it by the keys that an operator
// trusts. The package is a leaf.
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

// Suffix is what a signature's file has behind the module's name.
const Suffix = ".minisig"

// maxFile bounds the file of a signature or a key, in bytes.
const maxFile = 4 << 10

// Key is a public key.
type Key struct{ minisign.PublicKey }

// ParseKey reads a public key as `vega plugin keygen` and minisign show it:
// "RWQ" and 53 more characters, or the whole file with its comment.
func ParseKey(text string) (Key, error) {
	var k Key
	if err := k.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
		return Key{}, errors.New(`it is no public key: write what "vega plugin keygen" printed, such as "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"`)
	}
	return k, nil
}

// Name is the key's ID, as minisign writes it.
func (k Key) Name() string { return keyID(k.ID()) }

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// Seal is what lies beside a module: a signature, or none.
type Seal struct {
	file   string // of the signature
	text   []byte // nil: there is none
	err    error  // why it can't be read
	hashed *minisign.Reader
}

// Read reads what lies beside the module at path, whose bytes are wasm.
func Read(path string, wasm []byte) *Seal {
	s := &Seal{file: path + Suffix}
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
		return nil, fmt.Errorf("%s is no regular file (links are not followed)", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s is over %d bytes, too large for what it should be", path, maxFile)
	}
	return b, err
}

// hash is the digest of bytes, and holds on to none of them.
func hash(b []byte) *minisign.Reader {
	from := &once{bytes.NewReader(b)}
	r := minisign.NewReader(from)
	_, _ = io.Copy(io.Discard, r) // reading from memory does not fail
	from.Reader = nil
	return r
}

type once struct{ io.Reader }

// By is the one of the keys that signed the module. The error says why none of
// them did, and what to do.
func (s *Seal) By(keys []Key) (Key, error) {
	switch {
	case s.err != nil:
		return Key{}, fmt.Errorf("its signature can't be read: %w", s.err)
	case s.text == nil:
		return Key{}, fmt.Errorf("it is not signed: there is no %s; sign it with `vega plugin sign`, by a key in plugins.trusted_keys", s.file)
	}
	var sig minisign.Signature
	if err := sig.UnmarshalText(s.text); err != nil {
		return Key{}, fmt.Errorf("%s is no signature; sign the plugin again with `vega plugin sign`", s.file)
	}
	if sig.Algorithm != minisign.HashEdDSA {
		return Key{}, fmt.Errorf("%s is of the old kind that signs without a hash; sign the plugin again with `vega plugin sign`, or with minisign without -l", s.file)
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
		return Key{}, fmt.Errorf("it is signed by the key %s, which is not trusted (trusted: %s); if you trust it, add it to plugins.trusted_keys, and if not, find out who put it there", keyID(sig.KeyID), cmp.Or(strings.Join(names, ", "), "none"))
	}
	return Key{}, fmt.Errorf("it is not what the key %s signed: its bytes, or the signature's, were changed since; get both anew from who signed it", keyID(sig.KeyID))
}

// Signer is the ID of the key that the signature says it is by, without any
// judgement; "" if there is none that can be read.
func (s *Seal) Signer() string {
	var sig minisign.Signature
	if s == nil || s.text == nil || sig.UnmarshalText(s.text) != nil {
		return ""
	}
	return keyID(sig.KeyID)
}

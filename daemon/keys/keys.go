// Package keys manages the API keys in keys.json, which live next to those of
// the configuration. The file holds a digest of each key, and never a key.
//
// Read returns the keys of a data directory, and Change changes them, next to a
// running daemon or without one. A daemon follows the file with a Live.
package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"vega/plugins/manifest"
)

// File is the name of the file in the data directory.
const File = "keys.json"

// Max limits the number of keys.
const Max = 10_000

// Prefix begins every key, so that a scanner for leaked secrets can recognize one.
const Prefix = "vega_"

// Key is an API key, without its value.
type Key struct {
	Name    string    `json:"name"`
	Digest  Digest    `json:"sha256"`
	Scopes  []string  `json:"scopes"` // never empty
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	// Previous are the values that the key had before it was rotated, as long as
	// they are still accepted.
	Previous []Previous `json:"previous,omitempty"`

	raw json.RawMessage // of a key that a newer version wrote; see Foreign
}

// Previous is an earlier value of a key.
type Previous struct {
	Digest Digest    `json:"sha256"`
	Until  time.Time `json:"until"`
}

// Foreign reports whether the entry has fields that this version does not know.
// One of them may restrict the key, so the key is not accepted. Change keeps the
// entry as it is.
func (k Key) Foreign() bool { return k.raw != nil }

// Expired reports whether the key is no longer accepted at a time.
func (k Key) Expired(now time.Time) bool { return !k.Expires.IsZero() && !now.Before(k.Expires) }

// Digest is the SHA-256 digest of a key. The keys are random and long, so nothing
// can be found by trying.
type Digest [sha256.Size]byte

// DigestOf returns the digest of a key.
func DigestOf(value string) Digest { return sha256.Sum256([]byte(value)) }

// MarshalText returns the digest in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

var errDigest = errors.New("a digest must have 64 hexadecimal digits")

// UnmarshalText parses a digest in hexadecimal.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(d) {
		return errDigest
	}
	copy(d[:], b)
	return nil
}

// The errors of the methods of Set.
var (
	ErrName    = errors.New("a name starts with a lower-case letter and has lower-case letters, digits, - and _ (at most 64)")
	ErrTaken   = errors.New("there is a key of that name")
	ErrUnknown = errors.New("there is no key of that name")
	ErrFull    = fmt.Errorf("there are %d keys, the most that vega keeps; revoke some that nobody uses", Max)
	ErrForeign = errors.New("a newer version of vega wrote that key, with settings that this version does not know")
)

// Reserved are names that no key can have. The log shows them for the keys in
// api_key of the configuration and in api_key of the data directory.
var Reserved = []string{"default", "own"}

// ValidName reports whether a key can have a name.
func ValidName(name string) bool {
	return manifest.ValidName(name) && !slices.Contains(Reserved, name)
}

// Set is the content of keys.json.
type Set struct{ Keys []Key }

// Named returns the key with a name, or nil.
func (s *Set) Named(name string) *Key {
	for n := range s.Keys {
		if s.Keys[n].Name == name {
			return &s.Keys[n]
		}
	}
	return nil
}

// Add adds a key, and returns its value. A lifetime of 0 means that the key does
// not expire. The error may be ErrName, ErrTaken or ErrFull.
func (s *Set) Add(name string, scopes []string, now time.Time, lifetime time.Duration) (value string, _ error) {
	switch {
	case !ValidName(name):
		return "", ErrName
	case s.Named(name) != nil:
		return "", ErrTaken
	case len(s.Keys) >= Max:
		return "", ErrFull
	}
	value = New()
	k := Key{Name: name, Digest: DigestOf(value), Scopes: scopes, Created: seconds(now), Expires: after(now, lifetime)}
	s.Keys = append(s.Keys, k)
	return value, nil
}

// Revoke removes a key. The error may be ErrUnknown.
func (s *Set) Revoke(name string) error {
	if s.Named(name) == nil {
		return ErrUnknown
	}
	s.Keys = slices.DeleteFunc(s.Keys, func(k Key) bool { return k.Name == name })
	return nil
}

// Rotate gives a key a new value, and returns that. The one before stays accepted
// for the grace period, or until it expires. A lifetime of 0 stands for the
// lifetime that the key had. The error may be ErrUnknown or ErrForeign.
func (s *Set) Rotate(name string, now time.Time, grace, lifetime time.Duration) (value string, _ error) {
	k := s.Named(name)
	switch {
	case k == nil:
		return "", ErrUnknown
	case k.Foreign():
		return "", ErrForeign
	}
	if lifetime == 0 && !k.Expires.IsZero() {
		lifetime = k.Expires.Sub(k.Created)
	}
	until := after(now, grace)
	if !k.Expires.IsZero() && k.Expires.Before(until) {
		until = k.Expires
	}
	previous := slices.DeleteFunc(k.Previous, func(p Previous) bool { return grace == 0 || !now.Before(p.Until) })
	if grace > 0 && now.Before(until) {
		previous = append(previous, Previous{k.Digest, until})
	}
	value = New()
	k.Digest, k.Created, k.Expires, k.Previous = DigestOf(value), seconds(now), after(now, lifetime), previous
	return value, nil
}

// New returns a new key: a prefix and at least 128 random bits.
func New() string { return Prefix + rand.Text() }

// seconds returns a time as the file holds it.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// after returns the end of a span that begins now, and the zero time for none.
func after(now time.Time, span time.Duration) time.Time {
	if span == 0 {
		return time.Time{}
	}
	return seconds(now.Add(span))
}

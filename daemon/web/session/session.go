// Package session keeps who is logged in: sessions of browsers, in memory.
package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"vega/daemon/api/scope"
)

// Digest is the SHA-256 of an API key.
type Digest [sha256.Size]byte

// Key is an API key without its value.
type Key struct {
	Name   string
	Digest Digest
	Scopes []scope.Scope // empty: everything
}

// The limits of a session.
const (
	Lifetime = 12 * time.Hour
	Idle     = 2 * time.Hour
)

// Sessions is safe for concurrent use.
type Sessions struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]*one // by the SHA-256 of the token
}

type one struct {
	key         Digest
	began, used time.Time
}

// New returns Sessions without any.
func New() *Sessions { return &Sessions{all: map[[sha256.Size]byte]*one{}} }

// Begin returns the token of a new session for a key.
func (s *Sessions) Begin(key Digest, now time.Time) (token string) {
	var b [32]byte
	rand.Read(b[:]) // never returns an error
	token = base64.RawURLEncoding.EncodeToString(b[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[sha256.Sum256([]byte(token))] = &one{key, now, now}
	return token
}

// Key returns the digest of the key that the session of a token began with. ok is false if
// there is no such session, or no longer.
func (s *Sessions) Key(token string, now time.Time) (key Digest, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sha256.Sum256([]byte(token))
	o := s.all[at]
	if o == nil {
		return key, false
	}
	if now.Sub(o.began) >= Lifetime || now.Sub(o.used) >= Idle {
		delete(s.all, at)
		return key, false
	}
	o.used = now
	return o.key, true
}

// End ends a session.
func (s *Sessions) End(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(token)))
}

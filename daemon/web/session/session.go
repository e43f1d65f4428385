// Package session keeps who is logged in: the sessions of browsers, the tries to log in,
// and what a browser is shown after a form. All of it is in memory, and bounded.
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

// The limits of a session, and of their number. Beyond it, the session ends that was not
// used for the longest time: first one of the same key, so that one key can't end the
// sessions of others.
const (
	Lifetime = 12 * time.Hour
	Idle     = 2 * time.Hour
	perKey   = 100
	inTotal  = 10_000
)

// Sessions is safe for concurrent use.
type Sessions struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]*one // by the SHA-256 of the token
}

type one struct {
	key         Digest
	person      string // see Begin
	began, used time.Time
}

// New returns Sessions without any.
func New() *Sessions { return &Sessions{all: map[[sha256.Size]byte]*one{}} }

// Begin returns the token of a new session for a key. person is the name from a proxy in front of
// vega, or "": the session is for them alone.
func (s *Sessions) Begin(key Digest, person string, now time.Time) (token string) {
	var b [32]byte
	rand.Read(b[:]) // never returns an error
	token = base64.RawURLEncoding.EncodeToString(b[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makePlace(key, now)
	s.all[sha256.Sum256([]byte(token))] = &one{key, person, now, now}
	return token
}

// makePlace ends the sessions that are over, and one more if there are too many. The
// caller holds s.mu.
func (s *Sessions) makePlace(key Digest, now time.Time) {
	var oldest, own [sha256.Size]byte // of all, and of this key
	count := 0
	for at, o := range s.all {
		if o.over(now) {
			delete(s.all, at)
			continue
		}
		if first := s.all[oldest]; first == nil || o.used.Before(first.used) {
			oldest = at
		}
		if o.key != key {
			continue
		}
		count++
		if first := s.all[own]; first == nil || o.used.Before(first.used) {
			own = at
		}
	}
	switch {
	case count >= perKey:
		delete(s.all, own)
	case len(s.all) >= inTotal:
		delete(s.all, oldest)
	}
}

func (o *one) over(now time.Time) bool {
	return now.Sub(o.began) >= Lifetime || now.Sub(o.used) >= Idle
}

// Key returns the digest of the key that the session of a token began with. ok is false if
// the session does not exist, has ended, or began for another person.
func (s *Sessions) Key(token, person string, now time.Time) (key Digest, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sha256.Sum256([]byte(token))
	o := s.all[at]
	switch {
	case o == nil || o.person != person:
		return key, false
	case o.over(now):
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

// Keep ends the sessions of all keys that accepted does not report.
func (s *Sessions) Keep(accepted func(Digest) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, o := range s.all {
		if !accepted(o.key) {
			delete(s.all, at)
		}
	}
}

// Len returns the number of sessions, with those that are over and not yet removed.
func (s *Sessions) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

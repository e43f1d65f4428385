package session

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func TestSessionEnds(t *testing.T) {
	s, key := New(), Digest{1}
	used, idle := s.Begin(key, "", start), s.Begin(key, "", start)
	for at := start; at.Before(start.Add(Lifetime)); at = at.Add(time.Hour) {
		if _, ok := s.Key(used, "", at); !ok {
			t.Fatalf("ended after %v", at.Sub(start))
		}
	}
	if _, ok := s.Key(used, "", start.Add(Lifetime)); ok {
		t.Error("lasts longer than its lifetime")
	}
	if _, ok := s.Key(idle, "", start.Add(Idle)); ok {
		t.Error("lasts although it was not used")
	}
	if s.Len() != 0 {
		t.Errorf("%d sessions are kept", s.Len())
	}
	gone, left := s.Begin(Digest{2}, "", start), s.Begin(key, "", start)
	s.Keep(func(d Digest) bool { return d == key })
	if _, ok := s.Key(gone, "", start); ok {
		t.Error("the session of a key that is gone lasts")
	}
	if _, ok := s.Key(left, "", start); !ok {
		t.Error("the session of another key ended")
	}
	if _, ok := s.Key("", "", start); ok {
		t.Error("no token is a session")
	}
}

// TestSessionIsForOnePerson checks that the session of one person does not serve the next
// one at the same browser that the proxy names.
func TestSessionIsForOnePerson(t *testing.T) {
	s := New()
	token := s.Begin(Digest{1}, "ada", start)
	for person, want := range map[string]bool{"ada": true, "bob": false, "": false} {
		if _, ok := s.Key(token, person, start); ok != want {
			t.Errorf("%q: %v", person, ok)
		}
	}
}

// TestSessionsAreBounded checks that a key that logs in again and again ends its own
// sessions, and not those of others.
func TestSessionsAreBounded(t *testing.T) {
	s := New()
	other := s.Begin(Digest{2}, "", start)
	first := s.Begin(Digest{1}, "", start)
	for n := range 3 * perKey {
		s.Begin(Digest{1}, "", start.Add(time.Duration(n+1)*time.Second))
	}
	if s.Len() != perKey+1 {
		t.Errorf("%d sessions", s.Len())
	}
	if _, ok := s.Key(other, "", start); !ok {
		t.Error("the session of another key ended")
	}
	if _, ok := s.Key(first, "", start); ok {
		t.Error("the oldest session did not end")
	}
}

func TestTriesAreLimited(t *testing.T) {
	tries, from := NewTries(), netip.MustParseAddr("192.0.2.1")
	for n := range MaxTries {
		if wait := tries.Take(from, start.Add(time.Duration(n)*time.Second)); wait != 0 {
			t.Fatalf("try %d: wait %v", n, wait)
		}
	}
	if wait := tries.Take(from, start.Add(10*time.Second)); wait != 50*time.Second {
		t.Errorf("wait %v", wait)
	}
	if wait := tries.Take(netip.MustParseAddr("192.0.2.2"), start); wait != 0 {
		t.Errorf("another address waits %v", wait)
	}
	if wait := tries.Take(from, start.Add(TryWindow)); wait != 0 {
		t.Errorf("after the wait: %v", wait)
	}
	if wait := tries.Take(from, start.Add(TryWindow)); wait != time.Second {
		t.Errorf("the window does not slide: %v", wait)
	}
	tries.Succeeded(from, start.Add(TryWindow))
	if wait := tries.Take(from, start.Add(TryWindow)); wait != 0 {
		t.Errorf("a success counts: %v", wait)
	}
}

func TestConcurrentTriesAreLimited(t *testing.T) {
	tries, from := NewTries(), netip.MustParseAddr("2001:db8::")
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if tries.Take(from, start) == 0 {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != MaxTries {
		t.Errorf("%d tries", allowed.Load())
	}
}

func TestTriesAreBounded(t *testing.T) {
	tries := NewTries()
	for n := range addresses + 100 {
		tries.Take(netip.AddrFrom4([4]byte{byte(n >> 16), byte(n >> 8), byte(n)}), start.Add(time.Duration(n)*time.Microsecond))
	}
	if len(tries.all) != addresses {
		t.Errorf("%d addresses", len(tries.all))
	}
	if tries.Take(netip.AddrFrom4([4]byte{9, 9, 9, 9}), start.Add(time.Hour)); len(tries.all) != 1 {
		t.Errorf("%d addresses after an hour", len(tries.all))
	}
}

func TestNotes(t *testing.T) {
	n := NewNotes()
	id := n.Add("key a", "Silenced.", start)
	if got := n.Text("key a", id, start); got != "Silenced." {
		t.Errorf("%q", got)
	}
	if got := n.Text("key b", id, start) + n.Text("key a", "Call 555", start) + n.Text("key a", id, start.Add(noteTime)); got != "" {
		t.Errorf("%q", got)
	}
	for range 2 * notes {
		n.Add("key a", "x", start)
	}
	if len(n.all) != notes || len(n.order) != notes {
		t.Errorf("%d %d notes", len(n.all), len(n.order))
	}
	if n.Add("key a", "x", start.Add(time.Hour)); len(n.all) != 1 {
		t.Errorf("%d notes after an hour", len(n.all))
	}
}

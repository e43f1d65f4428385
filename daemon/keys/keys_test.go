package keys

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// add adds a key to the file in dir, and returns its value.
func add(t *testing.T, dir, name string, lifetime time.Duration) (value string) {
	t.Helper()
	err := Change(dir, func(s *Set) (err error) {
		value, err = s.Add(name, []string{"read"}, start, lifetime)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func put(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFileHoldsDigestsOnly(t *testing.T) {
	dir := t.TempDir()
	value := add(t, dir, "ci", 0)
	text, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil || bytes.Contains(text, []byte(strings.TrimPrefix(value, Prefix))) || !strings.HasPrefix(value, Prefix) || len(value) < 30 {
		t.Fatalf("%q, %v\n%s", value, err, text)
	}
	set, err := Read(dir)
	if err != nil || len(set.Keys) != 1 || set.Keys[0].Digest != DigestOf(value) {
		t.Fatalf("%+v, %v", set, err)
	}
	if info, err := os.Stat(filepath.Join(dir, File)); err != nil || modesTell && info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestConcurrentChangesLoseNothing(t *testing.T) {
	dir := t.TempDir()
	const n = 20
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { add(t, dir, fmt.Sprint("k", i), 0) })
	}
	all.Wait()
	if set, err := Read(dir); err != nil || len(set.Keys) != n {
		t.Fatalf("%v, %v", set, err)
	}
}

func TestRefusedChangeChangesNothing(t *testing.T) {
	dir := t.TempDir()
	add(t, dir, "ci", 0)
	before, _ := os.ReadFile(filepath.Join(dir, File))
	for name, want := range map[string]error{
		"ci": ErrTaken, "own": ErrName, "default": ErrName, "": ErrName, "a\nb": ErrName, "Ci": ErrName, strings.Repeat("a", 300): ErrName,
	} {
		err := Change(dir, func(s *Set) error { _, err := s.Add(name, []string{"read"}, start, 0); return err })
		if !errors.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := Change(dir, func(s *Set) error { return s.Revoke("nope") }); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, File)); !bytes.Equal(before, after) {
		t.Errorf("%s", after)
	}
}

// TestLeftoversAreRemoved checks that a part of a file, from a process that was
// killed, does no harm and does not stay.
func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	add(t, dir, "first", 0)
	if err := os.WriteFile(filepath.Join(dir, partPrefix+"X"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	add(t, dir, "second", 0)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestUnusableFilesAreRefused(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	key := `{"name":"a","sha256":"` + digest + `","scopes":["read"],"created":"2026-01-01T00:00:00Z"}`
	for text, want := range map[string]string{
		"":                              "damaged",
		"{":                             "damaged",
		"[]":                            "damaged",
		"null":                          "damaged",
		`{"version":1,"keys":[` + key:   "damaged",
		`{"version":2,"keys":[]}`:       "newer version",
		`{"version":1,"keys":[],"x":1}`: "newer version",
		`{"version":1,"keys":[` + key + "," + key + `]}`:                                        "two keys",
		`{"version":1,"keys":[` + key + "," + strings.Replace(key, `"a"`, `"b"`, 1) + `]}`:      "the digest of another",
		`{"version":1,"keys":[` + strings.Replace(key, `["read"]`, `[]`, 1) + `]}`:              "no scopes",
		`{"version":1,"keys":[` + strings.Replace(key, `"scopes":["read"],`, ``, 1) + `]}`:      "no scopes",
		`{"version":1,"keys":[` + strings.Replace(key, digest, "secret-in-the-wrong", 1) + `]}`: "64 hexadecimal digits",
		`{"version":1,"keys":[` + strings.Replace(key, `"a"`, `"own"`, 1) + `]}`:                "no valid name",
		`{"version":1,"keys":["secret-in-the-wrong"]}`:                                          "damaged",
	} {
		dir := t.TempDir()
		put(t, dir, text)
		set, err := Read(dir)
		if _, ok := errors.AsType[*Error](err); !ok || set != nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
		if err := Change(dir, func(*Set) error { return nil }); err == nil {
			t.Errorf("%s was changed", text)
		}
		if after, _ := os.ReadFile(filepath.Join(dir, File)); string(after) != text {
			t.Errorf("%s was changed to %s", text, after)
		}
	}
}

// TestKeyOfNewerVersionIsKept checks that a key with an unknown setting, which may
// restrict it, is not accepted, and that changing another key keeps it.
func TestKeyOfNewerVersionIsKept(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, `{"version":1,"keys":[{"name":"new","sha256":"`+strings.Repeat("ab", 32)+`","scopes":["read"],"created":"2026-01-01T00:00:00Z","from":["10.0.0.0/8"]}]}`)
	add(t, dir, "old", 0)
	text, _ := os.ReadFile(filepath.Join(dir, File))
	if !bytes.Contains(text, []byte(`"10.0.0.0/8"`)) {
		t.Errorf("%s", text)
	}
	l := Follow(dir, slog.New(slog.DiscardHandler))
	if accepted, _ := l.Poll(start); len(accepted) != 1 || accepted[0].Name != "old" {
		t.Errorf("%+v", accepted)
	}
	err := Change(dir, func(s *Set) error { _, err := s.Rotate("new", start, 0, 0); return err })
	if !errors.Is(err, ErrForeign) {
		t.Error(err)
	}
}

func TestRotationHasGracePeriod(t *testing.T) {
	s := &Set{}
	first, err := s.Add("ci", []string{"read"}, start, 90*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	later := start.Add(80 * 24 * time.Hour)
	second, err := s.Rotate("ci", later, 24*time.Hour, 0)
	k := s.Named("ci")
	if err != nil || second == first || k.Digest != DigestOf(second) || !k.Expires.Equal(later.Add(90*24*time.Hour)) {
		t.Errorf("%+v, %v", k, err)
	}
	if len(k.Previous) != 1 || k.Previous[0].Digest != DigestOf(first) || !k.Previous[0].Until.Equal(later.Add(24*time.Hour)) {
		t.Errorf("%+v", k.Previous)
	}
	if _, err := s.Rotate("ci", later.Add(time.Hour), 24*time.Hour, 0); err != nil || len(k.Previous) != 2 { // by mistake: clients have the first
		t.Errorf("%+v, %v", k.Previous, err)
	}
	if _, err := s.Rotate("ci", later.Add(48*time.Hour), time.Hour, 0); err != nil || len(k.Previous) != 1 {
		t.Errorf("%+v, %v", k.Previous, err)
	}
	if _, err := s.Rotate("ci", later.Add(48*time.Hour), 0, 0); err != nil || len(k.Previous) != 0 {
		t.Errorf("%+v, %v", k.Previous, err)
	}
	expired := k.Expires.Add(time.Hour)
	if _, err := s.Rotate("ci", expired, 24*time.Hour, 0); err != nil || len(k.Previous) != 0 { // it would be accepted again
		t.Errorf("%+v, %v", k.Previous, err)
	}
}

// logged is a Live with what it logs.
func logged(dir string) (*Live, *bytes.Buffer) {
	var lines bytes.Buffer
	return Follow(dir, slog.New(slog.NewTextHandler(&lines, nil))), &lines
}

func TestLiveFollows(t *testing.T) {
	dir := t.TempDir()
	l, lines := logged(dir)
	if accepted, changed := l.Poll(start); len(accepted) != 0 || changed {
		t.Errorf("%v, %v", accepted, changed)
	}
	value := add(t, dir, "ci", 0)
	accepted, changed := l.Poll(start)
	if !changed || len(accepted) != 1 || accepted[0].Digest != DigestOf(value) || accepted[0].Scopes[0] != "read" {
		t.Fatalf("%+v", accepted)
	}
	if _, changed := l.Poll(start); changed {
		t.Error("changed again")
	}
	err := Change(dir, func(s *Set) error { _, err := s.Rotate("ci", start, time.Hour, 0); return err })
	if accepted, changed = l.Poll(start); err != nil || !changed || len(accepted) != 2 || accepted[1].Name != "ci (previous)" {
		t.Errorf("%+v, %v", accepted, err)
	}
	if accepted, changed = l.Poll(start.Add(time.Hour)); !changed || len(accepted) != 1 {
		t.Errorf("after the grace period: %+v", accepted)
	}
	err = Change(dir, func(s *Set) error { return s.Revoke("ci") })
	if accepted, changed = l.Poll(start); err != nil || !changed || len(accepted) != 0 {
		t.Errorf("%+v, %v", accepted, err)
	}
	for _, want := range []string{"were added\" keys=ci", "were changed\" keys=ci", "were revoked\" keys=ci"} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("no %s in\n%s", want, lines)
		}
	}
}

func TestDeletedFileHasNoKeys(t *testing.T) {
	dir := t.TempDir()
	add(t, dir, "ci", 0)
	l, _ := logged(dir)
	l.Poll(start)
	if err := os.Remove(filepath.Join(dir, File)); err != nil {
		t.Fatal(err)
	}
	if accepted, changed := l.Poll(start); !changed || len(accepted) != 0 {
		t.Errorf("%+v, %v", accepted, changed)
	}
}

func TestDamagedFileKeepsLastKeys(t *testing.T) {
	dir := t.TempDir()
	add(t, dir, "ci", 0)
	good, _ := os.ReadFile(filepath.Join(dir, File))
	l, lines := logged(dir)
	l.Poll(start)
	for n, spoil := range []func() error{
		func() error { return os.WriteFile(filepath.Join(dir, File), good[:len(good)/2], 0o600) },
		func() error {
			return errors.Join(os.Remove(filepath.Join(dir, File)), os.Mkdir(filepath.Join(dir, File), 0o700))
		},
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if accepted, changed := l.Poll(start); len(accepted) != 1 || changed {
				t.Errorf("%d: %+v, %v", n, accepted, changed)
			}
		}
		if got := strings.Count(lines.String(), "level=ERROR"); got != n+1 {
			t.Errorf("%d errors logged:\n%s", got, lines)
		}
	}
	if err := errors.Join(os.Remove(filepath.Join(dir, File)), os.WriteFile(filepath.Join(dir, File), good, 0o600)); err != nil {
		t.Fatal(err)
	}
	if accepted, changed := l.Poll(start); len(accepted) != 1 || changed || !strings.Contains(lines.String(), "can be used again") {
		t.Errorf("%+v, %v\n%s", accepted, changed, lines)
	}
}

func TestDamagedFileAtStartHasNoKeys(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "{")
	l, lines := logged(dir)
	if accepted, changed := l.Poll(start); len(accepted) != 0 || changed || !strings.Contains(lines.String(), "level=ERROR") {
		t.Errorf("%+v, %v\n%s", accepted, changed, lines)
	}
}

func TestExpiryIsExactAndFinal(t *testing.T) {
	dir := t.TempDir()
	add(t, dir, "ci", time.Hour)
	l, lines := logged(dir)
	end := start.Add(time.Hour)
	if accepted, _ := l.Poll(end.Add(-time.Nanosecond)); len(accepted) != 1 {
		t.Errorf("before: %+v", accepted)
	}
	if accepted, changed := l.Poll(end); len(accepted) != 0 || !changed {
		t.Errorf("at the end: %+v", accepted)
	}
	if accepted, _ := l.Poll(start); len(accepted) != 0 {
		t.Errorf("after the clock was set back: %+v", accepted)
	}
	add(t, dir, "other", 0) // reads the file again
	if accepted, _ := l.Poll(start); len(accepted) != 1 || accepted[0].Name != "other" {
		t.Errorf("after another change: %+v", accepted)
	}
	if n := strings.Count(lines.String(), "has expired"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, lines)
	}
	add(t, dir, "new", time.Minute)
	if accepted, _ := l.Poll(start); len(accepted) != 2 || accepted[1].Name != "new" {
		t.Errorf("added after the clock was corrected: %+v", accepted)
	}
}

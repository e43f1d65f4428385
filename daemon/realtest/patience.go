package realtest

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// Patience is how long a test waits for what has to come, however slow the
// machine is. It only ends what hangs: no test may judge by it.
const Patience = 3 * time.Minute

// Until waits for something to be so.
func Until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not so after %v: %s", Patience, what)
		}
	}
}

// Starved reports whether vega says of a run, by its cause and its message, that
// it had no processor for it, or that it waited for other checks: on a busy
// machine those hold for longer what it shares with them. Both are the right
// answers there.
func Starved[C ~string](cause C, message string) bool {
	return cause == "host" && (strings.HasPrefix(message, "vega had no processor") ||
		strings.Contains(message, "the whole of its timeout had passed") || queued.MatchString(message))
}

var queued = regexp.MustCompile(`^(this check|the query) waited [0-9.]+m?s of its `)

// CutOff reports whether the deadline ended a run before its probe, which keeps a
// moment of it for that, had said what it waited for. On a busy machine the
// moment can be too short.
func CutOff(message string) bool { return strings.HasPrefix(message, "no answer within ") }

// Unstarved asks until the answer does not come of a starved machine, and
// returns that one. Any other fault is in what it returns, at once. So is one
// that is blamed on the machine again and again, though by the kernel's count
// nothing here waited for a processor.
//
// Where the machine is that busy all along, ok is false: vega says what is right,
// and there is no more to see. Any goroutine may call it.
func Unstarved[T any](t testing.TB, ask func() T, starved func(T) bool) (answer T, ok bool) {
	t.Helper()
	const tries = 10 // of which any may meet what the kernel does not count
	idle := 0
	for end := time.Now().Add(Patience); ; {
		busy := Busy()
		answer = ask()
		if !starved(answer) {
			return answer, true
		}
		if !busy() {
			idle++
		}
		if idle == tries {
			return answer, true
		}
		if time.Now().After(end) {
			t.Logf("this machine was too busy for %v: %+v", Patience, answer)
			return answer, false
		}
	}
}

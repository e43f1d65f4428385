package realtest

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// Patience is how long a test waits for something that must happen, however slow
// the machine is. It only ends tests that hang; no test may measure with it.
const Patience = 3 * time.Minute

// Until waits until a condition is true.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v still not: %s", Patience, what)
		}
	}
}

// Starved reports whether, by its cause and message, a run had no CPU, or waited
// for other checks, which take longer on a busy machine. Both are correct results
// there.
func Starved[C ~string](cause C, message string) bool {
	return cause == "host" && (strings.HasPrefix(message, "vega had no processor") ||
		strings.Contains(message, "its whole timeout passed before") || queued.MatchString(message))
}

var queued = regexp.MustCompile(`^(this check|the query) waited [0-9.]+m?s of its `)

// CutOff reports whether the deadline ended a run before its probe could say what
// it was waiting for. A probe reserves a moment for that, which can be too short on
// a busy machine.
func CutOff(message string) bool { return strings.HasPrefix(message, "no answer within ") }

// Unstarved calls ask until starved is false for its answer, and returns that
// answer. It also returns an answer that repeatedly blames the machine although,
// by the kernel's counters, nothing waited for a CPU.
//
// If the machine stays too busy, ok is false: the answer is correct, but the test
// can't learn more. Unstarved is safe for concurrent use.
func Unstarved[T any](t testing.TB, ask func() T, starved func(T) bool) (answer T, ok bool) {
	t.Helper()
	const tries = 10 // any of them may be starved in a way that the kernel does not count
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
			t.Logf("the machine was too busy for %v: %+v", Patience, answer)
			return answer, false
		}
	}
}

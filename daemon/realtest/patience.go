package realtest

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// Patience limits how long a test waits for something that must happen. It is long
// enough for slow machines and only stops tests that hang. Do not use it to measure
// time.
const Patience = 3 * time.Minute

// Until waits until a condition is true.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out after %v: %s", Patience, what)
		}
	}
}

// Starved reports whether the cause and message of a run mean that the run had no
// CPU, or waited for other checks, which take longer on a busy machine. Both are
// correct results there.
func Starved[C ~string](cause C, message string) bool {
	return cause == "host" && (strings.HasPrefix(message, "vega had no processor") ||
		strings.Contains(message, "its whole timeout passed before") || queued.MatchString(message))
}

var queued = regexp.MustCompile(`^(this check|the query) waited [0-9.]+m?s of its `)

// CutOff reports whether the deadline stopped a run before its probe could report
// what it was waiting for. A probe reserves some time for that, which can be too
// short on a busy machine.
func CutOff(message string) bool { return strings.HasPrefix(message, "no answer within ") }

// Unstarved calls ask until starved returns false for the result, and returns that
// result. It also returns a result that repeatedly blames the machine although
// nothing waited for a CPU according to the kernel's counters.
//
// If the machine stays too busy, ok is false. The result is correct then, but of no
// use to the test. Unstarved is safe for concurrent use.
func Unstarved[T any](t testing.TB, ask func() T, starved func(T) bool) (answer T, ok bool) {
	t.Helper()
	const tries = 10 // any try may be starved in a way that the kernel does not count
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

package diagnostics

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

const (
	// maxGoroutines is the number of goroutines above which their stacks are not
	// read. Each stack takes a quarter of a kilobyte and a microsecond.
	maxGoroutines = 200_000
	// maxGroups limits the groups in the evidence.
	maxGroups = 10
)

// GoroutineGroup counts goroutines that started in the same function and are at the
// same place. The name of a function literal contains the name of the enclosing
// function, which is usually the one that started the goroutine.
type GoroutineGroup struct {
	Count    int    `json:"count"`
	Function string `json:"function"` // in which they started
	At       string `json:"at"`       // innermost function outside Go's runtime
}

func (e *Evidence) findGoroutines() {
	groups, err := goroutineGroups()
	e.Goroutines = groups
	e.note("goroutines", err)
}

func goroutineGroups() ([]GoroutineGroup, error) {
	n := runtime.NumGoroutine()
	if n > maxGoroutines {
		return nil, fmt.Errorf("there are too many goroutines to examine (%d)", n)
	}
	records := make([]runtime.StackRecord, n+n/8+16)
	n, ok := runtime.GoroutineProfile(records)
	if !ok {
		return nil, fmt.Errorf("too many goroutines to examine: their number grew to %d while the stacks were read", n)
	}
	// Goroutines of a leak usually have equal stacks, and looking up names is
	// expensive.
	stacks := map[[32]uintptr]int{}
	for _, r := range records[:n] {
		stacks[r.Stack0]++
	}
	return groupStacks(stacks), nil
}

func groupStacks(stacks map[[32]uintptr]int) []GoroutineGroup {
	type place struct{ function, at string }
	counts := map[place]int{}
	for stack, count := range stacks {
		function, at := ends(stack[:])
		counts[place{function, at}] += count
	}
	groups := make([]GoroutineGroup, 0, len(counts))
	for p, count := range counts {
		groups = append(groups, GoroutineGroup{Count: count, Function: p.function, At: p.at})
	}
	slices.SortFunc(groups, func(a, b GoroutineGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Function, b.Function), cmp.Compare(a.At, b.At))
	})
	return groups[:min(len(groups), maxGroups)]
}

// ends returns the outermost and the innermost function of a stack that do not
// belong to the runtime. It appends "…" to the outermost if the stack is deeper than
// the profile records.
func ends(stack []uintptr) (outer, inner string) {
	depth := slices.Index(stack, 0)
	if depth < 0 {
		depth = len(stack)
	}
	frames := runtime.CallersFrames(stack[:depth])
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			if outer = f.Function; inner == "" {
				inner = f.Function
			}
		}
		if !more {
			break
		}
	}
	if depth == len(stack) {
		outer += " …"
	}
	return cmp.Or(outer, "runtime"), cmp.Or(inner, "runtime")
}

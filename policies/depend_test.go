package policies_test

import (
	"fmt"
	"slices"
	"testing"

	"vega/policies"
	"vega/policies/check"
)

// A shop depends on payments and a cache, and payments on a database.
func ExampleRoots() {
	names := []string{"cache", "database", "payments", "shop"}
	depends := [][]int{3: {0, 2}, 2: {1}}
	status := []check.Status{check.Healthy, check.Unhealthy, check.Unhealthy, check.Degraded}
	roots := policies.NewRoots(
		func(n int) []int { return depends[n] },
		func(n int) check.Status { return status[n] },
	)
	for n, name := range names {
		for _, root := range roots.Of(n) {
			fmt.Println(name, "because of", names[root])
		}
	}
	// Output:
	// payments because of database
	// shop because of database
}

func TestRoots(t *testing.T) {
	const (
		ok  = check.Healthy
		bad = check.Unhealthy
		dim = check.Degraded
		unk = check.Unknown
		off = check.Disabled
	)
	for _, c := range []struct {
		name    string
		depends [][]int
		status  []check.Status
		want    [][]int
	}{
		{"no dependency", [][]int{nil}, []check.Status{bad}, [][]int{nil}},
		{"a healthy one has no root", [][]int{{1}, nil}, []check.Status{ok, bad}, [][]int{nil, nil}},
		{"a disabled one has no root", [][]int{{1}, nil}, []check.Status{off, bad}, [][]int{nil, nil}},
		{"every other status has a root", [][]int{{3}, {3}, {3}, nil}, []check.Status{dim, bad, unk, bad}, [][]int{{3}, {3}, {3}, nil}},
		{"only unhealthy is a root", [][]int{{1, 2, 3}, nil, nil, nil}, []check.Status{bad, dim, unk, off}, [][]int{nil, nil, nil, nil}},
		{"only the deepest is a root", [][]int{{1}, {2}, nil}, []check.Status{bad, bad, bad}, [][]int{{2}, {2}, nil}},
		{"through a healthy one", [][]int{{1}, {2}, nil}, []check.Status{bad, ok, bad}, [][]int{{2}, nil, nil}},
		{"through a disabled one", [][]int{{1}, {2}, nil}, []check.Status{bad, off, bad}, [][]int{{2}, nil, nil}},
		{"each root once, in order", [][]int{{3, 1, 2}, {3}, {3}, nil}, []check.Status{bad, bad, ok, bad}, [][]int{{3}, {3}, nil, nil}},
		{"two roots", [][]int{{2, 1}, nil, nil}, []check.Status{bad, bad, bad}, [][]int{{1, 2}, nil, nil}},
		{"a cycle terminates", [][]int{{1}, {0}}, []check.Status{bad, bad}, nil},
	} {
		roots := policies.NewRoots(func(n int) []int { return c.depends[n] }, func(n int) check.Status { return c.status[n] })
		for n := range c.depends {
			if got := roots.Of(n); c.want != nil && !slices.Equal(got, c.want[n]) {
				t.Errorf("%s: roots of %d are %v, want %v", c.name, n, got, c.want[n])
			}
		}
	}
}

// TestRootsOfManyTakeOnePass finds the roots of ten thousand integrations, and
// checks that a long list of roots is truncated.
func TestRootsOfManyTakeOnePass(t *testing.T) {
	const n = 10_000
	asked := 0
	roots := policies.NewRoots(func(i int) []int {
		asked++
		if i == 0 {
			all := make([]int, n-1)
			for j := range all {
				all[j] = n - 1 - j
			}
			return all
		}
		return nil
	}, func(int) check.Status { return check.Unhealthy })
	for i := range n {
		got := roots.Of(i)
		if i == 0 && !slices.Equal(got, []int{1, 2, 3, 4, 5, 6, 7, 8}) || i > 0 && got != nil {
			t.Fatalf("roots of %d: %v", i, got)
		}
	}
	if asked != n {
		t.Errorf("asked for dependencies %d times of %d integrations", asked, n)
	}
}

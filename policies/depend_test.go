package policies_test

import (
	"fmt"
	"slices"
	"testing"

	"vega/policies"
	"vega/policies/check"
)

// A shop leans on payments and a cache, payments on a database.
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
		{"healthy has none", [][]int{{1}, nil}, []check.Status{ok, bad}, [][]int{nil, nil}},
		{"disabled has none", [][]int{{1}, nil}, []check.Status{off, bad}, [][]int{nil, nil}},
		{"every other has", [][]int{{3}, {3}, {3}, nil}, []check.Status{dim, bad, unk, bad}, [][]int{{3}, {3}, {3}, nil}},
		{"only unhealthy is a root", [][]int{{1, 2, 3}, nil, nil, nil}, []check.Status{bad, dim, unk, off}, [][]int{nil, nil, nil, nil}},
		{"the deepest", [][]int{{1}, {2}, nil}, []check.Status{bad, bad, bad}, [][]int{{2}, {2}, nil}},
		{"through a healthy one", [][]int{{1}, {2}, nil}, []check.Status{bad, ok, bad}, [][]int{{2}, nil, nil}},
		{"through a disabled one", [][]int{{1}, {2}, nil}, []check.Status{bad, off, bad}, [][]int{{2}, nil, nil}},
		{"each once, in order", [][]int{{3, 1, 2}, {3}, {3}, nil}, []check.Status{bad, bad, ok, bad}, [][]int{{3}, {3}, nil, nil}},
		{"two of them", [][]int{{2, 1}, nil, nil}, []check.Status{bad, bad, bad}, [][]int{{1, 2}, nil, nil}},
		{"a circle ends", [][]int{{1}, {0}}, []check.Status{bad, bad}, nil},
	} {
		roots := policies.NewRoots(func(n int) []int { return c.depends[n] }, func(n int) check.Status { return c.status[n] })
		for n := range c.depends {
			if got := roots.Of(n); c.want != nil && !slices.Equal(got, c.want[n]) {
				t.Errorf("%s: %d has %v, want %v", c.name, n, got, c.want[n])
			}
		}
	}
}

// TestRootsOfMany: all of ten thousand take one pass, and a list that nobody
// could read is cut.
func TestRootsOfMany(t *testing.T) {
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
			t.Fatalf("%d has %v", i, got)
		}
	}
	if asked != n {
		t.Errorf("asked for dependencies %d times of %d integrations", asked, n)
	}
}

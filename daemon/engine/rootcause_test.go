package engine

import (
	"fmt"
	"testing"

	"vega/policies/check"
)

// BenchmarkRootCauses10k finds the root cause of each of ten thousand integrations
// that all depend on one integration, through a layer of a hundred.
func BenchmarkRootCauses10k(b *testing.B) {
	var all []*Binding
	reports := make([]*Report, 0, 10_000)
	for n := range 10_000 {
		b := &Binding{Name: fmt.Sprintf("i%05d", n), Enabled: true, Module: unmanaged{}}
		switch {
		case n > 100:
			b.DependsOn = []string{"i00000", fmt.Sprintf("i%05d", 1+n%100)}
		case n > 0:
			b.DependsOn = []string{"i00000"}
		}
		all = append(all, b)
		reports = append(reports, &Report{Name: b.Name, Status: check.Unhealthy})
	}
	r := &roster{depends: dependencies(all)}
	for _, b := range all {
		r.integrations = append(r.integrations, &integration{name: b.Name, bound: b})
	}
	b.ReportAllocs()
	var last []string
	for b.Loop() {
		roots := r.roots(reports)
		for n := range reports {
			last = roots(n)
		}
	}
	if last[0] != "i00000" {
		b.Fatal(last)
	}
}

func TestDependentsAreReported(t *testing.T) {
	e := New(Options{})
	bound := func(name string, on ...string) *Binding {
		return &Binding{Name: name, Enabled: true, Module: unmanaged{}, DependsOn: on}
	}
	e.Bind([]*Binding{bound("api", "db"), bound("cache"), bound("db"), bound("web", "api", "db")})
	for name, want := range map[string]string{"db": "[api web]", "api": "[web]", "web": "[]", "cache": "[]"} {
		if i, err := e.Integration(name); err != nil || fmt.Sprint(i.Dependents) != want || i.Dependents == nil {
			t.Errorf("%s: %v, %v; want %s", name, i.Dependents, err, want)
		}
	}
}

package alert_test

import (
	"fmt"
	"strings"
	"testing"

	"vega/policies/alert"
)

func TestSelectorsSelect(t *testing.T) {
	orders := alert.Integration{Name: "orders-api", Group: "payments/eu", Labels: map[string]string{"team": "core", "größe": "groß"}}
	instance := alert.Integration{Name: "hosts.web1"}
	for _, c := range []struct {
		selectors string
		of        alert.Integration
		selects   bool
	}{
		{"*", orders, true},
		{"orders-api", orders, true},
		{"orders", orders, false},
		{"orders-*", orders, true},
		{"*-api", orders, true},
		{"o*r*-?pi", orders, true},
		{"orders-api?", orders, false},
		{"orders-api*", orders, true},
		{"Orders-*", orders, false},
		{"group:payments/eu", orders, true},
		{"group:payments/*", orders, true},
		{"group:payments", orders, false},
		{"group:*", orders, true},
		{"group:*", instance, false}, // it has no group
		{"label:team=core", orders, true},
		{"label:team=c*", orders, true},
		{"label:team=*", orders, true},
		{"label:team=*", instance, false},
		{"label:size=*", orders, false},
		{"label:größe=gro?", orders, true},
		{"hosts", instance, true},
		{"hosts.web1", instance, true},
		{"hosts.*", instance, true},
		{"host", instance, false},
		{"x,hosts", instance, true},
		{"", instance, false},
		{"team:core", orders, false}, // it is not valid
	} {
		var all []alert.Selector
		for s := range strings.SplitSeq(c.selectors, ",") {
			all = append(all, alert.Selector(s))
		}
		if got := alert.NewMatcher(all).Match(&c.of); got != c.selects {
			t.Errorf("%q selects %s: %v", c.selectors, c.of.Name, got)
		}
	}
}

func TestSelectorsAreChecked(t *testing.T) {
	for _, good := range []alert.Selector{"*", "a", "group:a b", "label:a=b=c", "label:a=*"} {
		if err := good.Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []alert.Selector{"", "group:", "label:", "label:team", "label:=x", "label:team=", "label:te*=x", "team:core", "a\nb", "name:*", alert.Selector(strings.Repeat("*a", 129))} {
		if bad.Check() == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// Matching takes a time that is bounded by the lengths of pattern and text.
func TestManyStarsAreCheap(t *testing.T) {
	pattern := alert.Selector(strings.Repeat("*a", 127) + "b")
	of := alert.Integration{Name: strings.Repeat("a", 4000)}
	if alert.NewMatcher([]alert.Selector{pattern}).Match(&of) {
		t.Error("it matches")
	}
}

// BenchmarkMatch matches 100 lists of selectors against 10,000 integrations.
func BenchmarkMatch(b *testing.B) {
	var all []alert.Integration
	for n := range 10_000 {
		all = append(all, alert.Integration{Name: fmt.Sprintf("orders-%05d", n), Group: fmt.Sprintf("group-%d", n%50), Labels: map[string]string{"team": fmt.Sprint(n % 9)}})
	}
	var matchers []*alert.Matcher
	for n := range 100 {
		matchers = append(matchers, alert.NewMatcher([]alert.Selector{
			alert.Selector(fmt.Sprintf("orders-%03d*", n)), alert.Selector(fmt.Sprintf("group:group-%d", n)), alert.Selector(fmt.Sprintf("label:team=%d", n)), "store",
		}))
	}
	for b.Loop() {
		for _, m := range matchers {
			for n := range all {
				m.Match(&all[n])
			}
		}
	}
}

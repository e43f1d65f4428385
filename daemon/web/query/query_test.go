package query_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"vega/daemon/web/query"
)

// items are what the examples in testdata/query.json select from.
var items = []query.Item{
	{Name: "payments-api", Group: "payments", Probe: "core.http", Status: "healthy", Message: "HTTP 200"},
	{Name: "payments-eu-db", Group: "payments/eu", Probe: "extras.postgres", Status: "unhealthy", Message: "dial: Connection refused"},
	{Name: "größe", Group: "größe", Probe: "core.http", Status: "healthy", Message: "<script>alert(1)</script>"},
	{Name: "shop.ΟΔΟΣ", Group: "shop", Probe: "x", Status: "unknown", Message: "İstanbul"},
	{Name: `a"b,c`, Group: "Two, Words", Probe: "core.tcp", Status: "disabled"},
}

type example struct {
	Q     string   `json:"q"`
	Names []string `json:"names"`
	All   bool     `json:"all"`
}

func examples(t *testing.T) (all []example) {
	t.Helper()
	b, err := os.ReadFile("testdata/query.json")
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	for n := range all {
		if all[n].All {
			for _, i := range items {
				all[n].Names = append(all[n].Names, i.Name)
			}
		}
	}
	return all
}

func TestQuerySelectsByExamples(t *testing.T) {
	for _, e := range examples(t) {
		q, got := query.Parse(e.Q), []string{}
		for _, i := range items {
			if q.Match(i) {
				got = append(got, i.Name)
			}
		}
		if e.All && !slices.Equal(got, e.Names) || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(e.Names))) {
			t.Errorf("%q selects %q, want %q", e.Q, got, e.Names)
		}
	}
}

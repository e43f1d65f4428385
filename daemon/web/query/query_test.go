package query_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"

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

// TestScriptSelectsByTheSameExamples runs the filter of the pages with Node.js.
func TestScriptSelectsByTheSameExamples(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed, so only the filter in Go is tested; install Node.js 18 or later")
	}
	in := struct {
		Items    []query.Item
		Examples []example
	}{items, examples(t)}
	var letters []string
	for n := range 0x3000 { // upper and lower case are the same for both
		if c := rune(n); unicode.IsLetter(c) && unicode.ToLower(c) != c {
			in.Items = append(in.Items, query.Item{Name: "letter-" + string(c), Group: string(c)})
			letters = append(letters, string(unicode.ToLower(c)))
		}
	}
	in.Examples = append(in.Examples, example{Q: "group:" + strings.Join(letters, ",")})
	given, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "-e", `
		globalThis.document = {querySelector() {}, addEventListener() {}};
		require("vm").runInThisContext(require("fs").readFileSync("../assets/filter.js", "utf8"));
		const {Items, Examples} = JSON.parse(require("fs").readFileSync(0, "utf8"));
		const items = Items.map(i => ({name: i.Name, group: i.Group, probe: i.Probe, status: i.Status, message: i.Message}));
		console.log(JSON.stringify(Examples.map(e => items.filter(matcher(e.q)).map(i => i.name))));`)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(given), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	for n, e := range in.Examples {
		q, want := query.Parse(e.Q), []string{}
		for _, i := range in.Items {
			if q.Match(i) {
				want = append(want, i.Name)
			}
		}
		if !slices.Equal(all[n], want) {
			t.Errorf("%q selects %q in the script, and %q in Go", e.Q, all[n], want)
		}
	}
	t.Logf("%d queries, %d letters", len(all), len(all[len(all)-1]))
}

// FuzzParse expects that no query panics, and that one without terms selects all.
func FuzzParse(f *testing.F) {
	f.Add(`-status:un,* "group: a*b`)
	f.Add("probe:***-\"\"-\u0130")
	f.Fuzz(func(t *testing.T, text string) {
		q := query.Parse(text)
		for _, i := range items {
			if q.All() && !q.Match(i) {
				t.Errorf("%q selects all, but not %q", text, i.Name)
			}
		}
	})
}

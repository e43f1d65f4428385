package config

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"vega/daemon/config/diag"
)

// said returns the diagnostics in each format.
func said(t testing.TB, ds diag.Diagnostics) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text":   func(b *bytes.Buffer) error { return ds.WriteText(b, false) },
		"colour": func(b *bytes.Buffer) error { return ds.WriteText(b, true) },
		"json":   func(b *bytes.Buffer) error { return ds.WriteJSON(b) },
		"sarif":  func(b *bytes.Buffer) error { return ds.WriteSARIF(b, "1.0.0", "/somewhere") },
		"github": func(b *bytes.Buffer) error { return ds.WriteGitHub(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = b.String()
	}
	return out
}

// TestFormats writes the diagnostics of each bad file in each format. The SARIF
// must be valid, and no format may lose a diagnostic.
func TestFormats(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif/sarif-2.1.0-rtm.5.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(path, log string) {
		t.Helper()
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(log))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range badFiles(t) {
		ds := loadBad(t, path)
		all := said(t, ds)
		valid(path, all["sarif"])
		if n := len(resultsOf(t, all["sarif"])); n != len(ds) {
			t.Errorf("%s: %d results in SARIF, want %d", path, n, len(ds))
		}
		if n := strings.Count(all["github"], "\n"); n != len(ds) {
			t.Errorf("%s: %d lines for GitHub, want %d", path, n, len(ds))
		}
		var report struct{ Diagnostics []diag.Diagnostic }
		if err := json.Unmarshal([]byte(all["json"]), &report); err != nil || len(report.Diagnostics) != len(ds) {
			t.Errorf("%s: %d in JSON, want %d, %v", path, len(report.Diagnostics), len(ds), err)
		}
	}
	valid("nothing", said(t, nil)["sarif"])
}

// underline returns the line of carets below the snippet.
func underline(t testing.TB, d diag.Diagnostic) string {
	t.Helper()
	for line := range strings.Lines(shownText(t, diag.Diagnostics{d})) {
		if _, carets, ok := strings.Cut(line, "| "); ok && strings.Contains(carets, "^") {
			return strings.TrimRight(carets, "\n")
		}
	}
	return ""
}

type result struct {
	RuleID    string
	RuleIndex int
	Level     string
	Message   struct{ Text string }
	Locations []struct {
		PhysicalLocation struct {
			Artifact artifact `json:"artifactLocation"`
			Region   region
			Context  *struct {
				StartLine int
				Snippet   struct{ Text string }
			} `json:"contextRegion"`
		}
	}
}

type artifact struct {
	URI  string
	Base string `json:"uriBaseId"`
}

type region struct{ StartLine, StartColumn, EndLine, EndColumn, ByteOffset, ByteLength int }

func resultsOf(t *testing.T, log string) []result {
	t.Helper()
	var l struct{ Runs []struct{ Results []result } }
	if err := json.Unmarshal([]byte(log), &l); err != nil || len(l.Runs) != 1 || l.Runs[0].Results == nil {
		t.Fatalf("%v: %.200s", err, log)
	}
	return l.Runs[0].Results
}

func TestSARIF(t *testing.T) {
	_, ds := load(t, "server {\n  host = \"ä\" # é\n  port = \"8000\"\n}\nlog {\n  level = [\n    1\n  ]\n}\n", options(t, nil))
	dir := filepath.Dir(ds[0].Range.Filename)
	for i, name := range []string{filepath.Join(dir, "a b", "ü#.hcl"), "relative.hcl", filepath.Dir(dir) + "/beside.hcl"} {
		ds[i].Range.Filename = name
	}
	var b bytes.Buffer
	if err := ds.WriteSARIF(&b, "1.2.3", dir); err != nil {
		t.Fatal(err)
	}
	got := resultsOf(t, b.String())
	if len(got) != 3 {
		t.Fatalf("%s", b.String())
	}
	for i, want := range []artifact{{"a%20b/%C3%BC%23.hcl", "%SRCROOT%"}, {"relative.hcl", "%SRCROOT%"}, {"file://" + filepath.Dir(dir) + "/beside.hcl", ""}} {
		if at := got[i].Locations[0].PhysicalLocation.Artifact; at != want {
			t.Errorf("artifact %+v, want %+v", at, want)
		}
	}
	port := got[1]
	at := port.Locations[0].PhysicalLocation
	if port.RuleID != "VEGA012" || diag.Codes[port.RuleIndex].Code != diag.WrongType || port.Level != "error" || port.Message.Text != "port must be a whole number, not text. Fix: remove the quotes: 8000" {
		t.Errorf("%+v", port)
	}
	if at.Region != (region{3, 10, 3, 16, 37, 6}) || at.Context == nil || at.Context.StartLine != 3 || at.Context.Snippet.Text != `  port = "8000"` {
		t.Errorf("%+v, %+v", at.Region, at.Context)
	}
	if level := got[2].Locations[0].PhysicalLocation; level.Region.StartLine != 6 || level.Region.EndLine != 8 || level.Context != nil {
		t.Errorf("%+v", level)
	}
	for _, want := range []string{`"name": "vega"`, `"version": "1.2.3"`, `"executionSuccessful": true`, `"columnKind": "unicodeCodePoints"`, `"uri": "file://` + dir + `/"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in %s", want, b.String())
		}
	}
	_, ds = Load(filepath.Join(dir, "absent.hcl"), options(t, nil))
	if log := said(t, ds)["sarif"]; !strings.Contains(log, `"executionSuccessful": false`) {
		t.Errorf("nothing was read: %s", log)
	}
}

func TestGitHub(t *testing.T) {
	_, ds := load(t, "server {\n  port = \"8000\"\n}\nlog {\n  level = [\n    1\n  ]\n}\n", options(t, nil))
	ds[0].Range.Filename, ds[0].Fix = "a,b:c%.hcl", "100%\r\n::error::"
	ds[1].Range.Filename, ds[1].Severity = "vega.hcl", diag.Warning
	want := "::error file=a%2Cb%3Ac%25.hcl,line=2,col=10,endLine=2,endColumn=16,title=VEGA012%3A wrong type::port must be a whole number, not text. Fix: 100%25%0D%0A::error::\n" +
		"::warning file=vega.hcl,line=5,endLine=7,title=VEGA012%3A wrong type::level must be text, not a list. Fix: set level to \"debug\"\n"
	if got := said(t, ds)["github"]; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := said(t, nil)["github"]; got != "" {
		t.Errorf("nothing wrong is %q", got)
	}
}

func TestJSONIsTheReport(t *testing.T) {
	_, ds := load(t, "prot = 1\n", options(t, nil))
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(said(t, ds)["json"])); err != nil {
		t.Fatal(err)
	}
	if want, err := json.Marshal(ds); err != nil || compact.String() != string(want) {
		t.Errorf("%v: %s, want %s", err, compact.String(), want)
	}
}

func TestObserve(t *testing.T) {
	src := "integration \"a\" {\n  probe = core.http\n  config {\n    url = \"https://h/${env(\"TOKEN\")}\"\n  }\n}\n  integration \"b\" {\n  probe = core.tcp\n  config {\n    address = \"h:1\"\n  }\n}\n"
	c := good(t, src, options(t, map[string]string{"TOKEN": "s3cr3t-token"}))
	ds := c.Observe([]Finding{{Integration: "b", Detail: "It is unhealthy: refused.", Fix: "look"}, {Integration: "a", Detail: "It said s3cr3t-token."}})
	if len(ds) != 2 || ds.HasErrors() || ds[0].Detail != "It said (secret)." || ds[1].Code != diag.NotHealthy || ds[1].Fix != "look" ||
		ds[1].Range.Start != (diag.Pos{Line: 7, Column: 3, Byte: 95}) || ds[1].Snippet != `  integration "b" {` || underline(t, ds[1]) != `  ^^^^^^^^^^^^^^^` {
		t.Errorf("%+v", ds)
	}
	if len(c.Observe(nil)) != 0 || len(c.Files()) != 1 || c.Files()[0] != c.Path {
		t.Errorf("%v %v", c.Observe(nil), c.Files())
	}
}

package nagios_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vega/plugins/nagios"
)

// outputs maps the output of plugins to the expected result.
var outputs = map[string]nagios.Output{
	"OK": {Text: "OK"},
	"DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n" +
		"/ 15272 MB (77%);\n/boot 68 MB (69%);\n\n/home 69357 MB (27%);\n" +
		"/var/log 819 MB (84%); | /boot=68MB;88;93;0;98\n/home=69357MB;253404;253409;0;253414\n/var/log=818MB;970;975;0;980": {
		Text: "DISK OK - free space: / 3326 MB (56%);",
		Long: []string{"/ 15272 MB (77%);", "/boot 68 MB (69%);", "/home 69357 MB (27%);", "/var/log 819 MB (84%);"},
		Perfdata: []nagios.Perfdata{
			{Label: "/", Value: 2643, Unit: "MB", Warn: "5948", Crit: "5958", Min: "0", Max: "5968"},
			{Label: "/boot", Value: 68, Unit: "MB", Warn: "88", Crit: "93", Min: "0", Max: "98"},
			{Label: "/home", Value: 69357, Unit: "MB", Warn: "253404", Crit: "253409", Min: "0", Max: "253414"},
			{Label: "/var/log", Value: 818, Unit: "MB", Warn: "970", Crit: "975", Min: "0", Max: "980"},
		},
	},
	"\r\n  PING OK - 0% loss |'it''s a = label'=0.5ms;@10:20;~:30;;\t rta=.25s loss=0%;;;0;100 n=12c x=-1.5e-3 y=+7.\r\n": {
		Text: "PING OK - 0% loss",
		Perfdata: []nagios.Perfdata{
			{Label: "it's a = label", Value: 0.5, Unit: "ms", Warn: "@10:20", Crit: "~:30"},
			{Label: "rta", Value: 0.25, Unit: "s"},
			{Label: "loss", Unit: "%", Min: "0", Max: "100"},
			{Label: "n", Value: 12, Unit: "c"},
			{Label: "x", Value: -0.0015},
			{Label: "y", Value: 7},
		},
	},
	"no value yet | time=U;5;10 size=5e mem=1e3KB;80%;10: big=3TB t=4us": {
		Text: "no value yet",
		Perfdata: []nagios.Perfdata{
			{Label: "time", Unknown: true, Warn: "5", Crit: "10"},
			{Label: "size", Value: 5, Unit: "e"},
			{Label: "mem", Value: 1000, Unit: "KB", Warn: "80%", Crit: "10:"},
			{Label: "big", Value: 3, Unit: "TB"},
			{Label: "t", Value: 4, Unit: "us"},
		},
	},
	"| a=1": {Perfdata: []nagios.Perfdata{{Label: "a", Value: 1}}},
	"bad | one two=x three=1;hot;2:1:0;low;4 =5 ''=6 three=9 0,5=1 six=0,5 d=1;2;3;4;5;6": {
		Text:     "bad",
		Perfdata: []nagios.Perfdata{{Label: "three", Value: 1, Max: "4"}, {Label: "0,5", Value: 1}, {Label: "d", Value: 1, Warn: "2", Crit: "3", Min: "4", Max: "5"}},
		Problems: []string{
			`"one": the label is not followed by =`,
			`"two=x": the value is not a number`,
			`"three=1;hot;2:1:0;low;4": the warning threshold is not a range`,
			`"three=1;hot;2:1:0;low;4": the critical threshold is not a range`,
			`"three=1;hot;2:1:0;low;4": the minimum is not a number`,
			`"=5": the label is empty`,
			`"''=6": the label is empty`,
			`"three=9": the label is a duplicate; …`,
		},
		More: 2,
	},
	"open | 'a b=1 c=2":              {Text: "open", Problems: []string{`"'a b=1 c=2": the label has no closing quote`}},
	"after | 'a'b=1 c=2":             {Text: "after", Problems: []string{`"'a'b=1 c=2": the label is not followed by =`}},
	"far | a=1e999 b=2":              {Text: "far", Perfdata: []nagios.Perfdata{{Label: "b", Value: 2}}, Problems: []string{`"a=1e999": the value is not a number`}},
	"not \xff\xfe text | \xff=1\xfe": {Text: "not \uFFFD text", Perfdata: []nagios.Perfdata{{Label: "\uFFFD", Value: 1, Unit: "\uFFFD"}}},
}

func TestParse(t *testing.T) {
	for printed, want := range outputs {
		got := nagios.Parse(printed)
		for i, p := range got.Problems {
			if i < len(want.Problems) && strings.HasSuffix(want.Problems[i], "…") && strings.HasPrefix(p, strings.TrimSuffix(want.Problems[i], "…")) {
				got.Problems[i] = want.Problems[i]
			}
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%q:\n got %+v\nwant %+v", printed, *got, want)
		}
	}
}

func TestEmpty(t *testing.T) {
	for printed, want := range map[string]bool{"": true, " \r\n\n\t": true, "|": true, "OK": false, "| a=1": false, "| a": false} {
		if got := nagios.Parse(printed).Empty(); got != want {
			t.Errorf("%q: %v", printed, got)
		}
	}
}

// Whatever is printed, the parsed output is valid as a result: text without
// line ends, finite numbers, unique labels.
func FuzzParse(f *testing.F) {
	for printed := range outputs {
		f.Add(printed)
	}
	f.Fuzz(func(t *testing.T, printed string) {
		o := nagios.Parse(printed)
		texts := append([]string{o.Text}, o.Long...)
		var labels []string
		for _, p := range o.Perfdata {
			texts = append(texts, p.Label, p.Unit, p.Warn, p.Crit, p.Min, p.Max)
			labels = append(labels, p.Label)
			if p.Label == "" || len(p.Label) > nagios.MaxLabel || len(p.Unit) > nagios.MaxUnit || math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
				t.Errorf("%+v", p)
			}
			for _, limit := range []string{p.Warn, p.Crit, p.Min, p.Max} {
				if len(limit) > 200 || strings.ContainsAny(limit, "; \t") {
					t.Errorf("%+v", p)
				}
			}
		}
		for _, s := range append(texts, o.Problems...) {
			if !utf8.ValidString(s) || strings.Contains(s, "\n") {
				t.Errorf("not a line of text: %q", s)
			}
		}
		slices.Sort(labels)
		if n := len(labels); len(slices.Compact(labels)) != n {
			t.Errorf("duplicate label: %q", labels)
		}
		if len(o.Problems) > nagios.MaxProblems || o.More > 0 && len(o.Problems) < nagios.MaxProblems {
			t.Errorf("%d problems and %d more", len(o.Problems), o.More)
		}
		again := nagios.Parse(o.Text)
		if !strings.Contains(o.Text, "|") && again.Text != o.Text {
			t.Errorf("%q parses to %q", o.Text, again.Text)
		}
	})
}

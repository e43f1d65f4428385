// Package nagios reads what a Nagios plugin prints: a line of text, perfdata
// behind a bar, and more of both in the lines that follow, as the Monitoring
// Plugins Development Guidelines have it.
//
// Parse takes any bytes. What it can't read it tells in Output.Problems and
// goes on: that a number is written badly says nothing of the target.
package nagios

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Output is what a plugin said.
type Output struct {
	Text     string   // of the first line, as the plugin wrote it
	Long     []string // the lines of text after it, without those that are empty
	Perfdata []Perfdata
	Problems []string // what of the perfdata could not be read, and why
	// More is how many problems there were beyond MaxProblems.
	More int
}

// MaxProblems is how many problems are told; the others are counted.
const MaxProblems = 8

// Empty reports whether the plugin printed nothing but white space.
func (o *Output) Empty() bool {
	return o.Text == "" && len(o.Long) == 0 && len(o.Perfdata) == 0 && len(o.Problems) == 0
}

// Parse reads the standard output of a plugin:
//
//	TEXT | PERFDATA
//	LONG TEXT
//	LONG TEXT | PERFDATA
//	PERFDATA
//
// The first bar of the first line begins its perfdata; the first bar after
// that line ends the long text, and all the rest is perfdata. Empty lines
// ahead of the text are passed over.
func Parse(printed string) *Output {
	if !utf8.ValidString(printed) {
		printed = strings.ToValidUTF8(printed, "\uFFFD")
	}
	var o Output
	first, rest, _ := strings.Cut(strings.TrimSpace(printed), "\n")
	text, perfdata, _ := strings.Cut(first, "|")
	o.Text = strings.TrimSpace(text)
	long, more, _ := strings.Cut(rest, "|")
	for line := range strings.Lines(long) {
		if line = strings.TrimSpace(line); line != "" {
			o.Long = append(o.Long, line)
		}
	}
	p := parser{out: &o, seen: map[string]bool{}}
	p.perfdata(perfdata)
	p.perfdata(more)
	return &o
}

// problem notes what could not be read, by its beginning.
func (o *Output) problem(what, why string) {
	if len(o.Problems) >= MaxProblems {
		o.More++
		return
	}
	const most = 40
	if len(what) > most {
		end := most
		for !utf8.RuneStart(what[end]) {
			end--
		}
		what = what[:end] + "…"
	}
	o.Problems = append(o.Problems, fmt.Sprintf("%q: %s", what, why))
}

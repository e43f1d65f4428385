// Package nagios parses the output of a Nagios plugin: a line of text, perfdata
// after a bar, and more of both in the following lines, as described in the
// Monitoring Plugins Development Guidelines.
//
// Parse accepts any bytes. It records what it can't parse in Output.Problems
// and continues, because a malformed number says nothing about the target.
package nagios

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Output is the parsed output of a plugin.
type Output struct {
	Text     string   // the first line, as the plugin wrote it
	Long     []string // the following lines of text, without empty ones
	Perfdata []Perfdata
	Problems []string // parts of the perfdata that could not be parsed, with the reasons
	// More is the number of problems beyond MaxProblems.
	More int
}

// MaxProblems limits how many problems are recorded; the rest are only counted.
const MaxProblems = 8

// Empty reports whether the plugin printed only white space.
func (o *Output) Empty() bool {
	return o.Text == "" && len(o.Long) == 0 && len(o.Perfdata) == 0 && len(o.Problems) == 0
}

// Parse parses the standard output of a plugin:
//
//	TEXT | PERFDATA
//	LONG TEXT
//	LONG TEXT | PERFDATA
//	PERFDATA
//
// The first bar of the first line begins its perfdata. The first bar after that
// line ends the long text, and everything after it is perfdata. Empty lines
// before the text are skipped.
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

// problem records what could not be parsed, by its first bytes.
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

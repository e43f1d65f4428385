package reference

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"vega/daemon/config/diag"
)

// docsWidth is the width of text, in characters.
const docsWidth = 80

// WriteText writes the topic for a terminal: its facts, an example and its
// parts.
func (t *Topic) WriteText(w io.Writer, color bool) error {
	var b strings.Builder
	out := bufio.NewWriter(&b)
	p := docsText{diag.NewPrinter(out, color)}
	if t.Name == "" { // the whole reference
		p.heading(0, t.Title)
		p.paragraph(0, t.Doc)
		p.parts(0, t.Parts)
	} else {
		p.heading(0, t.Name)
		p.paragraph(2, t.Doc)
		p.facts(2, t.Facts)
		p.example(2, t.Example)
		p.parts(2, t.Parts)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(b.String(), "\n"))
	return err
}

// docsText writes topics. Indents are in characters.
type docsText struct{ *diag.Printer }

func (p docsText) heading(indent int, title string) {
	p.Printf("%s%s\n", strings.Repeat(" ", indent), p.Bold(diag.Clean(title)))
}

func (p docsText) paragraph(indent int, text string) {
	if text == "" {
		return
	}
	margin := strings.Repeat(" ", indent)
	p.Printf("%s%s\n\n", margin, strings.Join(wrap(text, docsWidth-indent), "\n"+margin))
}

// facts writes two columns.
func (p docsText) facts(indent int, facts []Fact) {
	if len(facts) == 0 {
		return
	}
	width := 0
	for _, f := range facts {
		width = max(width, utf8.RuneCountInString(f.Name))
	}
	for _, f := range facts {
		p.pair(indent, width, f.Name, f.Text)
	}
	p.Printf("\n")
}

// pair writes a line of two columns; the second one wraps below itself.
func (p docsText) pair(indent, width int, name, text string) {
	lines := wrap(text, docsWidth-indent-width-2)
	below := "\n" + strings.Repeat(" ", indent+width+2)
	line := fmt.Sprintf("%*s%-*s  %s", indent, "", width, diag.Clean(name), strings.Join(lines, below))
	p.Printf("%s\n", strings.TrimRight(line, " "))
}

func (p docsText) example(indent int, text string) {
	if text == "" {
		return
	}
	p.heading(indent, "For example")
	margin := "\n" + strings.Repeat(" ", indent+2)
	p.Printf("%s\n\n", margin[1:]+strings.ReplaceAll(strings.TrimRight(diag.Clean(text), "\n"), "\n", margin))
}

func (p docsText) parts(indent int, parts []Topic) {
	width := 0
	for _, t := range parts {
		if t.Brief {
			width = max(width, len(t.Name))
		}
	}
	for i := range parts {
		if parts[i].Brief {
			p.pair(indent, width, parts[i].Name, parts[i].Doc)
		} else {
			p.part(indent, &parts[i])
		}
	}
	if width > 0 {
		p.Printf("\n")
	}
}

// part writes a topic within another one. It leaves out where it belongs and
// that it is not required. It shows the example only without facts.
func (p docsText) part(indent int, t *Topic) {
	p.heading(indent, t.Title)
	p.paragraph(indent+2, t.Doc)
	var facts []Fact
	for _, f := range t.Facts {
		if f.Name != factPlace && (f.Name != factRequired || f.Text != "no") {
			facts = append(facts, f)
		}
	}
	p.facts(indent+2, facts)
	if len(t.Facts) == 0 {
		p.example(indent+2, t.Example)
	}
	p.parts(indent+2, t.Parts)
}

// wrap breaks text at blanks into lines of at most width characters. A longer
// word gets its own line.
func wrap(text string, width int) []string {
	var lines []string
	line, n := "", 0
	for word := range strings.FieldsSeq(diag.Clean(text)) {
		count := utf8.RuneCountInString(word)
		if n > 0 && n+1+count > width {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+count
	}
	if n > 0 {
		lines = append(lines, line)
	}
	return lines
}

package reference

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"vega/daemon/config/diag"
)

// WriteMarkdown writes the topic, with everything in it, as Markdown. It escapes
// the text of plugins, which could contain markup.
func (t *Topic) WriteMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := docsMarkdown{diag.NewPrinter(out, false)}
	p.topic(1, t)
	return out.Flush()
}

type docsMarkdown struct{ *diag.Printer }

// topic writes a section with a heading of the given level.
func (p docsMarkdown) topic(level int, t *Topic) {
	if level > 1 {
		p.Printf("\n")
	}
	p.Printf("%s %s\n", strings.Repeat("#", min(level, 6)), p.titleOf(t))
	if t.Doc != "" {
		p.Printf("\n%s\n", inline(t.Doc))
	}
	p.facts(t.Facts)
	if t.Example != "" {
		p.Printf("\n```hcl\n%s\n```\n", strings.ReplaceAll(strings.TrimRight(diag.Clean(t.Example), "\n"), "```", "'''"))
	}
	p.table(t.Parts)
	for i := range t.Parts {
		if !t.Parts[i].Row {
			p.topic(level+1, &t.Parts[i])
		}
	}
}

// titleOf returns the heading: the name if the topic is looked up by it.
func (p docsMarkdown) titleOf(t *Topic) string {
	if t.Brief || t.Facts != nil {
		return code(t.Name)
	}
	return inline(t.Title)
}

func (p docsMarkdown) facts(facts []Fact) {
	for i, f := range facts {
		if i == 0 {
			p.Printf("\n")
		}
		text := inline(f.Text)
		if f.Code {
			text = code(f.Text)
		}
		p.Printf("- %s: %s\n", f.Name, text)
	}
}

// table writes the parts that are rows.
func (p docsMarkdown) table(parts []Topic) {
	var rows [][]string
	for i := range parts {
		if parts[i].Row {
			rows = append(rows, cells(&parts[i]))
		}
	}
	if len(rows) == 0 {
		return
	}
	p.Printf("\n")
	heads := heads(parts)
	p.row(heads)
	p.Printf("|%s\n", strings.Repeat(" --- |", len(heads)))
	for _, r := range rows {
		p.row(r)
	}
}

func (p docsMarkdown) row(cells []string) {
	for _, c := range cells {
		p.Printf("| %s ", strings.ReplaceAll(c, "|", `\|`))
	}
	p.Printf("|\n")
}

// heads returns the column heads of a table of rows, which are of one kind.
func heads(rows []Topic) []string {
	switch {
	case rows[0].Facts == nil:
		return []string{"form", "description", "example"}
	case rows[0].fact(factEnv) == nil:
		return []string{"attribute", "type", "default", "description"}
	default:
		return []string{"attribute", "type", "default", "env() gives", "description"}
	}
}

// cells returns the cells of a row under heads.
func cells(t *Topic) []string {
	if t.Facts == nil {
		return []string{code(t.Title), inline(t.Doc), code(t.Example)}
	}
	takes, preset, doc := inline(t.fact(factType).Text), "", inline(t.Doc)
	if f := t.fact(factAllowed); f != nil {
		takes += ", " + inline(f.Text)
	}
	if f := t.fact(factDefault); f != nil {
		preset = code(f.Text)
	} else if f := t.fact(factRequired); f.Text != "no" {
		preset = "required"
	}
	if f := t.fact(factUsual); f != nil {
		doc += " Usual: " + inline(f.Text)
	}
	if f := t.fact(factEnv); f != nil {
		return []string{code(t.Title), takes, preset, inline(f.Text), doc}
	}
	return []string{code(t.Title), takes, preset, doc}
}

func (t *Topic) fact(name string) *Fact {
	for i := range t.Facts {
		if t.Facts[i].Name == name {
			return &t.Facts[i]
		}
	}
	return nil
}

// inline escapes markup and joins lines.
func inline(s string) string {
	s = strings.Join(strings.Fields(diag.Clean(s)), " ")
	return strings.NewReplacer(`\`, `\\`, "<", "&lt;", "&", "&amp;", "[", `\[`, "`", "\\`", "*", `\*`).Replace(s)
}

// code returns text as a code span, in one line.
func code(s string) string {
	s = strings.Join(strings.Fields(diag.Clean(s)), " ")
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if fence == "`" {
		return "`" + s + "`"
	}
	return fmt.Sprintf("%s %s %s", fence, s, fence)
}

package syntax

import (
	"bytes"
	"fmt"
	"math"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// piece is the result of parsing a chunk.
type piece struct {
	out    diag.Collector
	tokens int
	body   Body
	broken bool
	last   bool // nothing after this is read
	// foreign means that the text is in another format, such as YAML.
	foreign bool
}

func tooMuch(f *diag.Source, c chunk, detail, fix string) *piece {
	p := &piece{last: true}
	p.refuse(f, c, detail, fix)
	return p
}

func (p *piece) read(f *diag.Source, c chunk) {
	if c.inTexts > maxHeredocs {
		return // take refuses it
	}
	if c.end-c.start > maxChunk {
		p.refuse(f, c, fmt.Sprintf("This block is larger than %d KiB.", maxChunk>>10), "close the block where it should end, or split it")
		return
	}
	src := f.Text[c.start:c.end]
	start := hcl.Pos{Line: c.line, Column: 1, Byte: c.start}
	tokens, diags := hclsyntax.LexConfig(src, f.Name, start)
	p.tokens = len(tokens)
	g := guard{file: f, out: &p.out}
	if !g.check(tokens) {
		p.unparsed(f, c)
		return
	}
	if diags.HasErrors() {
		p.syntax(f, diags)
		p.unparsed(f, c)
		return
	}
	p.parse(f, c, src, start)
}

func (p *piece) refuse(f *diag.Source, c chunk, detail, fix string) {
	p.out.Err(diag.TooMuch, f.Span(c.start, c.start), detail, fix)
	p.unparsed(f, c)
}

// parse passes a chunk that the guards accepted to HCL's parser. It reports a
// panic of the parser as a syntax error.
func (p *piece) parse(f *diag.Source, c chunk, src []byte, start hcl.Pos) {
	defer func() {
		if recover() != nil {
			p.out.Err(diag.Syntax, f.Span(c.start, c.start), "This could not be parsed.", "simplify it")
			p.unparsed(f, c)
		}
	}()
	parsed, diags := hclsyntax.ParseConfig(src, f.Name, start)
	end := math.MaxInt
	if diags.HasErrors() {
		end = p.syntax(f, diags)
	}
	l := lowerer{file: f, out: &p.out, end: end}
	p.body = l.body(parsed.Body.(*hclsyntax.Body))
	if end < math.MaxInt && len(p.body.Blocks) == 0 {
		p.unparsed(f, c)
	}
	for _, blk := range p.body.Blocks {
		blk.Broken = end < math.MaxInt
	}
}

// syntax reports HCL's own errors, and returns where the first one is.
func (p *piece) syntax(f *diag.Source, diags hcl.Diagnostics) int {
	first, done := math.MaxInt, 0
	reported := map[string]bool{}
	for i, d := range diags {
		if i == 20 {
			break
		}
		if d.Summary == "Invalid multi-line string" { // HCL reports what follows one as further errors
			if reported[d.Summary] {
				continue
			}
			reported[d.Summary] = true
		}
		at := f.Span(0, 0)
		if d.Subject != nil {
			at.Start, at.End = d.Subject.Start.Byte, max(d.Subject.Start.Byte, d.Subject.End.Byte)
		}
		at.End = min(at.End, len(f.Text))
		at.Start = min(at.Start, at.End)
		first = min(first, at.Start)
		if at.Start < done {
			continue
		}
		if m := mistakeAt(f, at.Start, d.Summary); m != nil {
			done = at.Start + len(lineOf(f, at.Start).rest()) // the rest of the line has the same cause
			if m.detail == "" {
				continue
			}
			g := p.out.Err(diag.Syntax, at, m.detail, m.fix)
			for _, e := range m.edits {
				g.Replace(e.at, e.text)
			}
			p.last = m.last
			if p.foreign = m.foreign; p.foreign || m.final {
				break
			}
			continue
		}
		detail := d.Detail
		if detail == "" {
			detail = d.Summary + "."
		}
		p.out.Err(diag.Syntax, at, d.Summary+": "+detail, syntaxFix(d.Summary))
	}
	return first
}

func syntaxFix(summary string) string {
	switch summary {
	case "Missing newline after argument", "Missing newline after block definition":
		return "start a new line here"
	case "Unclosed configuration block":
		return "add the missing } where the block should end"
	case "Attribute redefined":
		return "keep one of the two"
	case "Invalid multi-line string", "Unterminated template string":
		return `close the string with "`
	default:
		return "correct it; vega docs config values shows how values are written"
	}
}

var header = regexp.MustCompile(`^[ \t]*([A-Za-z_][\w-]*)(?:[ \t]+"([^"\\$%\n]*)")?[ \t]*\{`)

// unparsed keeps the kind and name of a block that could not be parsed, so that
// references to it are not reported as well.
func (p *piece) unparsed(f *diag.Source, c chunk) {
	src := f.Text[c.start:min(c.end, c.start+512)]
	m := header.FindSubmatchIndex(bytes.TrimPrefix(src, []byte(diag.BOM)))
	if m == nil {
		p.broken = true
		return
	}
	b := &Block{Kind: string(src[m[2]:m[3]]), Broken: true, Head: f.Span(c.start+m[2], c.start+m[3])}
	if m[4] >= 0 {
		b.Labels = []Label{{string(src[m[4]:m[5]]), f.Span(c.start+m[4], c.start+m[5])}}
	}
	p.body.Blocks = append(p.body.Blocks, b)
}

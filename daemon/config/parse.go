package config

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// body is the content of a file or block: HCL's own tree is dropped as soon as
// a chunk has been turned into this, which is smaller and holds only what the
// language allows.
type body struct {
	attrs  []*attr
	blocks []*block
}

type attr struct {
	name  string
	at    place // of the name
	value *expr
}

type block struct {
	kind   string
	labels []label
	head   place // from the kind to the last label
	body   body
	// broken says that part of it could not be parsed: that something is not
	// there proves nothing.
	broken bool
}

type label struct {
	text string
	at   place
}

// parser reads files into one body.
type parser struct {
	out    *report
	words  []string // that begin a top-level block
	tokens int
	chunks int
	body   body
	broken bool // something at the top level could not be parsed
}

func (p *parser) file(f *file) {
	if !f.text(p.out) {
		p.broken = true
		return
	}
	f.again()
	split(f, p.words, func(c chunk) bool {
		f.chunks = append(f.chunks, c)
		return p.chunk(f, c)
	})
}

// chunk reads one top-level item; false stops the reading.
func (p *parser) chunk(f *file, c chunk) bool {
	if c.end-c.start > maxChunk {
		return p.refuse(f, c, fmt.Sprintf("This block is larger than %d KiB.", maxChunk>>10), "close it where it should end, or split it")
	}
	if p.chunks++; p.chunks > maxChunks {
		p.refuse(f, c, fmt.Sprintf("There are more than %d blocks and attributes in all.", maxChunks), "remove some; nothing from here on was read")
		return false
	}
	src := f.src[c.start:c.end]
	start := hcl.Pos{Line: c.line, Column: 1, Byte: c.start}
	tokens, diags := hclsyntax.LexConfig(src, f.name, start)
	if p.tokens += len(tokens); p.tokens > maxTokens {
		p.refuse(f, c, fmt.Sprintf("There are more than %d words and signs in all.", maxTokens), "remove some; nothing from here on was read")
		return false
	}
	if f.inTexts > maxHeredocs {
		p.refuse(f, c, fmt.Sprintf("The heredocs of this file are longer than %d KiB together.", maxHeredocs>>10), "put the texts into files of their own and read them with file(); nothing from here on was read")
		return false
	}
	g := guard{file: f, out: p.out}
	if !g.check(tokens) {
		p.unparsed(f, c)
		return true
	}
	if diags.HasErrors() {
		p.syntax(f, diags)
		p.unparsed(f, c)
		return true
	}
	p.parse(f, c, src, start)
	return true
}

func (p *parser) refuse(f *file, c chunk, detail, fix string) bool {
	p.out.err(TooMuch, place{f, c.start, c.start}, detail, fix)
	p.unparsed(f, c)
	return true
}

// parse hands a chunk that passed the guards to HCL. Should its parser panic
// all the same, that is one more syntax error.
func (p *parser) parse(f *file, c chunk, src []byte, start hcl.Pos) {
	defer func() {
		if recover() != nil {
			p.out.err(Syntax, place{f, c.start, c.start}, "This could not be parsed.", "write it more simply")
			p.unparsed(f, c)
		}
	}()
	parsed, diags := hclsyntax.ParseConfig(src, f.name, start)
	end := math.MaxInt
	if diags.HasErrors() {
		end = p.syntax(f, diags)
	}
	l := lowerer{file: f, out: p.out, end: end}
	b := l.body(parsed.Body.(*hclsyntax.Body))
	if end < math.MaxInt && len(b.blocks) == 0 {
		p.unparsed(f, c)
	}
	for _, blk := range b.blocks {
		blk.broken = end < math.MaxInt
	}
	p.body.attrs = append(p.body.attrs, b.attrs...)
	p.body.blocks = append(p.body.blocks, b.blocks...)
}

// syntax reports HCL's own errors and returns where the first is.
func (p *parser) syntax(f *file, diags hcl.Diagnostics) int {
	first := math.MaxInt
	told := map[string]bool{}
	for i, d := range diags {
		if i == 20 {
			break
		}
		if d.Summary == "Invalid multi-line string" { // what follows one is seen as more of them
			if told[d.Summary] {
				continue
			}
			told[d.Summary] = true
		}
		at := place{file: f}
		if d.Subject != nil {
			at.start, at.end = d.Subject.Start.Byte, max(d.Subject.Start.Byte, d.Subject.End.Byte)
		}
		at.end = min(at.end, len(f.src))
		at.start = min(at.start, at.end)
		first = min(first, at.start)
		detail := d.Detail
		if detail == "" {
			detail = d.Summary + "."
		}
		p.out.err(Syntax, at, d.Summary+": "+detail, syntaxFix(d.Summary))
	}
	return first
}

func syntaxFix(summary string) string {
	switch summary {
	case "Missing newline after argument", "Missing newline after block definition":
		return "put what follows on a line of its own"
	case "Unclosed configuration block":
		return "add the missing }"
	case "Attribute redefined":
		return "keep one of the two"
	case "Invalid multi-line string", "Unterminated template string":
		return `close the string with "`
	default:
		return ""
	}
}

var header = regexp.MustCompile(`^[ \t]*([A-Za-z_][\w-]*)(?:[ \t]+"([^"\\$%\n]*)")?[ \t]*\{`)

// unparsed keeps the kind and name of a block that could not be read, so that
// references to it don't dangle as well.
func (p *parser) unparsed(f *file, c chunk) {
	src := f.src[c.start:min(c.end, c.start+512)]
	m := header.FindSubmatchIndex(bytes.TrimPrefix(src, []byte(bom)))
	if m == nil {
		p.broken = true
		return
	}
	b := &block{kind: string(src[m[2]:m[3]]), broken: true, head: place{f, c.start + m[2], c.start + m[3]}}
	if m[4] >= 0 {
		b.labels = []label{{string(src[m[4]:m[5]]), place{f, c.start + m[4], c.start + m[5]}}}
	}
	p.body.blocks = append(p.body.blocks, b)
}

// lowerer turns HCL's tree into ours. What lies past end was recovered from a
// syntax error and is left out.
type lowerer struct {
	file *file
	out  *report
	end  int
}

func (l *lowerer) place(r hcl.Range) place {
	end := min(max(r.End.Byte, r.Start.Byte), len(l.file.src))
	return place{l.file, min(r.Start.Byte, end), end}
}

func (l *lowerer) body(b *hclsyntax.Body) body {
	var out body
	for _, a := range b.Attributes {
		if a.SrcRange.End.Byte > l.end || a.Expr == nil {
			continue
		}
		out.attrs = append(out.attrs, &attr{name: a.Name, at: l.place(a.NameRange), value: l.expr(a.Expr)})
	}
	slices.SortFunc(out.attrs, func(a, b *attr) int { return cmp.Compare(a.at.start, b.at.start) })
	for _, in := range b.Blocks {
		if in.TypeRange.Start.Byte > l.end || in.Body == nil {
			continue
		}
		blk := &block{kind: in.Type, head: l.place(in.TypeRange), broken: l.end < math.MaxInt}
		for i, text := range in.Labels {
			at := l.place(in.LabelRanges[i])
			blk.labels = append(blk.labels, label{text, at})
			blk.head.end = max(blk.head.end, at.end)
		}
		blk.body = l.body(in.Body)
		out.blocks = append(out.blocks, blk)
	}
	return out
}

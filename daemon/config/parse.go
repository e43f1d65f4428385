package config

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

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

// Chunks are parsed on all processors, so many at a time: few enough that what
// the limits cut off was not parsed by much.
const (
	batchChunks = 256
	batchBytes  = 64 << 10
)

func (p *parser) file(f *file) {
	if !plainText(f, p.out) {
		p.broken = true
		return
	}
	var batch []chunk
	size, more := 0, true
	split(f.src, p.words, func(c chunk) bool {
		batch = append(batch, c)
		if size += c.end - c.start; len(batch) < batchChunks && size < batchBytes {
			return true
		}
		more = p.batch(f, batch)
		batch, size = batch[:0], 0
		return more
	})
	if more {
		p.batch(f, batch)
	}
}

// batch reads top-level items and takes them in their order; false stops the
// reading.
func (p *parser) batch(f *file, chunks []chunk) bool {
	pieces := make([]piece, len(chunks))
	var next atomic.Int64
	var running sync.WaitGroup
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(chunks); i = int(next.Add(1)) - 1 {
			pieces[i].read(f, chunks[i])
		}
	}
	for range min(runtime.GOMAXPROCS(0), len(chunks)) - 1 {
		running.Go(work)
	}
	work()
	running.Wait()
	for i := range pieces {
		if !p.take(f, chunks[i], &pieces[i]) {
			return false
		}
	}
	return true
}

// take adds a piece to what was read; false stops the reading.
func (p *parser) take(f *file, c chunk, in *piece) bool {
	p.chunks++
	p.tokens += in.tokens
	switch {
	case p.chunks > maxChunks:
		in = tooMuch(f, c, fmt.Sprintf("There are more than %d blocks and attributes in all.", maxChunks), "remove some; nothing from here on was read")
	case p.tokens > maxTokens:
		in = tooMuch(f, c, fmt.Sprintf("There are more than %d words and signs in all.", maxTokens), "remove some; nothing from here on was read")
	case c.inTexts > maxHeredocs:
		in = tooMuch(f, c, fmt.Sprintf("The heredocs of this file are longer than %d KiB together.", maxHeredocs>>10), "put the texts into files of their own and read them with file(); nothing from here on was read")
	}
	p.out.take(&in.out)
	p.body.attrs = append(p.body.attrs, in.body.attrs...)
	p.body.blocks = append(p.body.blocks, in.body.blocks...)
	p.broken = p.broken || in.broken
	return !in.last
}

// piece is what was read of a chunk.
type piece struct {
	out    report
	tokens int
	body   body
	broken bool
	last   bool // nothing from here on is read
}

func tooMuch(f *file, c chunk, detail, fix string) *piece {
	p := &piece{last: true}
	p.refuse(f, c, detail, fix)
	return p
}

func (p *piece) read(f *file, c chunk) {
	if c.inTexts > maxHeredocs {
		return // take refuses it
	}
	if c.end-c.start > maxChunk {
		p.refuse(f, c, fmt.Sprintf("This block is larger than %d KiB.", maxChunk>>10), "close it where it should end, or split it")
		return
	}
	src := f.src[c.start:c.end]
	start := hcl.Pos{Line: c.line, Column: 1, Byte: c.start}
	if n, ok := harmless(src); ok {
		p.tokens = n
		if parsed, diags := hclsyntax.ParseConfig(src, f.name, start); !diags.HasErrors() {
			l := lowerer{file: f, out: &p.out, end: math.MaxInt}
			p.body = l.body(parsed.Body.(*hclsyntax.Body))
			return
		}
	}
	p.guarded(f, c, src, start)
}

// guarded reads a chunk that only the guards can let pass.
func (p *piece) guarded(f *file, c chunk, src []byte, start hcl.Pos) {
	tokens, diags := hclsyntax.LexConfig(src, f.name, start)
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

func (p *piece) refuse(f *file, c chunk, detail, fix string) {
	p.out.err(TooMuch, f.span(c.start, c.start), detail, fix)
	p.unparsed(f, c)
}

// parse hands a chunk that passed the guards to HCL. Should its parser panic
// all the same, that is one more syntax error.
func (p *piece) parse(f *file, c chunk, src []byte, start hcl.Pos) {
	defer func() {
		if recover() != nil {
			p.out.err(Syntax, f.span(c.start, c.start), "This could not be parsed.", "write it more simply")
			p.unparsed(f, c)
		}
	}()
	parsed, diags := hclsyntax.ParseConfig(src, f.name, start)
	end := math.MaxInt
	if diags.HasErrors() {
		end = p.syntax(f, diags)
	}
	l := lowerer{file: f, out: &p.out, end: end}
	p.body = l.body(parsed.Body.(*hclsyntax.Body))
	if end < math.MaxInt && len(p.body.blocks) == 0 {
		p.unparsed(f, c)
	}
	for _, blk := range p.body.blocks {
		blk.broken = end < math.MaxInt
	}
}

// syntax reports HCL's own errors and returns where the first is.
func (p *piece) syntax(f *file, diags hcl.Diagnostics) int {
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
		at := f.span(0, 0)
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
func (p *piece) unparsed(f *file, c chunk) {
	src := f.src[c.start:min(c.end, c.start+512)]
	m := header.FindSubmatchIndex(bytes.TrimPrefix(src, []byte(bom)))
	if m == nil {
		p.broken = true
		return
	}
	b := &block{kind: string(src[m[2]:m[3]]), broken: true, head: f.span(c.start+m[2], c.start+m[3])}
	if m[4] >= 0 {
		b.labels = []label{{string(src[m[4]:m[5]]), f.span(c.start+m[4], c.start+m[5])}}
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
	return l.file.span(min(r.Start.Byte, end), end)
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

package syntax

import (
	"strconv"
	"strings"

	"vega/daemon/config/diag"
)

// plain parses the plain part of the language in one scan: blocks, attributes,
// strings, numbers, lists, maps, references, calls and templates of these. It
// stops at anything else, such as a heredoc or a mistake. HCL's parser then
// reads the same block from its start, unless it is larger than maxChunk.
//
// It reads what it accepts as HCL does, and accepts only what the guards
// accept, which FuzzPlain tests. It therefore reports nothing.
//
// All texts that it returns are copies. Otherwise a single one, such as the name of an
// integration in a report, would keep the whole file in memory.
type plain struct {
	file   *diag.Source
	words  []string // that begin a top-level block
	names  names
	text   string // of the file
	i      int
	depth  int  // of brackets and templates
	tokens int  // so far
	odd    bool // a comment holds a byte that has to be checked
	slabs
}

// The limits of plain, which are all within those of the guards.
const (
	maxPlainDepth  = 16
	maxPlainDigits = 15 // longer ones could be rounded differently than in HCL
	maxPlainAttrs  = 64 // in a block, because they are compared with each other
	// maxPlainChunk limits the bytes of a top-level block. It has room for a
	// for_each of 10,000 targets.
	maxPlainChunk = 1 << 20
)

// item parses one top-level attribute or block, with the line that it ends on,
// into an empty body. It returns false and consumes nothing if the item is not
// plain.
func (p *plain) item(into *Body) bool {
	start := p.i
	p.depth = 0
	if p.entry(into) && p.lineEnd() && p.i-start <= maxPlainChunk {
		return true
	}
	p.i = start
	return false
}

// entry parses an attribute or block, without the end of its line.
func (p *plain) entry(into *Body) bool {
	at := p.i
	name := p.name()
	if name == "" {
		return false
	}
	named := p.file.Span(at, p.i)
	p.blanks()
	if p.take('=') {
		p.blanks()
		value := p.value()
		if value == nil {
			return false
		}
		into.Attrs = append(into.Attrs, p.attr(name, named, value))
		return true
	}
	b := p.block(name, named)
	return p.labels(b) && p.take('{') && p.body(b) && add(into, b)
}

func add(into *Body, b *Block) bool {
	into.Blocks = append(into.Blocks, b)
	return true
}

// labels parses the strings between a block's kind and its bracket.
func (p *plain) labels(b *Block) bool {
	for p.peek() == '"' {
		at := p.i
		text, ok := p.quoted()
		if !ok {
			return false
		}
		place := p.file.Span(at, p.i)
		b.Labels = append(b.Labels, Label{text, place})
		b.Head.End = place.End
		p.blanks()
	}
	return true
}

// body parses the content of a block up to its closing bracket.
func (p *plain) body(b *Block) bool {
	if p.depth++; p.depth > maxPlainDepth {
		return false
	}
	p.blanks()
	if p.peek() != '}' && !p.lineEnds() { // one attribute in the same line
		if !p.entry(&b.Body) || len(b.Body.Blocks) > 0 {
			return false
		}
		p.blanks()
		p.depth--
		return p.take('}')
	}
	for {
		p.skipLines()
		if p.take('}') {
			p.depth--
			return true
		}
		if p.startsBlock() || !p.entry(&b.Body) || !p.unique(&b.Body) || !p.lineEnd() {
			return false
		}
	}
}

// startsBlock reports whether a line begins, without a blank before it, with the
// word of a top-level block: most likely, the block around it was not closed.
func (p *plain) startsBlock() bool {
	return p.text[p.i-1] == '\n' && startsBlock(p.file.Text[p.i:], p.words)
}

// unique reports whether the last attribute is the only one of its name.
func (p *plain) unique(b *Body) bool {
	n := len(b.Attrs) - 1
	if n >= maxPlainAttrs {
		return false
	}
	for _, a := range b.Attrs[:max(n, 0)] {
		if a.Name == b.Attrs[n].Name {
			return false
		}
	}
	return true
}

// value parses an expression; nil if it is not plain.
func (p *plain) value() *Expr {
	switch c := p.peek(); {
	case c == '"':
		return p.template()
	case c == '[':
		return p.list()
	case c == '{':
		return p.mapping()
	case c >= '0' && c <= '9', c == '-':
		return p.number()
	default:
		return p.word()
	}
}

// number parses a number with its sign.
func (p *plain) number() *Expr {
	at := p.i
	negative := p.take('-')
	digits := p.i
	for c := p.peek(); c >= '0' && c <= '9' || c == '.'; c = p.peek() {
		p.i++
	}
	text := p.text[digits:p.i]
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && (fraction == "" || strings.Contains(fraction, ".")) || len(text) > maxPlainDigits || isWordByte(p.peek()) {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	if negative {
		n = -n
		p.tokens++
	}
	return p.expr(Expr{Kind: NumExpr, At: p.file.Span(at, p.i), Num: n})
}

// word parses true, false, a reference or a call.
func (p *plain) word() *Expr {
	at := p.i
	name := p.name()
	switch {
	case name == "" || name == "null":
		return nil
	case p.peek() == '(':
		return p.call(at, name)
	case name == "true" || name == "false":
		if p.peek() == '.' {
			return nil
		}
		e := p.expr(Expr{Kind: BoolExpr, At: p.file.Span(at, p.i)})
		if name == "true" {
			e.Num = 1
		}
		return e
	}
	for p.take('.') {
		if p.name() == "" {
			return nil
		}
	}
	if c := p.peek(); c == '[' || c == ':' || c == '(' {
		return nil
	}
	return p.expr(Expr{Kind: RefExpr, At: p.file.Span(at, p.i), Text: strings.Clone(p.text[at:p.i])})
}

// call parses the arguments of a function, which stand on one line.
func (p *plain) call(at int, name string) *Expr {
	var args []*Expr
	if p.depth++; p.depth > maxPlainDepth {
		return nil
	}
	p.i++
	p.tokens += 2
	for p.blanks(); p.peek() != ')'; p.blanks() {
		arg := p.value()
		if arg == nil {
			return nil
		}
		args = append(args, arg)
		if p.blanks(); p.peek() != ')' && !p.take(',') {
			return nil
		}
	}
	p.i++
	p.depth--
	return p.expr(Expr{Kind: CallExpr, At: p.file.Span(at, p.i), Text: name, Items: args})
}

// list parses a list, which may span lines.
func (p *plain) list() *Expr {
	at := p.i
	items := p.open()
	if items == nil {
		return nil
	}
	for p.skipLines(); !p.take(']'); p.skipLines() {
		item := p.value()
		if item == nil {
			return nil
		}
		*items = append(*items, item)
		if p.skipLines(); p.peek() != ']' && !p.take(',') {
			return nil
		}
	}
	return p.closed(Expr{Kind: ListExpr, At: p.file.Span(at, p.i)}, items)
}

// mapping parses a map. Its items end with a comma or a line.
func (p *plain) mapping() *Expr {
	at := p.i
	items := p.open()
	if items == nil {
		return nil
	}
	for p.skipLines(); !p.take('}'); p.skipLines() {
		key := p.key()
		if key == nil {
			return nil
		}
		p.blanks()
		if !p.take('=') || p.peek() == '=' || p.peek() == '>' {
			return nil
		}
		p.blanks()
		value := p.value()
		if value == nil {
			return nil
		}
		*items = append(*items, key, value)
		if p.blanks(); p.peek() != '}' && !p.take(',') && !p.lineEnds() {
			return nil
		}
	}
	return p.closed(Expr{Kind: MapExpr, At: p.file.Span(at, p.i)}, items)
}

// key parses the key of a map: a word or a string.
func (p *plain) key() *Expr {
	at := p.i
	if p.peek() == '"' {
		text, ok := p.quoted()
		if !ok {
			return nil
		}
		return p.expr(Expr{Kind: TextExpr, At: p.file.Span(at, p.i), Text: text})
	}
	switch name := p.name(); name {
	case "", "for", "true", "false", "null":
		return nil
	default:
		return p.expr(Expr{Kind: TextExpr, At: p.file.Span(at, p.i), Text: name})
	}
}

// open begins a list or map.
func (p *plain) open() *[]*Expr {
	if p.depth++; p.depth > maxPlainDepth {
		return nil
	}
	p.i++
	p.tokens += 2
	items := &p.scratch[p.depth]
	*items = (*items)[:0]
	return items
}

// closed ends a list or map with a copy of its items.
func (p *plain) closed(e Expr, items *[]*Expr) *Expr {
	e.Items = p.keep(*items)
	p.depth--
	return p.expr(e)
}

package syntax

import (
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// enclosure describes what a line begins in: nothing, or a value that continues
// from a line above. The value is hidden unless every attribute and map key
// around it is known to be public. targets means that it is in for_each.
type enclosure struct{ value, hidden, targets bool }

// enclosure works on the words of the chunk around the line, so that it holds for
// one that can't be parsed as well. Where a string is not closed, it can't
// tell what is in it, and hides the rest of the chunk.
func (f *maskedFile) enclosure(i int, public func(string) bool) enclosure {
	if f.LineStart(i) > f.end {
		return enclosure{value: true, hidden: true}
	}
	n := f.chunkOf(i)
	if n < 0 {
		return enclosure{}
	}
	c := f.chunks[n]
	if f.walked == nil || f.walkedChunk != n {
		f.walked, f.walkedChunk = walk(f.Text[c.start:min(c.end, c.start+maxChunk)], public), n
	}
	if line := i + 1 - c.line; line < len(f.walked) {
		return f.walked[line]
	}
	return enclosure{value: true, hidden: true} // of a block that is too large
}

// chunkOf returns the index of the chunk that a line is in, or -1.
func (f *maskedFile) chunkOf(i int) int {
	n := sort.Search(len(f.chunks), func(n int) bool { return f.chunks[n].start > f.LineStart(i) }) - 1
	if n >= 0 && f.LineStart(i) >= f.chunks[n].end {
		return -1
	}
	return n
}

// walker walks through the tokens of a chunk.
type walker struct {
	public func(string) bool
	tokens hclsyntax.Tokens
	open   []bracket
	in     enclosure
	name   string // of the attribute or key of the current value
	lines  []enclosure
}

// bracket is an open bracket, with the state before it.
type bracket struct {
	kind hclsyntax.TokenType
	in   enclosure
	name string
}

// walk returns what each line begins in.
func walk(src []byte, public func(string) bool) []enclosure {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.Pos{Line: 1, Column: 1})
	w := walker{public: public, tokens: tokens}
	for n, t := range tokens {
		for len(w.lines) < t.Range.Start.Line {
			w.lines = append(w.lines, w.in)
		}
		w.token(n, t)
	}
	return w.lines
}

func (w *walker) token(n int, t hclsyntax.Token) {
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
		hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		w.push(t.Type)
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
		hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		w.pop(pairs[t.Type])
		if t.Type == hclsyntax.TokenCQuote && n > 0 && assigned(w.tokens, n+1) {
			w.named(string(w.tokens[n-1].Bytes))
		}
	case hclsyntax.TokenNewline, hclsyntax.TokenComma:
		w.name = ""
	case hclsyntax.TokenIdent:
		if assigned(w.tokens, n+1) {
			w.named(string(t.Bytes))
		}
	case hclsyntax.TokenQuotedNewline:
		w.in = enclosure{value: true, hidden: true}
		w.open = nil
	}
}

// named keeps the first name on a line: a second one is not a name but part of c
// ? a : b.
func (w *walker) named(name string) {
	if w.name == "" {
		w.name = name
	}
}

func (w *walker) push(kind hclsyntax.TokenType) {
	w.open = append(w.open, bracket{kind, w.in, w.name})
	if w.name != "" {
		w.in = enclosure{true, w.in.hidden || !w.public(w.name), w.in.targets || w.name == forEach}
	}
	w.name = ""
}

// pop closes a bracket only with its own kind: what a wrong one would uncover
// stays hidden.
func (w *walker) pop(kind hclsyntax.TokenType) {
	n := len(w.open) - 1
	if n < 0 || w.open[n].kind != kind && (kind != hclsyntax.TokenTemplateInterp || w.open[n].kind != hclsyntax.TokenTemplateControl) {
		return
	}
	w.in, w.name = w.open[n].in, w.open[n].name
	w.open = w.open[:n]
}

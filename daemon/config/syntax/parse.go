// Package syntax parses the language of vega.hcl: the part of HCL that holds
// values and computes nothing. It does not know which options exist.
//
// Parse reads files. One scan parses their plain part; everything else is split
// into chunks, checked by guards against inputs that would crash or hang a
// parser, and then parsed by HCL. Format formats a source, and Masks hides
// secrets in lines.
package syntax

import (
	"fmt"
	"slices"

	"vega/daemon/config/diag"
)

// Tree is the content of files. They are one namespace.
type Tree struct {
	Body   Body
	Broken bool // something at the top level could not be parsed
}

// Parse reads files into one tree. words begin a top-level block. It reports
// mistakes to out.
func Parse(files []*diag.Source, words []string, out *diag.Collector) *Tree {
	p := NewParser(words, out)
	for _, f := range files {
		p.Read(f)
	}
	return &p.Tree
}

// NewParser returns a Parser, for files that are found one after the other; see
// Parse.
func NewParser(words []string, out *diag.Collector) *Parser {
	return &Parser{out: out, words: words}
}

// Parser reads files into one tree.
type Parser struct {
	out    *diag.Collector
	words  []string // that begin a top-level block
	tokens int
	chunks int
	// foreign is the file in which text in another format was found last. Its
	// other syntax errors have most likely the same cause.
	foreign *diag.Source
	Tree
}

// Read reads a file into the tree, unless it is not text.
func (p *Parser) Read(f *diag.Source) {
	attrs, blocks := len(p.Body.Attrs), len(p.Body.Blocks)
	if !newFileReader(p, f).read() {
		p.Broken = true
		p.Body.Attrs, p.Body.Blocks = p.Body.Attrs[:attrs], p.Body.Blocks[:blocks]
	}
}

// take adds a piece to what was read; false stops the reading.
func (p *Parser) take(f *diag.Source, c chunk, in *piece) bool {
	p.chunks++
	p.tokens += in.tokens
	switch {
	case p.chunks > maxChunks:
		in = tooMuch(f, c, fmt.Sprintf("There are more than %d blocks and attributes in total.", maxChunks), "remove some; nothing after this point was read")
	case p.tokens > maxTokens:
		in = tooMuch(f, c, fmt.Sprintf("There are more than %d tokens in total.", maxTokens), "remove some; nothing after this point was read")
	case c.inTexts > maxHeredocs:
		in = tooMuch(f, c, fmt.Sprintf("The heredocs of this file are longer than %d KiB in total.", maxHeredocs>>10), "move the texts to files of their own and read them with file(); nothing after this point was read")
	}
	if p.foreign != f || !in.out.Only(diag.Syntax) {
		p.out.Merge(&in.out)
	}
	if in.foreign {
		p.foreign = f
	}
	if p.foreign != f { // what looks like an attribute may be TOML
		p.Body.Attrs = append(p.Body.Attrs, in.body.Attrs...)
	}
	for _, b := range in.body.Blocks {
		if p.foreign != f || slices.Contains(p.words, b.Kind) {
			p.Body.Blocks = append(p.Body.Blocks, b)
		}
	}
	p.Broken = p.Broken || in.broken
	return !in.last
}

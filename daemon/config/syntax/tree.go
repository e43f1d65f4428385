package syntax

import "vega/daemon/config/diag"

// Body is the content of a file or block. It is smaller than HCL's own tree and
// holds only what the language allows.
type Body struct {
	Attrs  []*Attr
	Blocks []*Block
}

// Attr is an attribute as it was written.
type Attr struct {
	Name  string
	At    diag.Place // of the name
	Value *Expr
}

// Block is a block as it was written.
type Block struct {
	Kind   string
	Labels []Label
	Head   diag.Place // from the kind to the last label
	Body   Body
	// Broken means that part of the block could not be parsed, so an attribute
	// that seems missing may exist.
	Broken bool
}

// Label is the text in quotes after a block's kind.
type Label struct {
	Text string
	At   diag.Place
}

package syntax

import "vega/daemon/config/diag"

// Body is the content of a file or block: HCL's own tree is dropped as soon as
// a chunk has been turned into this, which is smaller and holds only what the
// language allows.
type Body struct {
	Attrs  []*Attr
	Blocks []*Block
}

type Attr struct {
	Name  string
	At    diag.Place // of the name
	Value *Expr
}

type Block struct {
	Kind   string
	Labels []Label
	Head   diag.Place // from the kind to the last label
	Body   Body
	// Broken says that part of it could not be parsed: that something is not
	// there proves nothing.
	Broken bool
}

// Label is the text in quotes after a block's kind.
type Label struct {
	Text string
	At   diag.Place
}

package config

import "vega/daemon/config/diag"

// body is the content of a file or block: HCL's own tree is dropped as soon as
// a chunk has been turned into this, which is smaller and holds only what the
// language allows.
type body struct {
	attrs  []*attr
	blocks []*block
}

type attr struct {
	name  string
	at    diag.Place // of the name
	value *expr
}

type block struct {
	kind   string
	labels []label
	head   diag.Place // from the kind to the last label
	body   body
	// broken says that part of it could not be parsed: that something is not
	// there proves nothing.
	broken bool
}

type label struct {
	text string
	at   diag.Place
}

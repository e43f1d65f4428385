package syntax

import "vega/daemon/config/diag"

// slabs hand out nodes of trees from larger allocations, since a large
// configuration has very many, and all of them live as long.
type slabs struct {
	exprs   []Expr
	attrs   []Attr
	blocks  []Block
	items   []*Expr
	scratch [maxPlainDepth + 1][]*Expr // of lists and maps that are not closed
}

const slab = 128

func (s *slabs) expr(e Expr) *Expr {
	if len(s.exprs) == cap(s.exprs) {
		s.exprs = make([]Expr, 0, slab)
	}
	s.exprs = append(s.exprs, e)
	return &s.exprs[len(s.exprs)-1]
}

func (s *slabs) attr(name string, at diag.Place, value *Expr) *Attr {
	if len(s.attrs) == cap(s.attrs) {
		s.attrs = make([]Attr, 0, slab)
	}
	s.attrs = append(s.attrs, Attr{name, at, value})
	return &s.attrs[len(s.attrs)-1]
}

func (s *slabs) block(kind string, at diag.Place) *Block {
	if len(s.blocks) == cap(s.blocks) {
		s.blocks = make([]Block, 0, slab)
	}
	s.blocks = append(s.blocks, Block{Kind: kind, Head: at})
	return &s.blocks[len(s.blocks)-1]
}

// keep copies items of a list or map.
func (s *slabs) keep(items []*Expr) []*Expr {
	if len(items) > slab {
		return append([]*Expr(nil), items...)
	}
	if cap(s.items)-len(s.items) < len(items) {
		s.items = make([]*Expr, 0, slab)
	}
	from := len(s.items)
	s.items = append(s.items, items...)
	return s.items[from:len(s.items):len(s.items)]
}

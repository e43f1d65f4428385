package diag

import (
	"cmp"
	"fmt"
)

// place is a part of a file, by bytes.
type Place struct {
	Source     *Source
	Start, End int
}

func (p Place) Range() Range {
	return Range{Filename: p.Source.Name, Start: p.Source.pos(p.Start), End: p.Source.pos(max(p.Start, p.End))}
}

func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Source.Order, o.Source.Order), cmp.Compare(p.Start, o.Start))
}

// String returns file:line.
func (p Place) String() string {
	return fmt.Sprintf("%s:%d", p.Source.Name, p.Source.pos(p.Start).Line)
}

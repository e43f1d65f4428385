package diag

import (
	"cmp"
	"fmt"
)

// Place is a part of a file, by bytes.
type Place struct {
	Source     *Source
	Start, End int
}

// Range returns the lines and columns of the place.
func (p Place) Range() Range {
	return Range{Filename: p.Source.Name, Start: p.Source.pos(p.Start), End: p.Source.pos(max(p.Start, p.End))}
}

// Compare orders places by file and position.
func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Source.Order, o.Source.Order), cmp.Compare(p.Start, o.Start))
}

// String returns file:line.
func (p Place) String() string {
	return fmt.Sprintf("%s:%d", cleanName(p.Source.Name), p.Source.pos(p.Start).Line)
}

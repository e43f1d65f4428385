package config

import (
	"cmp"
	"fmt"
)

// place is a part of a file, by bytes.
type place struct {
	file       *file
	start, end int
}

func (p place) rng() Range {
	return Range{Filename: p.file.name, Start: p.file.pos(p.start), End: p.file.pos(max(p.start, p.end))}
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.file.order, o.file.order), cmp.Compare(p.start, o.start))
}

// String returns file:line.
func (p place) String() string { return fmt.Sprintf("%s:%d", p.file.name, p.file.pos(p.start).Line) }

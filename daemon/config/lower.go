package config

import (
	"cmp"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// lowerer turns HCL's tree into ours. What lies past end was recovered from a
// syntax error and is left out.
type lowerer struct {
	file *diag.Source
	out  *diag.Collector
	end  int
}

func (l *lowerer) place(r hcl.Range) diag.Place {
	end := min(max(r.End.Byte, r.Start.Byte), len(l.file.Text))
	return l.file.Span(min(r.Start.Byte, end), end)
}

func (l *lowerer) body(b *hclsyntax.Body) body {
	var out body
	for _, a := range b.Attributes {
		if a.SrcRange.End.Byte > l.end || a.Expr == nil {
			continue
		}
		out.attrs = append(out.attrs, &attr{name: a.Name, at: l.place(a.NameRange), value: l.expr(a.Expr)})
	}
	slices.SortFunc(out.attrs, func(a, b *attr) int { return cmp.Compare(a.at.Start, b.at.Start) })
	for _, in := range b.Blocks {
		if in.TypeRange.Start.Byte > l.end || in.Body == nil {
			continue
		}
		blk := &block{kind: in.Type, head: l.place(in.TypeRange), broken: l.end < math.MaxInt}
		for i, text := range in.Labels {
			at := l.place(in.LabelRanges[i])
			blk.labels = append(blk.labels, label{text, at})
			blk.head.End = max(blk.head.End, at.End)
		}
		blk.body = l.body(in.Body)
		out.blocks = append(out.blocks, blk)
	}
	return out
}

package syntax

import (
	"cmp"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// lowerer turns HCL's tree into a Body. It leaves out what lies past end, which
// HCL recovered from a syntax error.
type lowerer struct {
	file *diag.Source
	out  *diag.Collector
	end  int
}

func (l *lowerer) place(r hcl.Range) diag.Place {
	end := min(max(r.End.Byte, r.Start.Byte), len(l.file.Text))
	return l.file.Span(min(r.Start.Byte, end), end)
}

func (l *lowerer) body(b *hclsyntax.Body) Body {
	var out Body
	for _, a := range b.Attributes {
		if a.SrcRange.End.Byte >= l.end || a.Expr == nil {
			continue
		}
		out.Attrs = append(out.Attrs, &Attr{Name: a.Name, At: l.place(a.NameRange), Value: l.expr(a.Expr)})
	}
	slices.SortFunc(out.Attrs, func(a, b *Attr) int { return cmp.Compare(a.At.Start, b.At.Start) })
	for _, in := range b.Blocks {
		if in.TypeRange.Start.Byte > l.end || in.Body == nil {
			continue
		}
		blk := &Block{Kind: in.Type, Head: l.place(in.TypeRange), Broken: l.end < math.MaxInt}
		for i, text := range in.Labels {
			at := l.place(in.LabelRanges[i])
			blk.Labels = append(blk.Labels, Label{text, at})
			blk.Head.End = max(blk.Head.End, at.End)
		}
		blk.Body = l.body(in.Body)
		out.Blocks = append(out.Blocks, blk)
	}
	return out
}

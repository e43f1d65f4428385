package syntax

// EachExpr calls yield with every expression in a body and its blocks.
func (b *Body) EachExpr(yield func(*Expr)) {
	for _, a := range b.Attrs {
		a.Value.Each(yield)
	}
	for _, in := range b.Blocks {
		in.Body.EachExpr(yield)
	}
}

// Each calls yield with an expression and every one in it.
func (e *Expr) Each(yield func(*Expr)) {
	yield(e)
	for _, item := range e.Items {
		item.Each(yield)
	}
}

// Computed reports whether part of a value comes from elsewhere. Such a value
// must not be quoted.
func (e *Expr) Computed() bool {
	if e.Kind == CallExpr || e.Kind == RefExpr || e.Filled {
		return true
	}
	for _, item := range e.Items {
		if item.Computed() {
			return true
		}
	}
	return false
}

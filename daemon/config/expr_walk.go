package config

func (b *body) eachExpr(yield func(*expr)) {
	for _, a := range b.attrs {
		a.value.each(yield)
	}
	for _, in := range b.blocks {
		in.body.eachExpr(yield)
	}
}

func (e *expr) each(yield func(*expr)) {
	yield(e)
	for _, item := range e.items {
		item.each(yield)
	}
}

// computed reports whether part of a value comes from elsewhere, and so must
// not be quoted.
func (e *expr) computed() bool {
	if e.kind == callExpr || e.kind == refExpr {
		return true
	}
	for _, item := range e.items {
		if item.computed() {
			return true
		}
	}
	return false
}

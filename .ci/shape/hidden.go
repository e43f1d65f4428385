package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// Functions that hide secrets in a text, and functions that shorten or change one.
var (
	hides   = []string{"Redact", "redact", "Hide", "hide", "hideAll"}
	changes = []string{"Clip", "clip", "Cut", "cut", "fit", "OneLine", "Clean", "clean"}
)

// hiddenLate returns the places at which a text is shortened or changed before the
// secrets in it are hidden: nobody finds the beginning of a secret that was cut, or one
// whose spaces were changed.
func hiddenLate(f *ast.File, fset *token.FileSet) (all []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		hide, ok := n.(*ast.CallExpr)
		if !ok || !slices.Contains(hides, called(hide)) {
			return true
		}
		for _, arg := range hide.Args {
			ast.Inspect(arg, func(n ast.Node) bool {
				if change, ok := n.(*ast.CallExpr); ok && slices.Contains(changes, called(change)) {
					all = append(all, fmt.Sprintf("%s: %s before %s: hide secrets first", fset.Position(change.Pos()), called(change), called(hide)))
				}
				return true
			})
		}
		return true
	})
	return all
}

// called returns the name of the function that is called, without its package or receiver.
func called(c *ast.CallExpr) string {
	switch fn := c.Fun.(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		return fn.Sel.Name
	default:
		return ""
	}
}

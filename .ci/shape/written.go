package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// writers lists the files that may create or replace files by name. What they write is
// in vega's own directories, or they check first what is there.
var writers = []string{
	"daemon/alerting/identity.go",
	"daemon/api/key.go",
	"daemon/vega/docs_man.go", // into a directory for packages
	"daemon/vega/file/file.go",
	"daemon/vega/recover.go",
	"daemon/verify/alerting.go",
	"plugins/build/rust_work.go",
	"plugins/compiler/cache.go",
	"plugins/compiler/child.go",
	"plugins/compiler/entry.go",
	"plugins/examples/examples.go", // into a new directory
	"plugins/manifest/owners.go",
	"plugins/manifest/scan.go",
	"store/keeper/recover.go",
	"store/keeper/repair.go",
	"store/sqlite/backup/part.go",
	"store/sqlite/restore/restore.go",
}

// written returns the places at which any other file writes to a path: a name
// that someone else chose may be a link, a pipe or a device.
func written(name string, f *ast.File, fset *token.FileSet) (all []string) {
	if slices.Contains(writers, name) || strings.HasPrefix(name, "daemon/realtest/") {
		return nil
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if fn, ok := c.Fun.(*ast.SelectorExpr); ok && isOS(fn.X) && slices.Contains([]string{"WriteFile", "Rename", "Create"}, fn.Sel.Name) {
				all = append(all, fmt.Sprintf("%s: os.%s of a name that may be a link or a device: use manifest.WriteFile or package file", fset.Position(c.Pos()), fn.Sel.Name))
			}
		}
		return true
	})
	return all
}

func isOS(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == "os"
}

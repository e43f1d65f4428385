// Shape measures how the product's Go code is divided, and fails where a package,
// a struct, a method set or a function is larger than the limits below, or where a text
// is shortened before the secrets in it are hidden, or a file written where none may be.
//
//	go run ./.ci/shape [-q]
//
// It prints a line a package (files, lines, exported names, largest struct and
// method set), then the percentiles of the lengths of functions. Test files,
// testdata, the conformance guests and .ci are left out.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// The limits. A function counts from its first line to its last.
const (
	maxFiles    = 30
	maxFields   = 30 // through embedding, within a package
	maxMethods  = 40
	maxFunction = 54
)

// pkg is what is measured of one directory.
type pkg struct {
	dir             string
	files, lines    int
	exported        int
	fields, methods counted
	structs         map[string]*ast.StructType
	receivers       map[string]int
}

// counted is the name with the highest count.
type counted struct {
	name string
	n    int
}

func (c *counted) add(name string, n int) {
	if n > c.n {
		*c = counted{name, n}
	}
}

type function struct {
	name  string
	lines int
}

func main() {
	log.SetFlags(0)
	quiet := flag.Bool("q", false, "print only what exceeds a limit, and the summary")
	flag.Parse()
	pkgs, functions, late, err := measure()
	if err != nil {
		log.Fatal(err)
	}
	for _, place := range late {
		fmt.Println(place)
	}
	ok := len(late) == 0
	for _, dir := range slices.Sorted(maps.Keys(pkgs)) {
		p := pkgs[dir]
		p.count()
		within := p.files <= maxFiles && p.fields.n <= maxFields && p.methods.n <= maxMethods
		ok = ok && within
		if !*quiet || !within {
			fmt.Printf("%-34s %3d files %6d lines %4d exported  fields %2d %-18s methods %2d %s\n",
				p.dir, p.files, p.lines, p.exported, p.fields.n, p.fields.name, p.methods.n, p.methods.name)
		}
	}
	slices.SortFunc(functions, func(a, b function) int { return cmp.Compare(a.lines, b.lines) })
	at := func(percent int) int { return functions[(len(functions)-1)*percent/100].lines }
	longest := functions[len(functions)-1]
	fmt.Printf("%d packages, %d functions: p50 %d, p90 %d, p99 %d, max %d lines (%s)\n", len(pkgs), len(functions), at(50), at(90), at(99), longest.lines, longest.name)
	if !ok || longest.lines > maxFunction {
		fmt.Printf("the limits are %d files, %d fields, %d methods, %d lines a function\n", maxFiles, maxFields, maxMethods, maxFunction)
		os.Exit(1)
	}
}

// measure parses the product's files.
func measure() (pkgs map[string]*pkg, functions []function, late []string, err error) {
	out, err := exec.Command("git", "ls-files", "-co", "--exclude-standard", "*.go").Output()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("git ls-files: %w", err)
	}
	pkgs = map[string]*pkg{}
	fset := token.NewFileSet()
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, ".ci/") || strings.Contains(name, "testdata/") || strings.HasPrefix(name, "plugins/conformance/") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			return nil, nil, nil, err
		}
		late = append(append(late, hiddenLate(f, fset)...), written(name, f, fset)...)
		dir := filepath.Dir(name)
		if pkgs[dir] == nil {
			pkgs[dir] = &pkg{dir: dir, structs: map[string]*ast.StructType{}, receivers: map[string]int{}}
		}
		p := pkgs[dir]
		p.files++
		p.lines += fset.File(f.Pos()).LineCount()
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
				functions = append(functions, function{dir + "." + fn.Name.Name, lines})
			}
			p.declare(d)
		}
	}
	return pkgs, functions, late, nil
}

// declare notes the names that a declaration adds.
func (p *pkg) declare(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			p.export(d.Name)
			return
		}
		p.receivers[receiver(d.Recv.List[0].Type)]++
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				p.export(s.Name)
				if t, ok := s.Type.(*ast.StructType); ok {
					p.structs[s.Name.Name] = t
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					p.export(n)
				}
			}
		}
	}
}

func (p *pkg) export(n *ast.Ident) {
	if n.IsExported() {
		p.exported++
	}
}

// receiver returns the name of a receiver's type.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// count finds the largest struct and method set.
func (p *pkg) count() {
	for name := range p.structs {
		p.fields.add(name, p.fieldsOf(name))
	}
	for name, n := range p.receivers {
		p.methods.add(name, n)
	}
}

// fieldsOf counts the fields of a struct, and those of the structs of the package
// that it embeds.
func (p *pkg) fieldsOf(name string) int {
	n := 0
	for _, f := range p.structs[name].Fields.List {
		if embedded := receiver(f.Type); len(f.Names) == 0 && p.structs[embedded] != nil && embedded != name {
			n += p.fieldsOf(embedded)
			continue
		}
		n += max(1, len(f.Names))
	}
	return n
}

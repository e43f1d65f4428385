// Words counts the archaic and translated turns of phrase in the comments of
// the repository's Go files, tests included, and fails when there are more than
// limit in 10,000 words.
//
//	go run ./.ci/words [-list] [-product] [path ...]
//
// A path is a file or a directory that Git tracks; the default is the whole
// repository. The count is a symptom, not the aim: a comment can avoid every
// term here and still read badly.
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// The codebases whose English vega follows have 2 to 12.
const limit = 12

var terms = []string{
	"for want of", "of which", "is none", "is no", "are no", "anew", "all the same", "whoever", "whom",
	"mend", "leans", "bears", "for good", "beside", "any more", "told", "tells", "came of", "became",
	"at hand", "fared", "but for",
}

func main() {
	log.SetFlags(0)
	list := flag.Bool("list", false, "print where each term occurs")
	product := flag.Bool("product", false, "leave out _test.go files and testdata")
	flag.Parse()

	files, err := tracked(flag.Args(), *product)
	if err != nil {
		log.Fatal(err)
	}
	c := counter{patterns: compile(), hits: make([]int, len(terms)), list: *list}
	for _, name := range files {
		if err := c.file(name); err != nil {
			log.Fatal(err)
		}
	}
	if !c.print() {
		os.Exit(1)
	}
}

// tracked lists the Go files that Git tracks below paths and that still exist.
func tracked(paths []string, product bool) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{":/"} // the root of the repository
	}
	out, err := exec.Command("git", append([]string{"ls-files", "-z", "--"}, paths...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		if !strings.HasSuffix(name, ".go") || product && test(name) {
			continue
		}
		if _, err := os.Stat(name); err == nil {
			files = append(files, name)
		}
	}
	return files, nil
}

func test(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.Contains("/"+name, "/testdata/")
}

// compile returns a pattern for each term that matches whole words, whatever
// their case and the white space between them.
func compile() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, term := range terms {
		all = append(all, regexp.MustCompile(`(?i)\b`+strings.ReplaceAll(term, " ", `\s+`)+`\b`))
	}
	return all
}

// counter sums up words and hits over all files.
type counter struct {
	patterns []*regexp.Regexp
	list     bool
	words    int
	hits     []int // of each term
}

// file counts one file's comments. Directives are not comments.
func (c *counter) file(name string) error {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, group := range parsed.Comments {
		c.comment(fset, group)
	}
	return nil
}

func (c *counter) comment(fset *token.FileSet, group *ast.CommentGroup) {
	text := group.Text() // without markers and directives
	c.words += len(strings.Fields(text))
	for i, pattern := range c.patterns {
		for _, at := range pattern.FindAllStringIndex(text, -1) {
			c.hits[i]++
			if c.list {
				line := fset.Position(group.Pos()).Line + strings.Count(text[:at[0]], "\n")
				fmt.Printf("%s:%d: %s\n", fset.Position(group.Pos()).Filename, line, terms[i])
			}
		}
	}
}

// print reports the count, and whether it is within the limit.
func (c *counter) print() bool {
	total := 0
	for i, term := range terms {
		if c.hits[i] > 0 {
			fmt.Printf("%6d  %s\n", c.hits[i], term)
		}
		total += c.hits[i]
	}
	rate := 0.0
	if c.words > 0 {
		rate = float64(total) * 10_000 / float64(c.words)
	}
	fmt.Printf("%d words, %d hits, %.1f in 10,000 (limit %d)\n", c.words, total, rate, limit)
	return rate <= limit
}

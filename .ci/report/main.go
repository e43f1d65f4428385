// Command report summarizes the output of go test -json: one line for each
// package, and the output of the tests that failed. If any failed, it lists them
// at the end and exits with code 1.
//
//	go test -json ./... | go run ./.ci/report -keep FILE
//
// also writes the outcome of each test to FILE. From such files
//
//	go run ./.ci/report -skipped FILE…
//
// lists each test that was skipped in one of them and passed in none, as a package
// and a pattern for go test -run. And
//
//	go test -json -list '^Fuzz' ./... | go run ./.ci/report -list
//
// lists the tests found, as a package and a name.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// event is a line of go test -json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a package that is built
	Test       string
	Elapsed    float64
	Output     string
}

func main() {
	keep := flag.String("keep", "", "write the outcome of each test to `FILE`")
	skipped := flag.Bool("skipped", false, "list tests that were skipped and passed nowhere")
	list := flag.Bool("list", false, "list the names that go test -list found")
	flag.Parse()
	var err error
	switch {
	case *list:
		err = listFound(os.Stdin, os.Stdout)
	case *skipped:
		err = listSkipped(os.Stdout, flag.Args())
	default:
		err = show(*keep)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// show summarizes a run from the standard input.
func show(keep string) error {
	r := newRun(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	began := time.Now()
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			r.foreign(lines.Text())
			continue
		}
		r.take(e)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if keep != "" {
		if err := r.save(keep); err != nil {
			return err
		}
	}
	return r.end(time.Since(began))
}

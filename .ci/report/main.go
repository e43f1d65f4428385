// Command report shows what go test -json says: a line a package, and all that
// a test said that failed. It ends with what failed, and with exit code 1 then.
//
//	go test -json ./... | go run ./.ci/report -keep FILE NAME
//
// keeps which tests passed, were skipped and failed. From such files
//
//	go run ./.ci/report -skipped FILE…
//
// lists each test that was skipped in one and passed in none, as a package and
// a pattern for go test -run. And
//
//	go test -json -list '^Fuzz' ./... | go run ./.ci/report -list
//
// lists what there is, as a package and a name.
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
	ImportPath string // of what was built
	Test       string
	Elapsed    float64
	Output     string
}

func main() {
	keep := flag.String("keep", "", "write the outcome of each test to `FILE`")
	skipped := flag.Bool("skipped", false, "list what was skipped and passed nowhere")
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

// show reads a run from the standard input.
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

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// listSkipped writes a line for each package with tests that were skipped and
// passed in no run: the package and a pattern of their names.
func listSkipped(out io.Writer, files []string) error {
	skipped, passed := map[test]bool{}, map[test]bool{}
	for _, file := range files {
		all, err := load(file)
		if err != nil {
			return err
		}
		for _, k := range all {
			switch k.Outcome {
			case "skip":
				skipped[k.test] = true
			case "pass":
				passed[k.test] = true
			}
		}
	}
	patterns := map[string][]string{}
	for at := range skipped {
		if !passed[at] {
			patterns[at.Package] = append(patterns[at.Package], pattern(at.Name))
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(patterns)) {
		slices.Sort(patterns[pkg])
		if _, err := fmt.Fprintf(out, "%s %s\n", pkg, strings.Join(patterns[pkg], "|")); err != nil {
			return err
		}
	}
	return nil
}

// pattern returns the argument of go test -run for one test, with a pattern for
// each level.
func pattern(name string) string {
	levels := strings.Split(name, "/")
	for i, level := range levels {
		levels[i] = "^" + regexp.QuoteMeta(level) + "$"
	}
	return strings.Join(levels, "/")
}

func load(file string) (all []kept, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for from := json.NewDecoder(f); ; {
		var k kept
		switch err := from.Decode(&k); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, k)
	}
}

// listFound writes the package and the name of each test that go test -list found.
func listFound(in io.Reader, out io.Writer) error {
	for from := json.NewDecoder(in); ; {
		var e event
		switch err := from.Decode(&e); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		name := strings.TrimSpace(e.Output)
		if e.Action != "output" || !found.MatchString(name) {
			continue
		}
		if _, err := fmt.Fprintln(out, e.Package, name); err != nil {
			return err
		}
	}
}

var found = regexp.MustCompile(`^(Test|Fuzz|Benchmark|Example)\w*$`)

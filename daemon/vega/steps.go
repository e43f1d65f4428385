package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"vega/daemon"
)

// steps prints the startup sequence, a line for each step as it is done.
type steps struct {
	out     io.Writer
	symbols bool // for people; programs get words
}

// show prints a step. What follows its first line stands indented below.
func (s *steps) show(step daemon.Step) {
	mark, text := s.mark(step)
	took := step.Took.Round(100 * time.Microsecond)
	first, rest, _ := strings.Cut(text, "\n")
	fmt.Fprintf(s.out, "%s %-13s %8s  %s\n", mark, step.Name, took, first)
	for line := range strings.SplitSeq(rest, "\n") {
		if line != "" {
			fmt.Fprintf(s.out, "     %s\n", line)
		}
	}
}

func (s *steps) mark(step daemon.Step) (mark, text string) {
	words, text := [2]string{"ok  ", "✅"}, step.Outcome
	switch {
	case step.Err != nil:
		words, text = [2]string{"fail", "❌"}, step.Err.Error()
	case step.Warning != nil:
		words, text = [2]string{"warn", "⚠️ "}, step.Outcome+"; "+step.Warning.Error()
	}
	if s.symbols {
		return words[1], text
	}
	return words[0], text
}

// do does a step that is not the daemon's own, and shows it.
func (s *steps) do(name string, f func() (string, error)) error {
	began := time.Now()
	outcome, err := f()
	s.show(daemon.Step{Name: name, Outcome: outcome, Took: time.Since(began), Err: err})
	return err
}

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vega/daemon"
	"vega/daemon/config"
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

// configuration reads it. Each warning is a line of its own.
func (s *steps) configuration(path string, read func(config.Scan) config.Reading) (*config.Config, error) {
	began := time.Now()
	r := read(nil)
	step := daemon.Step{Name: "configuration", Outcome: path, Took: time.Since(began)}
	switch {
	case r.Config == nil:
		step.Err = &config.InvalidError{Diagnostics: r.Diagnostics}
	case len(r.Diagnostics) > 0:
		step.Warning = warnings(r.Diagnostics)
	}
	s.show(step)
	return r.Config, step.Err
}

func warnings(all config.Diagnostics) error {
	text := fmt.Sprintf("%d warnings", len(all))
	if len(all) == 1 {
		text = "1 warning"
	}
	for _, w := range all {
		text += fmt.Sprintf("\n%s:%d %s %s", w.Range.Filename, w.Range.Start.Line, w.Code, w.Detail)
	}
	return errors.New(text)
}

// do does a step that is not the daemon's own, and shows it.
func (s *steps) do(name string, f func() (string, error)) error {
	began := time.Now()
	outcome, err := f()
	s.show(daemon.Step{Name: name, Outcome: outcome, Took: time.Since(began), Err: err})
	return err
}

package console

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/config/diag"
)

// Steps prints the startup sequence of vega serve, one line per step, as each
// step ends.
type Steps struct {
	out     io.Writer
	symbols bool // print symbols instead of words
}

// NewSteps returns Steps that prints to out.
func NewSteps(out io.Writer) *Steps { return &Steps{out: out, symbols: IsTerminal(out)} }

// Show prints a step. Further lines of its text are indented below the first.
func (s *Steps) Show(step daemon.Step) {
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

func (s *Steps) mark(step daemon.Step) (mark, text string) {
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

// Configuration reads the configuration and shows the step. The daemon logs each
// warning, so the step only counts them, unless the level of the log leaves them out.
func (s *Steps) Configuration(path string, read func(config.Scan) config.Reading) (*config.Config, error) {
	began := time.Now()
	r := read(nil)
	step := daemon.Step{Name: "configuration", Outcome: path, Took: time.Since(began)}
	switch {
	case r.Config == nil:
		step.Err = &config.InvalidError{Diagnostics: r.Diagnostics}
	case len(r.Diagnostics) > 0:
		step.Warning = warnings(r.Diagnostics, slog.Level(r.Config.Log.Level) <= slog.LevelWarn)
	}
	s.Show(step)
	return r.Config, step.Err
}

func warnings(all diag.Diagnostics, logged bool) error {
	text := Count(len(all), "warning")
	if logged {
		return errors.New(text + ", see the log")
	}
	for _, w := range all {
		text += fmt.Sprintf("\n%s:%d %s %s", w.Range.Filename, w.Range.Start.Line, w.Code, w.Detail)
	}
	return errors.New(text)
}

// Do runs f and shows it as the step name.
func (s *Steps) Do(name string, f func() (string, error)) error {
	began := time.Now()
	outcome, err := f()
	s.Show(daemon.Step{Name: name, Outcome: outcome, Took: time.Since(began), Err: err})
	return err
}

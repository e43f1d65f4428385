// Command browser opens every page of vega in Chromium, as people do: wide and narrow,
// light and dark, with and without scripts, by keyboard, with 1,000 integrations, and with
// hostile text wherever a target, a plugin or a caller can put it.
//
//	npm ci && go run . [-short] [-only PATTERN] [-pages PATTERN] [-axe FILE] [-past PROGRAM] [-shots DIRECTORY] VEGA
//
// runs the program VEGA. It prints a line for each check, and exits with 1 if one fails.
// Figures that depend on the machine are printed next to their goals, and fail nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

// suite is what the checks share.
type suite struct {
	program string // vega
	past    string // .ci/bench/past, which writes a history; "": none
	shots   string // the directory for screenshots; "": none
	short   bool
	chosen  *regexp.Regexp // the pages that are looked at
	axe     string         // the source of axe-core
	browser *browser
}

// check is one of the checks.
type check struct {
	name string
	long bool // not part of the short form
	do   func(context.Context, *suite) error
}

var checks = []check{
	{"hostile", false, hostile},
	{"keyboard", false, keyboard},
	{"live", true, live},
	{"fleet", true, fleet},
	{"load", true, load},
	{"viewers", true, viewers},
}

func main() {
	s := &suite{}
	flag.BoolVar(&s.short, "short", false, "only what takes seconds")
	flag.StringVar(&s.past, "past", "", "the `PROGRAM` .ci/bench/past, to look at 90 days")
	axe := flag.String("axe", "node_modules/axe-core/axe.min.js", "the `FILE` of axe-core")
	flag.StringVar(&s.shots, "shots", "", "write screenshots to this `DIRECTORY`")
	only := flag.String("only", "", "run only the checks that match this `PATTERN`")
	chosen := flag.String("pages", "", "look only at the pages whose names match this `PATTERN`")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err == nil {
		s.chosen, err = regexp.Compile(*chosen)
	}
	if flag.NArg() != 1 || err != nil {
		fmt.Fprintln(os.Stderr, "usage: browser [-short] [-only PATTERN] [-pages PATTERN] [-shots DIRECTORY] VEGA", errors.Join(err))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if s.program, err = filepath.Abs(flag.Arg(0)); err == nil {
		err = s.run(ctx, *axe, pattern)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs the checks that match, and returns what failed.
func (s *suite) run(ctx context.Context, axe string, pattern *regexp.Regexp) error {
	source, err := os.ReadFile(axe)
	if err != nil {
		return fmt.Errorf("%w; run npm ci first", err)
	}
	s.axe = string(source)
	if s.shots != "" {
		if err := os.MkdirAll(s.shots, 0o755); err != nil {
			return err
		}
	}
	if s.browser, err = launch(ctx); err != nil {
		return err
	}
	defer s.browser.close()
	var failed []error
	for _, c := range checks {
		if !pattern.MatchString(c.name) || c.long && s.short {
			continue
		}
		began := time.Now()
		err := c.do(ctx, s)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", c.name, err))
			fmt.Printf("FAIL %s after %v\n", c.name, time.Since(began).Round(time.Second))
			continue
		}
		fmt.Printf("ok   %s, %v\n", c.name, time.Since(began).Round(time.Second))
	}
	return errors.Join(failed...)
}

// Command told runs vega with real targets and real receivers of its messages, and
// compares what happened with what was told.
//
//	go run ./.ci/told [-vega PROGRAM] [-keep] [-short] [-kills N] [STORY…]
//
// Without a story, it lists them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

// settings are what the command line says.
type settings struct {
	program string
	work    string // directory of all stories
	short   bool
	kills   int
	only    string // cases of storm, or half of peers
	atOnce  int    // cases of storm
	gatus   string // program; it is not part of Debian
}

// story runs vega through something that happens, and returns what did not hold.
type story struct {
	name, what string
	tell       func(ctx context.Context, s *stage) error
}

func stories() []story {
	return []story{
		{"kills", "SIGKILL between a transition and its message, again and again", kills},
		{"storm", "a root fails with 2,800 children, in several orders, at interval 60 s (30 min)", storm},
		{"flap", "targets fail at random for 5 minutes", flap},
		{"manager", "a real Alertmanager between vega and a receiver (11 min)", manager},
		{"peers", "vega, Gatus, and Prometheus with Alertmanager watch the same failing targets (39 min)", peers},
	}
}

func main() {
	var s settings
	flag.StringVar(&s.program, "vega", "", "program to test instead of one built from this directory")
	flag.BoolVar(&s.short, "short", false, "the short form, as in .ci/run")
	flag.IntVar(&s.kills, "kills", 0, "number of kills; default 100, or 2 with -short")
	flag.StringVar(&s.only, "only", "", "run only the cases of storm with this in their name; \"restart\": only the second half of peers")
	flag.IntVar(&s.atOnce, "at-once", 2, "cases of storm that run at once")
	flag.StringVar(&s.gatus, "gatus", "gatus", "program that the story peers compares with")
	keep := flag.Bool("keep", false, "keep the files")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if flag.NArg() == 0 {
		for _, one := range stories() {
			fmt.Printf("%-8s %s\n", one.name, one.what)
		}
		return
	}
	if s.kills == 0 {
		if s.kills = 100; s.short {
			s.kills = 2
		}
	}
	if err := runAll(ctx, s, flag.Args(), *keep); err != nil {
		fmt.Fprintln(os.Stderr, "told:", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, s settings, names []string, keep bool) error {
	var err error
	if s.work, err = os.MkdirTemp("", "told-"); err != nil {
		return err
	}
	if keep {
		fmt.Println("files are kept in", s.work)
	} else {
		defer os.RemoveAll(s.work)
	}
	if s.program == "" {
		s.program = filepath.Join(s.work, "vega")
		build := exec.CommandContext(ctx, "go", "build", "-o", s.program, "./daemon/vega")
		build.Stdout, build.Stderr = os.Stdout, os.Stderr
		if err := build.Run(); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := runOne(ctx, s, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func runOne(ctx context.Context, s settings, name string) error {
	for _, one := range stories() {
		if one.name != name {
			continue
		}
		fmt.Printf("== %s: %s\n", one.name, one.what)
		st, err := newStage(ctx, s, name)
		if err != nil {
			return err
		}
		defer st.close()
		err = one.tell(ctx, st)
		if err == nil {
			err = st.panicked()
		}
		if err != nil {
			return fmt.Errorf("%w\nthe end of vega's log:\n%s", err, st.logTail())
		}
		fmt.Printf("== %s: holds\n", one.name)
		return nil
	}
	return fmt.Errorf("there is no such story")
}

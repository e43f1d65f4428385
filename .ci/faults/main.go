// Faults does to a running vega what a bad day does to a machine, and looks at what
// holds: whether checks go on, what /readyz, the log and the answers say, which
// acknowledged rows are lost, and when all is well again. From the root of the
// repository:
//
//	go run ./.ci/faults              # all faults, about 20 minutes
//	go run ./.ci/faults -short       # the short form of most of them
//	go run ./.ci/faults -only kill,full/tmpfs,stop~full/tmpfs -keep
//	go run ./.ci/faults -pairs 20    # two random faults at a time
//	go run ./.ci/faults -weather 1h  # random faults of one vega: nothing grows
//	go run ./.ci/faults -list
//
// Each fault happens to a vega of its own, which checks a server in this program
// every second and stores what clients write. In the long form two more targets really
// fail, one before the fault and one during it, and a job reports in time: one message says
// that each is down and one that it is up again, and there is no other message. A fault that needs root or a part of
// the kernel that is missing is skipped, with the reason. The exit code is 1 if
// something does not hold. Linux only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// settings are from the command line.
type settings struct {
	program  string
	given    bool // the program is from the command line
	only     string
	short    bool
	keep     bool
	list     bool
	checks   int
	kills    int
	parallel int
	pairs    int
	weather  time.Duration
	before   time.Duration          // how long checks are counted before and after a fault
	during   time.Duration          // how long a fault lasts
	patience time.Duration          // how long vega may take to be well again
	work     string                 // directory of this run
	clockful func() (string, error) // builds vega with a movable clock, once
}

func parse() settings {
	var s settings
	flag.StringVar(&s.program, "vega", "", "the program to test; default: build it")
	flag.StringVar(&s.only, "only", "", "faults to run, separated by commas; a prefix such as \"full\" selects a group")
	flag.BoolVar(&s.short, "short", false, "run the short form")
	flag.BoolVar(&s.keep, "keep", false, "keep the directories with the logs and stores, and print their path")
	flag.BoolVar(&s.list, "list", false, "list the faults")
	flag.IntVar(&s.checks, "checks", 20, "integrations, each checked every second")
	flag.IntVar(&s.kills, "kills", 100, "how often the fault kill kills")
	flag.IntVar(&s.parallel, "parallel", 0, "how many faults at a time; default 2, or 10 in the short form")
	flag.IntVar(&s.pairs, "pairs", 0, "random pairs of the faults, instead of each alone")
	flag.DurationVar(&s.weather, "weather", 0, "inflict random faults on one vega for this long")
	flag.DurationVar(&s.before, "before", 8*time.Second, "how long checks are counted before and after a fault")
	flag.DurationVar(&s.during, "during", 20*time.Second, "how long a fault lasts")
	flag.DurationVar(&s.patience, "patience", 40*time.Second, "how long vega may take to be well again")
	flag.Parse()
	if s.short {
		s.hurry()
	}
	if s.parallel == 0 {
		s.parallel = 2
	}
	return s
}

// hurry shortens what the command line does not set.
func (s *settings) hurry() {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"kills": "4", "parallel": "10", "before": "2s", "during": "5s", "patience": "20s"} {
		if !given[name] {
			_ = flag.Set(name, value) // the names and values are valid
		}
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := start(ctx, parse())
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

// start runs what the settings select, and reports whether everything holds.
func start(ctx context.Context, s settings) (bool, error) {
	chosen, err := choose(s)
	if err != nil {
		return false, err
	}
	if s.list {
		for _, f := range chosen {
			fmt.Printf("%-22s %s\n", f.name, f.what)
		}
		return true, nil
	}
	if s.work, err = os.MkdirTemp("", "faults"); err != nil {
		return false, err
	}
	if s.keep {
		fmt.Println("the logs and stores are in", s.work)
	} else {
		defer os.RemoveAll(s.work)
	}
	if err := build(ctx, &s, chosen); err != nil {
		return false, err
	}
	if s.weather > 0 {
		return weather(ctx, s, chosen)
	}
	return series(ctx, s, chosen), nil
}

// choose returns the faults that the settings select.
func choose(s settings) ([]fault, error) {
	var chosen []fault
	used := map[string]bool{}
	for _, f := range all() {
		wanted := s.only == "" && (f.short || !s.short)
		for name := range strings.SplitSeq(s.only, ",") {
			if name != "" && (f.name == name || strings.HasPrefix(f.name, name+"/")) {
				wanted, used[name] = true, true
			}
		}
		if wanted {
			chosen = append(chosen, f)
		}
	}
	for name := range strings.SplitSeq(s.only, ",") {
		if strings.Contains(name, "~") {
			f, err := pairOf(name)
			if err != nil {
				return nil, err
			}
			chosen, used[name] = append(chosen, f), true
		}
		if name != "" && !used[name] {
			return nil, fmt.Errorf("unknown fault %q; -list lists them", name)
		}
	}
	if s.pairs > 0 {
		return pairs(chosen, s.pairs), nil
	}
	return chosen, nil
}

// build builds the programs that the command line does not name. The one with a
// movable clock is always built: it is of this source.
func build(ctx context.Context, s *settings, chosen []fault) error {
	s.given = s.program != ""
	if !s.given {
		s.program = filepath.Join(s.work, "vega")
		if err := command(ctx, "go", "build", "-o", s.program, "./daemon/vega"); err != nil {
			return err
		}
	}
	var err error
	if s.program, err = filepath.Abs(s.program); err != nil {
		return err
	}
	s.clockful = sync.OnceValues(func() (string, error) { return buildClock(ctx, s.work) })
	if slices.ContainsFunc(chosen, func(f fault) bool { return f.has(clock) }) {
		go func() { _, _ = s.clockful() }() // meanwhile, other faults happen
	}
	return nil
}

// series runs the faults, some at a time, and prints a row for each.
func series(ctx context.Context, s settings, chosen []fault) bool {
	began := time.Now()
	results := make([]result, len(chosen))
	places := make(chan struct{}, s.parallel)
	var all sync.WaitGroup
	for n, f := range chosen {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			results[n] = run(ctx, s, f)
			<-places
		})
	}
	all.Wait()
	show(results)
	bad := 0
	for _, r := range results {
		if !r.holds() {
			bad++
		}
	}
	fmt.Printf("%d faults in %s: %d hold, %d do not, %d skipped\n", len(results), time.Since(began).Round(time.Second), len(results)-bad-skipped(results), bad, skipped(results))
	return bad == 0 && errors.Join(ctx.Err()) == nil
}

func skipped(results []result) (n int) {
	for _, r := range results {
		if r.skipped != "" {
			n++
		}
	}
	return n
}

// show prints the table, and then what does not hold.
func show(results []result) {
	fmt.Println("| " + strings.Join(headings, " | ") + " |")
	fmt.Println("|" + strings.Repeat("---|", len(headings)))
	for _, r := range results {
		fmt.Println("| " + strings.Join(r.row(), " | ") + " |")
	}
	for _, r := range results {
		for _, line := range r.facts {
			fmt.Printf("%s: %s\n", r.name, line)
		}
		for _, line := range r.said {
			fmt.Printf("%s: ERROR %s\n", r.name, line)
		}
		for _, line := range r.ledger.notes {
			fmt.Printf("%s: note: %s\n", r.name, line)
		}
		for _, line := range append(r.errs, r.wrong...) {
			fmt.Printf("%s: DOES NOT HOLD: %s\n", r.name, line)
		}
	}
}

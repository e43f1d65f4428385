// Command upgrades upgrades vega from an older version and goes back, while clients
// write, and kills each step with SIGKILL again and again. From the root of the
// repository:
//
//	go run ./.ci/upgrades                  # about an hour
//	go run ./.ci/upgrades -short           # the short form, as in .ci/run
//	go run ./.ci/upgrades -only back -kills 10 -full 2 -keep
//
// The older version is a commit of this repository. Its program, and a program that
// fills a database with its store, are built from what git archive exports. Each
// conversation that vega acknowledges is noted in a file before the client goes on. After
// each kill, the database must be whole and have all of them, and each run that vega has
// shown. The exit code is 1 if something does not hold. Linux only.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// settings are what the command line says.
type settings struct {
	program       string // the new vega
	from          string // commit of the old vega
	only          string
	short, keep   bool
	kills         int // of each step
	full          int // as many of them are at full size
	runs          int // at full size
	conversations int
}

// kit is what all steps use.
type kit struct {
	settings
	work   string // directory of this run
	old    string // program
	fill   string // program
	port   int    // of vega; one runs at a time
	target *target
	load   *load
	strace string        // "" if it is missing
	pause  time.Duration // in which clients write, before and between steps
	seen   map[string]int
	faults []string // what does not hold
}

func main() {
	k := &kit{seen: map[string]int{}}
	flag.StringVar(&k.program, "vega", "", "program to upgrade to; default: build it")
	flag.StringVar(&k.from, "from", lastRelease, "commit of the version to upgrade from")
	flag.StringVar(&k.only, "only", "", "steps to kill, separated by commas: backup, upgrade, back, restore; odd: the odd cases; none: only the figures")
	flag.BoolVar(&k.short, "short", false, "run the short form: a small database and few kills")
	flag.BoolVar(&k.keep, "keep", false, "keep the files")
	flag.IntVar(&k.kills, "kills", 0, "kills of each step; default 50, or 2 with -short")
	flag.IntVar(&k.full, "full", 0, "as many kills of each step are at full size; default 10, or none with -short")
	flag.IntVar(&k.runs, "runs", 1_000_000, "runs at full size")
	flag.IntVar(&k.conversations, "conversations", 100_000, "conversations at full size")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := k.start(ctx)
	for _, fault := range k.faults {
		fmt.Println("DOES NOT HOLD:", fault)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "upgrades:", err)
	}
	if err != nil || len(k.faults) > 0 {
		stop()
		os.Exit(1)
	}
}

// fails notes something that does not hold.
func (k *kit) fails(format string, arguments ...any) {
	k.faults = append(k.faults, fmt.Sprintf(format, arguments...))
	fmt.Println("  DOES NOT HOLD:", k.faults[len(k.faults)-1])
}

// wants reports whether the command line selects a part.
func (k *kit) wants(name string) bool {
	return k.only == "" || strings.Contains(","+k.only+",", ","+name+",")
}

// defaults sets what the command line does not.
func (k *kit) defaults() {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	kills, full := 50, 10
	if k.pause = time.Second; k.short {
		kills, full, k.pause = 2, 0, 300*time.Millisecond
	}
	if !given["kills"] {
		k.kills = kills
	}
	if !given["full"] {
		k.full = full
	}
	k.full = min(k.full, k.kills)
}

func (k *kit) start(ctx context.Context) (err error) {
	k.defaults()
	if k.work, err = os.MkdirTemp("", "upgrades-"); err != nil {
		return err
	}
	if err := os.Chmod(k.work, 0o755); err != nil { // for the cases of another user
		return err
	}
	if k.keep {
		fmt.Println("files are kept in", k.work)
	} else {
		defer os.RemoveAll(k.work)
	}
	if why, err := k.build(ctx); err != nil || why != "" {
		if why != "" {
			fmt.Println("skipped:", why)
		}
		return err
	}
	if k.target, err = startTarget(ctx); err != nil {
		return err
	}
	defer k.target.close()
	if k.port, err = freePort(ctx); err != nil {
		return err
	}
	k.load = startLoad(k.port)
	defer k.load.close()
	return k.tell(ctx)
}

// tell runs the steps in both sizes, and then the odd cases.
func (k *kit) tell(ctx context.Context) error {
	small, err := k.newWorld(ctx, "small", max(1000, k.runs/100), max(100, k.conversations/100))
	if err != nil {
		return err
	}
	worlds := []*world{small}
	if !k.short {
		full, err := k.newWorld(ctx, "full", k.runs, k.conversations)
		if err != nil {
			return err
		}
		if err := full.figures(ctx); err != nil {
			return err
		}
		worlds = append(worlds, full)
	}
	var rows []tally
	for _, step := range steps() {
		if !k.wants(step.name) {
			continue
		}
		for _, w := range worlds {
			kills := k.kills - k.full
			if w != small {
				kills = k.full
			}
			row, err := w.killed(ctx, step, kills)
			rows = append(rows, row)
			if err != nil {
				show(rows)
				return fmt.Errorf("%s, %s: %w", step.name, w.name, err)
			}
		}
	}
	show(rows)
	if k.wants("odd") && (!k.short || k.only != "") {
		return small.odd(ctx)
	}
	return nil
}

// world is a database of the old version in one size, and what grows out of it.
type world struct {
	*kit
	name     string
	dir      string
	base     *site // the old version has stopped
	upgraded *site // lazily
	want     baseline
}

// newWorld fills a database with the old version's store, and runs the old version once
// so that it has compiled its plugins.
func (k *kit) newWorld(ctx context.Context, name string, runs, conversations int) (*world, error) {
	w := &world{kit: k, name: name, dir: filepath.Join(k.work, name)}
	s, err := k.newSite(filepath.Join(w.dir, "base"))
	if err != nil {
		return nil, err
	}
	w.base = s
	began := time.Now()
	if text, err := output(ctx, k.fill, "-runs", fmt.Sprint(runs), "-conversations", fmt.Sprint(conversations), s.data("vega.db")); err != nil {
		return nil, fmt.Errorf("fill: %w: %s", err, text)
	}
	size, err := s.size("vega.db")
	if err != nil {
		return nil, err
	}
	fmt.Printf("%s: %d runs and %d conversations, %.1f MiB, filled in %.1f s\n", name, runs, conversations, size, time.Since(began).Seconds())
	if w.want, err = readBaseline(ctx, s.data("vega.db")); err != nil {
		return nil, err
	}
	return w, w.during(ctx, s, k.old, k.pause)
}

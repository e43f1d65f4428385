// Package main compares vega with other programs for the same work on one machine,
// and prints tables. From the root of the repository:
//
//	apt-get install monitoring-plugins-basic prometheus-blackbox-exporter
//	go run ./.ci/bench         # everything in full, about ten minutes
//	go run ./.ci/bench -quick  # everything for a few seconds each
//	go run ./.ci/bench -only noop,http -rounds 5
//
// The parts are noop (a run that does nothing, compared with a fork and exec of
// check_dummy), http (an HTTP check at a fixed rate, compared with
// blackbox_exporter, check_http and plain net/http), fleet (a thousand checks in the
// real daemon), peers (the same in Gatus and Cloudprober at the same time, and all of
// them at rest), spinners (modules that never end, next to honest probes), steady (many
// runs in one process: does anything grow?), many (a request that runs thousands of
// integrations at once), scale (10,000 checks next to reloads and a poller) and ping
// (a thousand addresses in a network namespace, and fping next to it; only as root).
//
// Compare absolute figures only within one invocation; across several, compare
// ratios.
// Everything stays on this machine. Linux only, for its CPU clocks and /proc.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

// settings are the sizes and durations of the measurements.
type settings struct {
	quick   bool
	only    string
	keep    bool
	rounds  int
	noops   int
	rate    int
	httpFor time.Duration

	fleet      int
	fleetEvery time.Duration
	fleetFor   time.Duration

	peersFor    time.Duration
	gatus       string
	cloudprober string

	spinners int
	honest   int
	spinFor  time.Duration

	runs int

	many       int
	manyRounds int

	scale       int
	scaleEvery  time.Duration
	scaleFor    time.Duration
	scaleReload time.Duration
	scalePoll   time.Duration
}

func parse() settings {
	var s settings
	flag.BoolVar(&s.quick, "quick", false, "run for seconds instead of minutes, unless another flag is set: a test of the benchmark itself")
	flag.StringVar(&s.only, "only", "", "parts to run, separated by commas: noop, http, fleet, peers, spinners, steady, many, scale, ping")
	flag.BoolVar(&s.keep, "keep", false, "keep the directory with the daemon's configuration and logs, and print its path")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of noop and http for each contender; medians are shown")
	flag.IntVar(&s.noops, "noops", 10000, "noop: runs of a guest in a round; a tenth as many forks")
	flag.IntVar(&s.rate, "rate", 200, "http: checks a second")
	flag.DurationVar(&s.httpFor, "http-for", 10*time.Second, "http: length of a round")
	flag.IntVar(&s.fleet, "fleet", 1000, "fleet: how many checks")
	flag.DurationVar(&s.fleetEvery, "fleet-every", 10*time.Second, "fleet: interval of each")
	flag.DurationVar(&s.fleetFor, "fleet-for", time.Minute, "fleet: length")
	flag.DurationVar(&s.peersFor, "peers-for", time.Minute, "peers: length of each load, which has the checks of fleet")
	flag.StringVar(&s.gatus, "gatus", "gatus", "peers: program of Gatus, which is not part of Debian")
	flag.StringVar(&s.cloudprober, "cloudprober", "cloudprober", "peers: program of Cloudprober, which is not part of Debian")
	flag.IntVar(&s.spinners, "spinners", 32, "spinners: how many")
	flag.IntVar(&s.honest, "honest", 50, "spinners: how many honest probes next to them")
	flag.DurationVar(&s.spinFor, "spin-for", time.Minute, "spinners: length, once without and once with them")
	flag.IntVar(&s.runs, "runs", 10000, "steady: how many runs")
	flag.IntVar(&s.many, "many", 5000, "many: how many integrations; measured with a fifth of them, too")
	flag.IntVar(&s.manyRounds, "many-rounds", 5, "many: requests; medians are shown")
	flag.IntVar(&s.scale, "scale", 10000, "scale: how many checks")
	flag.DurationVar(&s.scaleEvery, "scale-every", 30*time.Second, "scale: interval of each")
	flag.DurationVar(&s.scaleFor, "scale-for", 10*time.Minute, "scale: length, after the first runs")
	flag.DurationVar(&s.scaleReload, "scale-reload", 5*time.Second, "scale: interval of the reloads; 0 for none")
	flag.DurationVar(&s.scalePoll, "scale-poll", time.Second, "scale: interval of the poller; 0 for none")
	flag.Parse()
	if s.quick {
		s.hurry()
	}
	return s
}

// hurry shortens the settings that the command line does not set.
func (s *settings) hurry() {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{
		"rounds": "2", "noops": "1000", "http-for": "2s", "runs": "2000",
		"fleet": "200", "fleet-every": "2s", "fleet-for": "8s", "spin-for": "8s", "peers-for": "4s",
		"many": "500", "many-rounds": "2",
		"scale": "500", "scale-every": "2s", "scale-for": "8s", "scale-reload": "1s", "scale-poll": "500ms",
	} {
		if !given[name] {
			_ = flag.Set(name, value) // the names and values are valid
		}
	}
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == targetRole {
		serveTarget(context.Background())
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, parse()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	parts := []struct {
		name string
		do   func(context.Context, *bench) error
	}{{"noop", noop}, {"http", httpChecks}, {"fleet", fleet}, {"peers", peers}, {"spinners", spinners}, {"steady", steady}, {"many", many}, {"scale", scale}, {"ping", pings}}
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	wanted, err := choose(s.only, names)
	if err != nil {
		return err
	}
	b, err := prepare(ctx, s)
	if err != nil {
		return err
	}
	defer b.close()
	describe(ctx)
	for _, p := range parts {
		if !wanted[p.name] {
			continue
		}
		fmt.Printf("\n== %s\n", p.name)
		if err := p.do(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func choose(only string, names []string) (map[string]bool, error) {
	wanted := map[string]bool{}
	if only == "" {
		only = strings.Join(names, ",")
	}
	for name := range strings.SplitSeq(only, ",") {
		wanted[name] = true
		if !strings.Contains(","+strings.Join(names, ",")+",", ","+name+",") {
			return nil, fmt.Errorf("unknown part %q; the parts are %s", name, strings.Join(names, ", "))
		}
	}
	return wanted, nil
}

package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"vega/plugins/manifest"
)

const (
	honestEvery  = 2 * time.Second
	spinTimeout  = time.Second // the minimum that can be configured
	spinEvery    = time.Second
	healthzRate  = 100
	healthzLimit = 30 * time.Second
)

// spinners measures how modules that never end slow down honest probes and HTTP. The
// daemon runs twice with the same configuration; in the first run, a module that
// ends immediately takes the place of the spinners, so that nothing else differs.
func spinners(ctx context.Context, b *bench) error {
	calm, err := b.crowd(ctx, "calm", noopWasm)
	if err != nil {
		return fmt.Errorf("without spinners: %w", err)
	}
	wild, err := b.crowd(ctx, "spinning", spinWasm)
	if err != nil {
		return fmt.Errorf("with spinners: %w", err)
	}
	phases := phasesOf(calm.seen)
	t := &table{}
	t.row(fmt.Sprintf("%d modules next to %d honest probes every %v and %d/s on /healthz, %v", b.spinners, b.honest, honestEvery, healthzRate, b.spinFor), "end immediately", "spin")
	calmLate, wildLate := lateness(calm.seen, phases, time.Time{}), lateness(wild.seen, phases, time.Time{})
	for _, q := range []float64{0.5, 0.99, 1} {
		t.row(fmt.Sprintf("/healthz %s", name(q)), quantile(calm.healthz, q), quantile(wild.healthz, q))
	}
	for _, q := range []float64{0.5, 0.99, 1} {
		t.row(fmt.Sprintf("lateness of honest probes %s", name(q)), quantile(calmLate, q), quantile(wildLate, q))
	}
	t.row("p99 of the second half", quantile(lateness(calm.seen, phases, calm.half), 0.99), quantile(lateness(wild.seen, phases, wild.half), 0.99))
	t.row("lateness of a timer in this program, p99", quantile(calm.floor, 0.99), quantile(wild.floor, 0.99))
	t.row("honest runs seen", len(calmLate), len(wildLate))
	t.row("honest runs not healthy", calm.unhealthy("honest-"), wild.unhealthy("honest-"))
	t.row("CPU of the daemon, of a core", calm.share(), wild.share())
	t.print()
	fmt.Println()
	printEnds(wild.runs, b.spinners)
	return nil
}

func name(q float64) string {
	if q == 1 {
		return "most"
	}
	return fmt.Sprintf("p%.0f", q*100)
}

// sitting is the measurement of one of the two daemons.
type sitting struct {
	seen    map[string][]time.Time
	healthz []time.Duration
	floor   []time.Duration
	runs    []runLine
	cpu     time.Duration
	lasted  time.Duration
	half    time.Time // the middle, after which vega may know its guests
}

func (s *sitting) share() string {
	return fmt.Sprintf("%.1f %%", 100*s.cpu.Seconds()/s.lasted.Seconds())
}

// crowd measures a daemon with the module as the spinners' plugin.
func (b *bench) crowd(ctx context.Context, label string, module []byte) (*sitting, error) {
	target, err := startRecorder(ctx)
	if err != nil {
		return nil, err
	}
	packed, err := manifest.Pack(module, manifestOf("stranger", "spin"))
	if err != nil {
		return nil, err
	}
	v, err := b.serve(ctx, label, b.crowdConfig(target.url), map[string][]byte{"stranger": packed})
	if err != nil {
		_ = target.close()
		return nil, err
	}
	if err := v.loaded(ctx); err != nil {
		_ = target.close()
		_, _ = v.stop() // the first error is the one to report
		return nil, err
	}
	sleep(ctx, honestEvery+time.Second) // until each has started once
	noise := floor(ctx)
	s, cpu, began := &sitting{}, v.cpu(), time.Now()
	s.healthz, err = atRate(ctx, healthzRate, b.spinFor, healthz(v.url))
	s.floor, s.half = noise(), began.Add(b.spinFor/2)
	s.cpu, s.lasted = v.cpu()-cpu, time.Since(began)
	runs, err2 := v.stop()
	s.runs, s.seen = runs, target.close()
	for _, err := range []error{err, err2, ctx.Err()} {
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (b *bench) crowdConfig(url string) string {
	var hcl strings.Builder
	for i := range b.honest {
		hcl.WriteString(webBlock(fmt.Sprintf("honest-%03d", i), url, honestEvery))
	}
	for i := range b.spinners {
		fmt.Fprintf(&hcl, "integration \"spin-%03d\" {\n  probe    = stranger.spin\n  interval = %q\n  timeout  = %q\n}\n", i, spinEvery.String(), spinTimeout.String())
	}
	return hcl.String()
}

func healthz(url string) func(context.Context) error {
	client := &http.Client{Timeout: healthzLimit, Transport: &http.Transport{MaxIdleConnsPerHost: healthzRate}}
	return func(ctx context.Context) error { return get(ctx, client, url+"/healthz", nil) }
}

// unhealthy counts the logged runs that were not healthy, of integrations with a
// prefix.
func (s *sitting) unhealthy(prefix string) int {
	n := 0
	for _, r := range s.runs {
		if strings.HasPrefix(r.Integration, prefix) && r.Status != "healthy" {
			n++
		}
	}
	return n
}

// phasesOf returns when in its interval each check is due: the earliest time at
// which it was seen without spinners.
func phasesOf(seen map[string][]time.Time) map[string]int64 {
	phases := map[string]int64{}
	for path, times := range seen {
		first := times[0].UnixNano() % int64(honestEvery)
		earliest := first
		for _, t := range times {
			earliest = min(earliest, first+around(t.UnixNano()-first))
		}
		phases[path] = earliest
	}
	return phases
}

// around wraps a distance to half an interval on either side.
func around(d int64) int64 {
	every := int64(honestEvery)
	return ((d+every/2)%every+every)%every - every/2
}

// lateness returns how much later than due each check was seen, starting at from. A
// check that is more than 50 ms early counts as almost an interval late.
func lateness(seen map[string][]time.Time, phases map[string]int64, from time.Time) []time.Duration {
	const early = int64(50 * time.Millisecond)
	every := int64(honestEvery)
	var all []time.Duration
	for path, times := range seen {
		due, ok := phases[path]
		if !ok {
			continue // never seen without spinners; the counts show it
		}
		for _, t := range times {
			if t.Before(from) {
				continue
			}
			d := ((t.UnixNano()-due+early)%every+every)%every - early
			all = append(all, time.Duration(d))
		}
	}
	return all
}

// printEnds prints how the spinners' runs ended.
func printEnds(runs []runLine, spinners int) {
	var worst time.Duration
	took, names, says := map[string][]time.Duration{}, map[string]map[string]bool{}, map[string]string{}
	ran := map[string]bool{}
	for _, r := range runs {
		if !strings.HasPrefix(r.Integration, "spin-") {
			continue
		}
		end := r.Status + ", " + r.Cause
		if names[end] == nil {
			names[end] = map[string]bool{}
		}
		took[end] = append(took[end], time.Duration(r.TookMS*float64(time.Millisecond)))
		names[end][r.Integration], ran[r.Integration], says[end] = true, true, r.Message
	}
	t := &table{}
	t.row("spinners ended", "runs", "of spinners", "took p50", "p99", "max", "after the deadline", "for example")
	for _, end := range slices.Sorted(maps.Keys(took)) {
		most := quantile(took[end], 1)
		worst = max(worst, most-spinTimeout)
		t.row(end, len(took[end]), len(names[end]), median(took[end]), quantile(took[end], 0.99), most, max(0, most-spinTimeout), says[end])
	}
	t.print()
	fmt.Println(goal(len(ran) == spinners, "%d of %d spinners ran and were stopped", len(ran), spinners))
	fmt.Println(goal(worst <= 50*time.Millisecond, "none stopped later than 50 ms after its deadline"))
}

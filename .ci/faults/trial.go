package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// trial is one fault on one vega.
type trial struct {
	settings
	fault
	dir  string   // the files around it begin with its name
	disk string   // what is mounted for it, or ""
	tidy []func() // in reverse order at the end

	near, far namespace // of vega, of the targets
	target    *target
	vega      *vega
	writers   *writers
	watcher   *watcher
	resolver  *resolver // nil: the integrations name addresses
	state     any       // what begin leaves for end
	options   string    // more of vega.hcl
	alarmed   bool      // there are alarms
	alarms    *alarms   // nil in the short form

	harmed time.Time       // rows acknowledged before this moment may be destroyed
	found  map[string]bool // rows in files that were set aside and are gone

	began, ended, well time.Time // of the fault, of its end, since when all is well
	result             result
}

// run makes the trial and returns its result.
func run(ctx context.Context, s settings, f fault) result {
	t := &trial{settings: s, fault: f, alarmed: !s.short}
	t.result.name = f.name
	if why := missing(f.needs); why != "" {
		t.result.skipped = why
		return t.result
	}
	defer t.clean()
	if err := t.prepare(ctx); err != nil {
		t.result.broken("prepare: %v", err)
		return t.result
	}
	if err := t.play(ctx); err != nil {
		t.result.broken("%v", err)
	}
	return t.result
}

// atEnd registers what takes something away again.
func (t *trial) atEnd(f func()) { t.tidy = append(t.tidy, f) }

func (t *trial) clean() {
	for n := len(t.tidy) - 1; n >= 0; n-- {
		t.tidy[n]()
	}
}

// data returns the path of a file in vega's data directory.
func (t *trial) data(name string) string { return filepath.Join(t.dir, "data", name) }

// prepare makes everything around vega.
func (t *trial) prepare(ctx context.Context) error {
	t.dir = filepath.Join(t.work, strings.NewReplacer("/", "-", " ", "-").Replace(t.name))
	if err := os.MkdirAll(t.data(""), 0o700); err != nil {
		return err
	}
	if err := t.mount(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(t.data(""), 0o700); err != nil { // again, in what was mounted
		return err
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	var err error
	if t.target, err = startTarget(ctx, t.far, t.targetHost()); err != nil {
		return err
	}
	t.atEnd(t.target.close)
	log, err := os.Create(t.dir + ".log")
	if err != nil {
		return err
	}
	t.atEnd(func() { _ = log.Close() })
	t.vega = &vega{program: t.program, dir: t.dir, ns: t.near, port: t.freePort(ctx), key: newKey(), extra: []string{"CLOCK_OFFSET=" + t.offset()}, log: &journal{file: log, unwell: map[string]int{}}}
	if t.has(clock) {
		var err error
		if t.vega.program, err = t.clockful(); err != nil {
			return err
		}
	}
	t.vega.client = &http.Client{Timeout: limit, Transport: &http.Transport{DialContext: t.near.dial, MaxIdleConnsPerHost: 8}}
	return t.configure(ctx)
}

// connect makes the network namespaces that the fault needs.
func (t *trial) connect(ctx context.Context) error {
	if !t.has(network) {
		return nil
	}
	name := fmt.Sprintf("kit-%d-%s", os.Getpid(), hex.EncodeToString([]byte(t.name))[:8]+newKey()[:4])
	var err error
	if t.near, err = newNamespace(ctx, name+"a"); err != nil {
		return err
	}
	t.atEnd(t.near.remove)
	t.far = t.near
	if !t.routed {
		return nil
	}
	if t.far, err = newNamespace(ctx, name+"b"); err != nil {
		return err
	}
	t.atEnd(t.far.remove)
	return join(ctx, t.near, t.far)
}

func (f *fault) has(n need) bool { return slices.Contains(f.needs, n) }

func (t *trial) targetHost() string {
	if t.both {
		return "" // all addresses
	}
	if t.routed {
		return farAddress
	}
	return "127.0.0.1"
}

// freePort returns a port that nobody listens on, and that is not ephemeral: no
// connection takes it before vega does, or between two starts of vega.
func (t *trial) freePort(ctx context.Context) (free int) {
	for free == 0 {
		_ = t.near.do(func() error {
			l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+mathrand.N(12_000)))
			if err == nil {
				free = port(l)
				_ = l.Close()
			}
			return err
		})
	}
	return free
}

func newKey() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// configure writes vega.hcl.
func (t *trial) configure(ctx context.Context) error {
	host := t.targetHost()
	var hcl strings.Builder
	hcl.WriteString("data_dir = \"data\"\nserver {\n  api_key = env(\"VEGA_API_KEY\")\n}\n")
	hcl.WriteString(t.options)
	if t.named {
		var err error
		if t.resolver, err = startResolver(ctx, t.near, t.both); err != nil {
			return err
		}
		t.atEnd(t.resolver.close)
		host = "target.example"
		fmt.Fprintf(&hcl, "network {\n  resolver = %q\n}\n", t.resolver.address)
	}
	hcl.WriteString("defaults {\n  interval = \"1s\"\n  timeout  = \"5s\"\n}\n")
	for n := range t.checks {
		if n%5 == 4 {
			fmt.Fprintf(&hcl, "integration \"tcp-%d\" {\n  probe = core.tcp\n  config {\n    address = \"%s:%d\"\n  }\n}\n", n, host, port(t.target.raw))
			continue
		}
		fmt.Fprintf(&hcl, "integration \"web-%d\" {\n  probe = core.http\n  config {\n    url = \"http://%s:%d/%d\"\n  }\n}\n", n, host, port(t.target.web), n)
	}
	more, err := t.prepareAlarms(ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.dir, "vega.hcl"), []byte(hcl.String()+more), 0o600)
}

// play starts vega, lets the fault happen and looks at what holds.
func (t *trial) play(ctx context.Context) error {
	err := t.watched(ctx, func() error { return t.happen(ctx) })
	if err == nil {
		t.after(ctx)
	}
	if t.vega.cmd != nil {
		t.vega.kill()
	}
	return err
}

// watched starts vega and everything that watches it, and calls do. It returns when
// each request of the writers is answered.
func (t *trial) watched(ctx context.Context, do func() error) error {
	if _, err := t.vega.start(ctx); err != nil {
		return err
	}
	t.writers = newWriters(t.vega, t.pause())
	t.watcher = &watcher{v: t.vega, t: t.target, checks: t.checks, blamed: map[string]int{}, causes: map[string]int{}}
	if !t.quiet {
		t.watcher.w = t.writers
	}
	watching, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { t.watcher.run(watching) })
	if t.alarms != nil {
		all.Go(func() { t.alarms.report(watching) })
	}
	if !t.quiet {
		all.Go(func() { t.writers.run(watching) })
	}
	time.Sleep(2 * time.Second) // until each integration has run once
	err := do()
	if err == nil {
		t.judgeAlarms(ctx)
	}
	stop()
	all.Wait()
	return err
}

func (t *trial) pause() time.Duration {
	if t.clients != 0 {
		return t.clients
	}
	return 50 * time.Millisecond
}

// happen measures vega before the fault, during it, and until all is well again.
func (t *trial) happen(ctx context.Context) error {
	if _, ok := t.watcher.awaitWell(ctx, time.Now(), 30*time.Second); !ok {
		return fmt.Errorf("not well before the fault: %v; %s", t.watcher.blamed, t.vega.log.tail())
	}
	from := time.Now()
	time.Sleep(t.before)
	t.result.rates[0] = t.watcher.perSecond(from, time.Now())
	t.result.held[0] = t.vega.footprint(ctx)
	t.fall(ctx, 0)
	t.began = time.Now()
	if err := t.inflict(ctx); err != nil {
		return err
	}
	if t.stays {
		t.result.rates[1] = t.watcher.perSecond(t.began, t.ended)
		return nil
	}
	if err := t.rise(ctx, 1); err != nil {
		return err
	}
	var ok bool
	t.well, ok = t.watcher.awaitWell(ctx, t.from(), t.patience)
	t.result.well, t.result.took = ok, t.well.Sub(t.from())
	t.result.rates[1] = t.watcher.perSecond(t.began, t.ended)
	if ok {
		from = time.Now()
		time.Sleep(t.before)
		t.result.rates[2] = t.watcher.perSecond(from, time.Now())
	}
	return nil
}

// from returns the moment from which vega could be well again.
func (t *trial) from() time.Time {
	if t.end == nil && t.whole == nil && !t.stays {
		return t.began
	}
	return t.ended
}

// lasting returns how long the fault lasts.
func (t *trial) lasting() time.Duration { return max(t.during, t.least) }

func (t *trial) inflict(ctx context.Context) error {
	defer func() { t.ended = time.Now() }()
	if t.whole != nil {
		t.fall(ctx, 1)
		return errors.Join(t.whole(ctx, t), t.rise(ctx, 0))
	}
	err := t.begin(ctx, t)
	if t.destroys {
		t.harmed = time.Now()
	}
	if err == nil {
		err = t.endure(ctx)
	}
	if t.end != nil {
		err = errors.Join(err, t.end(ctx, t))
	}
	return err
}

// endure waits while the fault lasts. One patient rises and the other falls meanwhile.
func (t *trial) endure(ctx context.Context) error {
	time.Sleep(t.lasting() / 4)
	err := t.rise(ctx, 0)
	t.fall(ctx, 1)
	time.Sleep(t.lasting() * 3 / 4)
	return err
}

// after looks at vega, stops it and looks at what it has stored.
func (t *trial) after(ctx context.Context) {
	if t.vega.alive() {
		if !t.stays {
			t.result.fresh = t.fresh(ctx)
		}
		t.result.held[1] = t.vega.footprint(ctx)
		t.result.stopped, t.result.exit = t.vega.stop(drain + 5*time.Second)
	} else {
		t.result.fails("vega has ended: %s", t.vega.cmd.ProcessState)
		t.result.exit = -1
	}
	t.result.ledger = t.audit(ctx)
	t.judge()
}

// drain is the default drain_timeout.
const drain = 10 * time.Second

// fresh writes a row and reads it.
func (t *trial) fresh(ctx context.Context) bool {
	if !t.writers.write(memory, keyOf(last)) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	a, err := t.vega.ask(ctx, http.MethodGet, "/v1/memories/"+keyOf(last), nil)
	return err == nil && a.status == http.StatusOK
}

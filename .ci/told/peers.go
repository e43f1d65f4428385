package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"text/template"
	"time"
)

// watcher is a program that watches the targets, and its inbox.
type watcher struct {
	name  string
	inbox *inbox
	start func(ctx context.Context) error
	end   func(s syscall.Signal)
}

// values are what the configurations need.
type values struct {
	Target, Inbox                string
	All, Children                []string
	Port, Blackbox, Alertmanager int
}

const peerChildren = 20

// phase is what happens to the targets, and how long the watchers are observed.
type phase struct {
	name    string
	happens func(ctx context.Context) error // it returns at once or after the restart
	lasts   time.Duration
	over    bool // a recovery, and not a failure
}

// period is a phase that has passed.
type period struct {
	phase
	from, to time.Time
}

// peers lets vega and other programs watch the same targets, which fail and recover.
func peers(ctx context.Context, s *stage) error {
	t, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	v := values{Target: t.url(), All: []string{"root"}}
	for n := range peerChildren {
		name := fmt.Sprintf("child-%02d", n+1)
		v.All, v.Children = append(v.All, name), append(v.Children, name)
	}
	all, err := s.watchers(ctx, v)
	if err != nil {
		return err
	}
	for _, w := range all {
		defer w.end(syscall.SIGKILL)
		if err := w.start(ctx); err != nil {
			return err
		}
	}
	var passed []period
	for _, p := range peerPhases(t, v, all, s.short, s.only == "restart") {
		if s.short {
			p.lasts /= 20
		}
		now := period{phase: p, from: time.Now()}
		if err := p.happens(ctx); err != nil {
			return err
		}
		fmt.Printf("%s %s\n", now.from.Format(time.TimeOnly), p.name)
		if err := pause(ctx, p.lasts-time.Since(now.from)); err != nil {
			return err
		}
		now.to = time.Now()
		passed = append(passed, now)
	}
	reportPeers(all, passed)
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// peerPhases returns what happens.
func peerPhases(t *target, v values, all []watcher, short, restartOnly bool) []phase {
	spread := 30 * time.Second
	if short {
		spread /= 10
	}
	fail := func(context.Context) error {
		t.fail("/root", true)
		for _, c := range v.Children {
			time.AfterFunc(rand.N(spread), func() { t.fail("/"+c, true) })
		}
		return nil
	}
	failNow := func(context.Context) error { t.down.Store(true); return nil }
	back := func(context.Context) error { t.recover(); return nil }
	restart := func(s syscall.Signal, meanwhile func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			for _, w := range all {
				w.end(s)
			}
			if err := meanwhile(ctx); err != nil {
				return err
			}
			if err := pause(ctx, 10*time.Second); err != nil {
				return err
			}
			for _, w := range all {
				if err := w.start(ctx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	nothing := func(context.Context) error { return nil }
	const sigterm, sigkill = "SIGTERM to the watchers, restart after 10 s", "SIGKILL to the watchers, all are back meanwhile, restart after 10 s"
	if restartOnly { // without what the watchers remember of earlier outages
		return []phase{
			{"healthy", nothing, 90 * time.Second, false},
			{"all fail", failNow, 230 * time.Second, false},
			{sigterm, restart(syscall.SIGTERM, nothing), 100 * time.Second, false},
			{sigkill, restart(syscall.SIGKILL, back), 230 * time.Second, true},
		}
	}
	return []phase{
		{"healthy", nothing, 3 * time.Minute, false},
		{"the root fails, its children within 30 s", fail, 8 * time.Minute, false},
		{"all are back", back, 4 * time.Minute, true},
		{"all fail for 90 s", failNow, 90 * time.Second, false},
		{"all are back", back, 200 * time.Second, true},
		{"all fail", failNow, 270 * time.Second, false},
		{sigterm, restart(syscall.SIGTERM, nothing), 150 * time.Second, false},
		{sigkill, restart(syscall.SIGKILL, back), 10 * time.Minute, true},
	}
}

// reportPeers prints which watcher sent what, and when.
func reportPeers(all []watcher, passed []period) {
	fmt.Println("| what happens | watcher | messages | openings / resolves in them | root told after | first message after | last message after |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, p := range passed {
		for _, w := range all {
			got := w.inbox.between(p.from, p.to)
			n := totalsOf(got)
			after := func(at time.Time) string {
				if at.IsZero() {
					return "–"
				}
				return fmt.Sprintf("%.0f s", at.Sub(p.from).Seconds())
			}
			last := time.Time{}
			if len(got) > 0 {
				last = got[len(got)-1].at
			}
			fmt.Printf("| %s, %s | %s | %d | %d / %d | %s | %s | %s |\n", p.name, p.to.Sub(p.from).Round(time.Second), w.name,
				n.messages, n.openings, n.resolves, after(first(got, "root", p.over)), after(first(got, "", p.over)), after(last))
		}
	}
	for _, w := range all {
		got := w.inbox.between(time.Time{}, time.Now())
		for _, l := range got {
			one := totalsOf([]letter{l})
			fmt.Printf("%s %s: %d openings, %d resolves; first about %s\n", l.at.Format(time.TimeOnly), w.name, one.openings, one.resolves, l.words[0].subject)
		}
		n := totalsOf(got)
		fmt.Printf("%s: %d messages, %d openings, %d resolves\n", w.name, n.messages, n.openings, n.resolves)
	}
}

// watchers configures vega, and those of the others that are installed.
func (s *stage) watchers(ctx context.Context, v values) ([]watcher, error) {
	all := []watcher{}
	for _, make := range []func(context.Context, values) (*watcher, error){s.vegaPeer, s.gatusPeer, s.prometheusPeer} {
		w, err := make(ctx, v)
		if err != nil {
			return nil, err
		}
		if w != nil {
			all = append(all, *w)
		}
	}
	return all, nil
}

// open starts an inbox and enters it into the values.
func (s *stage) open(ctx context.Context, v *values, read func([]byte) []word) (*inbox, error) {
	b, err := startInbox(ctx, read)
	if err != nil {
		return nil, err
	}
	s.tidy = append(s.tidy, b.close)
	v.Inbox = b.url()
	return b, nil
}

func (s *stage) vegaPeer(ctx context.Context, v values) (*watcher, error) {
	b, err := s.open(ctx, &v, fromVega)
	if err == nil {
		err = s.configure(filled(vegaPeer, v))
	}
	end := func(sig syscall.Signal) {
		if sig == syscall.SIGTERM {
			s.stop()
			return
		}
		s.kill()
	}
	return &watcher{"vega", b, s.start, end}, err
}

func (s *stage) gatusPeer(ctx context.Context, v values) (*watcher, error) {
	program, ok := installed(s.gatus)
	if !ok {
		return nil, nil
	}
	b, err := s.open(ctx, &v, fromGatus)
	if err != nil {
		return nil, err
	}
	if v.Port, err = freePort(ctx); err != nil {
		return nil, err
	}
	p := &peer{stage: s, name: "gatus", program: program, env: []string{"GATUS_CONFIG_PATH=gatus.yaml"}, ready: local(v.Port, "/health")}
	return &watcher{"Gatus", b, p.start, p.end}, s.write("gatus.yaml", filled(gatusConfig, v))
}

// local returns a URL of this machine.
func local(port int, path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", port, path) }

// filled fills a configuration with values.
func filled(text string, v values) string {
	var b strings.Builder
	if err := template.Must(template.New("").Parse(text)).Execute(&b, v); err != nil {
		panic(err) // a mistake in a configuration of this package
	}
	return b.String()
}

func (s *stage) prometheusPeer(ctx context.Context, v values) (*watcher, error) {
	prometheus, ok := installed("prometheus")
	blackbox, ok2 := installed("prometheus-blackbox-exporter")
	_, ok3 := installed("prometheus-alertmanager")
	if !ok || !ok2 || !ok3 {
		return nil, nil
	}
	b, err := s.open(ctx, &v, fromAlertmanager)
	if err != nil {
		return nil, err
	}
	for _, port := range []*int{&v.Port, &v.Blackbox, &v.Alertmanager} {
		if *port, err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	for name, text := range map[string]string{"prometheus.yml": prometheusConfig, "rules.yml": prometheusRules, "blackbox.yml": blackboxConfig} {
		if err := s.write(name, filled(text, v)); err != nil {
			return nil, err
		}
	}
	am, err := s.alertmanager(filled(alertmanagerConfig, v), v.Alertmanager)
	bb := &peer{stage: s, name: "blackbox", program: blackbox, ready: local(v.Blackbox, "/-/healthy")}
	bb.args = []string{"--config.file=blackbox.yml", fmt.Sprintf("--web.listen-address=127.0.0.1:%d", v.Blackbox)}
	p := &peer{stage: s, name: "prometheus", program: prometheus, ready: local(v.Port, "/-/ready")}
	p.args = []string{"--config.file=prometheus.yml", "--storage.tsdb.path=prometheus", fmt.Sprintf("--web.listen-address=127.0.0.1:%d", v.Port)}
	return together("Prometheus + Alertmanager", b, bb, am, p), err
}

// alertmanager configures an Alertmanager, which must be installed.
func (s *stage) alertmanager(config string, port int) (*peer, error) {
	p := &peer{stage: s, name: "alertmanager", program: "prometheus-alertmanager", ready: local(port, "/-/ready")}
	p.args = []string{"--config.file=alertmanager.yml", "--storage.path=alertmanager", "--cluster.listen-address="}
	p.args = append(p.args, fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port))
	return p, s.write("alertmanager.yml", config)
}

// together makes several programs one watcher.
func together(name string, b *inbox, all ...*peer) *watcher {
	start := func(ctx context.Context) error {
		for _, p := range all {
			if err := p.start(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	end := func(sig syscall.Signal) {
		for _, p := range all {
			p.end(sig)
		}
	}
	return &watcher{name, b, start, end}
}

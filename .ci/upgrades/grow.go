package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// grow makes a site that was backed up next to the old version and then upgraded, while
// clients wrote before, between and after. It prints figures.
func (w *world) grow(ctx context.Context) error {
	if w.upgraded != nil {
		return nil
	}
	s, err := w.base.copy(ctx, filepath.Join(w.dir, "upgraded"))
	if err != nil {
		return err
	}
	defer w.load.use(nil)
	began := time.Now()
	p, err := s.serve(ctx, w.old)
	if err != nil {
		return err
	}
	started := time.Since(began)
	w.load.use(s)
	if err := w.backedUp(ctx, s); err != nil {
		return err
	}
	wait(ctx, w.pause)
	if err := p.stop(); err != nil {
		return err
	}
	s.marks["upgrade"] = s.ledger.now()
	disk := peak(ctx, s.used)
	began = time.Now()
	if p, err = s.serve(ctx, w.program); err != nil {
		return err
	}
	migrated := time.Since(began)
	without, with := disk()
	wait(ctx, w.pause)
	if err := p.stop(); err != nil {
		return err
	}
	if err := w.during(ctx, s, w.program, w.pause); err != nil {
		return err
	}
	w.upgraded = s
	size, err := s.size(filepath.Base(s.backup()))
	fmt.Printf("%s: the old version answers %.2f s after its start; the new one, with backup and migration, after %.2f s, which needed %.0f MiB more at most; backup before the migration %.1f MiB\n",
		w.name, started.Seconds(), migrated.Seconds(), with-without, size)
	return err
}

// backedUp backs a site up while its vega runs, and prints figures.
func (w *world) backedUp(ctx context.Context, s *site) error {
	lasts := w.pause
	if w.name == "full" {
		lasts = 10 * time.Second
	}
	w.load.latencies()
	wait(ctx, lasts)
	before := w.load.latencies()
	log, disk := peak(ctx, s.log), peak(ctx, s.used)
	s.marks["backup"] = s.ledger.now()
	file := filepath.Join(s.dir, "backup.db")
	began := time.Now()
	text, err := s.command(ctx, w.program, "backup", file)
	took := time.Since(began)
	first, most := log()
	without, with := disk()
	if err != nil {
		return fmt.Errorf("backup: %w: %s", err, text)
	}
	during := w.load.latencies()
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	fmt.Printf("%s: vega backup under load took %.2f s, %.1f MiB; it needed %.0f MiB more at most; the write-ahead log grew from %.1f to %.1f MiB; before: %s; during: %s\n",
		w.name, took.Seconds(), float64(info.Size())/(1<<20), with-without, first, most, before, during)
	return nil
}

// peak watches a size until the returned function is called, which returns the first and
// the largest one.
func peak(ctx context.Context, size func() float64) func() (float64, float64) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	first := size()
	most := first
	go func() {
		defer close(ended)
		for ; ctx.Err() == nil; wait(ctx, 10*time.Millisecond) {
			most = max(most, size())
		}
	}()
	return func() (float64, float64) {
		stop()
		<-ended
		return first, most
	}
}

// log returns the size of the write-ahead log in MiB.
func (s *site) log() float64 {
	size, _ := s.size("vega.db-wal") // 0 if there isn't one
	return size
}

// used returns how many MiB the files of the site and its data_dir take. A file with two
// names counts once.
func (s *site) used() (all float64) {
	counted := map[uint64]bool{}
	for _, pattern := range []string{filepath.Join(s.dir, "*"), s.data("*")} {
		names, _ := filepath.Glob(pattern) // the pattern is well formed
		for _, name := range names {
			var info syscall.Stat_t
			if syscall.Stat(name, &info) != nil || info.Mode&syscall.S_IFMT != syscall.S_IFREG || counted[info.Ino] {
				continue
			}
			counted[info.Ino] = true
			all += float64(info.Size) / (1 << 20)
		}
	}
	return all
}

// figures measures each step once, without a kill.
func (w *world) figures(ctx context.Context) error {
	if err := w.grow(ctx); err != nil {
		return err
	}
	for _, mark := range []string{"upgrade", "backup"} {
		r := &restore{world: w, mark: mark}
		p, err := r.begin(ctx, 0, false)
		if err != nil {
			return err
		}
		disk := peak(ctx, r.site.used)
		if err := p.succeeded(); err != nil {
			return err
		}
		without, with := disk()
		fmt.Printf("%s: vega restore %s took %.2f s, and needed %.0f MiB more at most\n", w.name, filepath.Base(r.source()), time.Since(p.began).Seconds(), with-without)
		if err := r.close(); err != nil {
			return err
		}
	}
	return nil
}

// command runs a command of vega in the site's directory and returns what it printed.
func (s *site) command(ctx context.Context, program string, arguments ...string) (string, error) {
	p, err := s.start(ctx, false, nil, program, arguments...)
	if err != nil {
		return "", err
	}
	err = p.succeeded()
	return p.out.String(), err
}

// succeeded waits for the end of a command.
func (p *process) succeeded() error {
	select {
	case <-p.ended:
	case <-time.After(5 * time.Minute):
		p.kill()
		return fmt.Errorf("does not end within 5 minutes: %s", p.out)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("exit code %d: %s", code, p.out)
	}
	return nil
}

func lastLine(text string) string { return text[strings.LastIndex(text, "\n")+1:] }

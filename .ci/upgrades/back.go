package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"
)

// restore kills vega restore after an upgrade.
type restore struct {
	*world
	mark string // "upgrade" or "backup"
	then string // program that runs afterwards
	site *site
}

// source returns the backup.
func (r *restore) source() string {
	if r.mark == "upgrade" {
		return r.site.backup()
	}
	return filepath.Join(r.site.dir, "backup.db")
}

func (r *restore) open(ctx context.Context) error { return r.grow(ctx) }

func (r *restore) begin(ctx context.Context, _ int, trace bool) (*process, error) {
	if err := r.close(); err != nil {
		return nil, err
	}
	var err error
	if r.site, err = r.upgraded.copy(ctx, filepath.Join(r.dir, "restore")); err != nil {
		return nil, err
	}
	return r.site.start(ctx, trace, nil, r.program, "restore", r.source())
}

func (r *restore) finished(_ context.Context, p *process) error { return p.succeeded() }

func (r *restore) after(ctx context.Context, n int, t *tally) error {
	defer r.load.use(nil)
	s := r.site
	schema, err := r.state(ctx, t)
	if err != nil {
		return err
	}
	if n%2 == 0 { // what is there runs
		program := r.program
		if schema == oldSchema {
			program = r.old
		}
		if err := r.during(ctx, s, program, 200*time.Millisecond); err != nil {
			return fmt.Errorf("after an interrupted restore, with schema %d: %w", schema, err)
		}
	}
	began := time.Now()
	if text, err := s.command(ctx, r.program, "restore", r.source()); err != nil {
		return fmt.Errorf("restore: %w: %s", err, text)
	}
	t.again = append(t.again, time.Since(began))
	f, err := t.look(ctx, r.world, "the restored database", s.data("vega.db"), s.marks[r.mark])
	if err != nil {
		return err
	}
	if f.schema != oldSchema {
		r.fails("%s, %s: schema %d after the restore", t.step, t.size, f.schema)
	}
	t.tidy(r.world, s)
	if err := r.kept(ctx, t); err != nil {
		return err
	}
	return r.goOn(ctx, n, t)
}

// state looks at what a kill left: the database of before or the restored one.
func (r *restore) state(ctx context.Context, t *tally) (schema int, err error) {
	s := r.site
	if !exists(s.data("vega.db")) {
		t.hit["no database"]++
		r.fails("%s, %s, kill %d: there is no vega.db", t.step, t.size, t.kills)
		return 0, nil
	}
	f, err := r.audit(ctx, s.data("vega.db"), s.ledger.now(), true)
	switch {
	case err != nil:
		return 0, err
	case f.schema == oldSchema: // it need not have what was written after the backup
		t.hit["restored"]++
		f, err = t.look(ctx, r.world, "the restored database after the kill", s.data("vega.db"), s.marks[r.mark])
		return f.schema, err
	case len(s.leftovers()) > 0:
		t.hit["in the copy"]++
	default:
		t.hit["before"]++
	}
	t.note(r.world, "the database after the kill", f)
	return f.schema, nil
}

// kept looks for everything that was acknowledged in the database and in the files that
// restore kept next to it.
func (r *restore) kept(ctx context.Context, t *tally) error {
	names, err := filepath.Glob(r.site.data("vega.db*"))
	if err != nil {
		return err
	}
	missing := r.site.ledger.now()
	for _, name := range names {
		if strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm") || strings.HasSuffix(name, ".lock") {
			continue
		}
		have, err := r.sessions(ctx, name)
		if err != nil {
			return err
		}
		maps.DeleteFunc(missing.sessions, func(session string, _ bool) bool { return have[session] })
	}
	if n := len(missing.sessions); n > 0 {
		t.lost += n
		r.fails("%s, %s, kill %d: %d acknowledged conversations are neither in vega.db nor in a file that was kept (%s)", t.step, t.size, t.kills, n, strings.Join(names, ", "))
	}
	return nil
}

// goOn runs a version with the restored database, while clients write, and now and then
// upgrades again.
func (r *restore) goOn(ctx context.Context, n int, t *tally) error {
	s := r.site
	restored, err := newLedger(filepath.Join(s.dir, "ledger.restored"), s.marks[r.mark])
	if err != nil {
		return err
	}
	_ = s.ledger.file.Close() // its content is in memory as well
	everything := s.ledger.now()
	s.ledger = restored
	if err := r.during(ctx, s, r.then, 300*time.Millisecond); err != nil {
		return fmt.Errorf("after the restore: %w", err)
	}
	_, err = t.look(ctx, r.world, "the restored database in use", s.data("vega.db"), s.ledger.now())
	if err != nil || r.then != r.old || n%5 > 0 {
		return err
	}
	return r.upgradeAgain(ctx, t, everything)
}

// upgradeAgain upgrades after the way back, and then adds what restore kept, so that
// everything that was ever acknowledged is there.
func (r *restore) upgradeAgain(ctx context.Context, t *tally, everything acknowledged) error {
	s := r.site
	must := s.ledger.now()
	if err := r.during(ctx, s, r.program, 200*time.Millisecond); err != nil {
		return fmt.Errorf("upgrade after the way back: %w", err)
	}
	if _, err := t.look(ctx, r.world, "the backup of the second upgrade", s.backup(), must); err != nil {
		return err
	}
	kept, err := filepath.Glob(s.data("vega.db.replaced-*"))
	if err != nil {
		return err
	}
	for _, name := range kept {
		if strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm") {
			continue
		}
		if text, err := s.command(ctx, r.program, "recover", name, "--into", s.data("vega.db")); err != nil {
			return fmt.Errorf("recover: %w: %s", err, text)
		}
		n, err := r.missingRuns(ctx, name, s.data("vega.db"))
		if err != nil {
			return err
		}
		if t.lacks += n; n > 0 {
			r.fails("%s, %s, kill %d: %d runs of %s are missing after vega recover", t.step, t.size, t.kills, n, filepath.Base(name))
		}
	}
	maps.Copy(everything.sessions, s.ledger.now().sessions)
	everything.run = anyRun
	_, err = t.look(ctx, r.world, "the database upgraded again, with what was kept", s.data("vega.db"), everything)
	return err
}

func (r *restore) close() error {
	r.load.use(nil)
	if r.site != nil {
		r.site.remove()
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// upgrade kills the first start of the new version.
type upgrade struct {
	*world
	site *site
}

func (u *upgrade) open(context.Context) error { return nil }

// begin runs the old version while clients write, ends it, and starts the new one.
func (u *upgrade) begin(ctx context.Context, n int, trace bool) (*process, error) {
	if err := u.close(); err != nil {
		return nil, err
	}
	var err error
	if u.site, err = u.base.copy(ctx, filepath.Join(u.dir, "upgrade")); err != nil {
		return nil, err
	}
	p, err := u.site.serve(ctx, u.old)
	if err != nil {
		return nil, err
	}
	u.load.use(u.site)
	wait(ctx, 300*time.Millisecond)
	if n%2 == 0 {
		err = p.stop()
	} else {
		p.kill()
	}
	if err != nil {
		return nil, err
	}
	u.site.marks["upgrade"] = u.site.ledger.now()
	return u.site.start(ctx, trace, nil, u.program, "serve")
}

func (u *upgrade) finished(ctx context.Context, p *process) error {
	err := p.answers(ctx)
	p.kill()
	return err
}

func (u *upgrade) after(ctx context.Context, n int, t *tally) error {
	u.load.use(nil)
	defer u.load.use(nil)
	s := u.site
	f, err := t.look(ctx, u.world, "the database after the kill", s.data("vega.db"), s.ledger.now())
	if err != nil {
		return err
	}
	switch {
	case f.schema > oldSchema:
		t.hit["after the migration"]++
	case exists(s.backup()):
		t.hit["between backup and migration"]++
	case anyOf(s.backup() + "*"):
		t.hit["in the backup"]++
	default:
		t.hit["before"]++
	}
	if err := u.oldRuns(ctx, n, f.schema); err != nil {
		return err
	}
	began := time.Now()
	p, err := s.serve(ctx, u.program)
	if err != nil {
		return fmt.Errorf("the new version after the kill: %w", err)
	}
	t.again = append(t.again, time.Since(began))
	u.load.use(s)
	wait(ctx, 300*time.Millisecond)
	u.load.use(nil)
	if err := p.stop(); err != nil {
		return err
	}
	return u.whole(ctx, t)
}

// oldRuns starts the old version after an interrupted upgrade. If the migration is
// complete, it must refuse the file.
func (u *upgrade) oldRuns(ctx context.Context, n, schema int) error {
	if schema > oldSchema {
		return u.site.refuses(ctx)
	}
	if n%2 == 1 { // the others are tried again at once
		return nil
	}
	if err := u.during(ctx, u.site, u.old, 200*time.Millisecond); err != nil {
		return fmt.Errorf("the old version after an interrupted upgrade: %w", err)
	}
	u.site.marks["upgrade"] = u.site.ledger.now() // the next backup must have this, too
	return nil
}

// whole looks at the database and the backup after the upgrade.
func (u *upgrade) whole(ctx context.Context, t *tally) error {
	s := u.site
	f, err := t.look(ctx, u.world, "the upgraded database", s.data("vega.db"), s.ledger.now())
	if err != nil {
		return err
	}
	if f.schema <= oldSchema {
		u.fails("upgrade, %s: the new version runs with schema %d", u.name, f.schema)
	}
	if !exists(s.backup()) {
		u.fails("upgrade, %s: there is no backup %s", u.name, filepath.Base(s.backup()))
		return nil
	}
	f, err = t.look(ctx, u.world, "the backup that the upgrade made", s.backup(), s.marks["upgrade"])
	if err == nil && f.schema != oldSchema {
		u.fails("upgrade, %s: the backup has schema %d", u.name, f.schema)
	}
	t.tidy(u.world, s)
	return err
}

func (u *upgrade) close() error {
	u.load.use(nil)
	if u.site != nil {
		u.site.remove()
	}
	return nil
}

// oldSchema is the schema of the old version.
const oldSchema = 6

// backup returns the path of the backup that the new version makes of the old file.
func (s *site) backup() string { return s.data(fmt.Sprintf("vega.db.schema-%d.backup", oldSchema)) }

// refuses starts the old version with the database of the new one.
func (s *site) refuses(ctx context.Context) error {
	text, err := s.command(ctx, s.old, "serve")
	if err == nil {
		s.fails("the old version ends without an error on the newer file: %s", text)
	}
	if s.seen["refused"]++; s.seen["refused"] == 1 {
		fmt.Printf("the old version on the newer file: %s\n", brief(text))
	}
	return nil
}

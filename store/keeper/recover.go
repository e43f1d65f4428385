package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vega/store/sqlite"
	"vega/store/sqlite/identity"
)

// spareRoom is how many times the size of a damaged file must be free, so that what is
// recovered of it does not fill the disk.
const spareRoom = 2

// recovery adds what can be read of a file that was set aside to the new one.
type recovery struct {
	cancel context.CancelFunc // nil: none is in progress
	done   chan struct{}
}

// end ends the recovery in progress, if there is one.
func (r *recovery) end() {
	if r.cancel != nil {
		r.cancel()
		<-r.done
		r.cancel = nil
	}
}

// keepLog sets a write-ahead log aside whose file is gone or empty, to be recovered: its
// file was deleted, and vega ended before it could write it again. SQLite would delete the
// log.
func (c *caretaker) keepLog() error {
	file, err := os.Stat(c.path)
	if err == nil && (file.Size() > 0 || !file.Mode().IsRegular()) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // opening the file returns the error
	}
	log, err := os.Stat(c.path + "-wal")
	if err != nil || log.Size() == 0 || !log.Mode().IsRegular() {
		return nil //nolint:nilerr // there is none
	}
	aside := c.asideName()
	if err := renameAll(c.path, aside); err != nil {
		return fmt.Errorf("set the write-ahead log of a deleted file aside: %w", err)
	}
	if file == nil { // vega recover wants a name
		if err := os.WriteFile(aside, nil, 0o600); err != nil {
			return fmt.Errorf("set the write-ahead log of a deleted file aside: %w", err)
		}
	}
	c.repair.damaged = aside
	c.options.Log.Error("the store's file was deleted, but not its write-ahead log, which is set aside", "path", c.path, "aside", aside)
	return nil
}

// unfinished is the suffix of an empty file next to one that was set aside, while that is
// being recovered. A vega that finds it at its start goes on: no row is added twice.
const unfinished = ".recovering"

// recoverInto begins to recover the damaged file, if there is one, into a new one.
func (c *caretaker) recoverInto(s *sqlite.Store) {
	if aside := c.repair.damaged; aside != "" && s.Created() {
		if err := os.WriteFile(aside+unfinished, nil, 0o600); err != nil {
			c.options.Log.Warn("a recovery that is interrupted will not be continued at the next start", "err", err)
		}
		c.recover(s, []string{aside})
	}
	c.repair.damaged = ""
}

// resume goes on with the recoveries that the end of an earlier vega interrupted.
func (c *caretaker) resume() {
	files, err := os.ReadDir(filepath.Dir(c.path))
	if err != nil {
		return // there is nothing to go on with
	}
	var asides []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), unfinished); ok && strings.HasPrefix(name, filepath.Base(c.path)+".broken-") {
			asides = append(asides, filepath.Join(filepath.Dir(c.path), name))
		}
	}
	if len(asides) > 0 {
		c.recover(c.now, asides)
	}
}

// recover begins to add what can be read of files that were set aside to s. It does not
// wait.
func (c *caretaker) recover(s *sqlite.Store, asides []string) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	c.repair.recovery = recovery{cancel, done}
	go func() {
		defer close(done)
		_ = c.runs.Flush(ctx) // what is queued is newer; an error is recorded in health
		for _, aside := range asides {
			c.recoverOne(ctx, s, aside)
		}
	}()
}

func (c *caretaker) recoverOne(ctx context.Context, s *sqlite.Store, aside string) {
	log, fix := c.options.Log.With("aside", aside), "stop vega, and run: vega recover "+aside+" --into "+s.Path()
	info, err := os.Stat(aside)
	if errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(aside + unfinished) // the operator has moved the file
		return
	}
	if free := identity.Free(s.Path()); err == nil && free >= 0 && free < spareRoom*info.Size() {
		log.Warn("the disk has too little room to recover what can be read of the damaged file", "fix", fix)
		return
	}
	report, err := sqlite.Recover(ctx, aside, s)
	var added, lost int64
	for _, t := range report.Tables {
		added += t.Added
		lost += t.Lost
	}
	switch {
	case ctx.Err() != nil:
		log.Warn("the recovery of the damaged file was interrupted; vega continues it at its next start", "rows", added)
	case err != nil:
		log.Error("the damaged file could not be recovered", "rows", added, "fix", fix, "err", err)
	default:
		log.Warn("what can be read of the damaged file is in the new one", "rows", added, "rows_lost", lost)
	}
	if ctx.Err() == nil {
		if err := os.Remove(aside + unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Warn("vega will recover the damaged file again at its next start", "err", err)
		}
	}
}

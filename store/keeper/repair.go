package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vega/store/sqlite"
	"vega/store/sqlite/filelock"
	"vega/store/sqlite/identity"
)

// repair is the state of the repair of the store's file.
type repair struct {
	since  time.Time // when the trouble began; zero: there is none
	next   time.Time // before it, no step is attempted again
	tried  time.Time // when the store was last tried
	failed string    // the error that was last logged

	closed  []*sqlite.Store // with connections that are still open
	sides   []string        // logs of the open file that were moved out of the way
	suspect string          // path of a file that was set aside, but may be intact
	cleared time.Time       // when a suspect was last found to be intact
	damaged string          // path of a file that was set aside, to be recovered

	recovery recovery
}

// release closes what calls in progress have kept open.
func (r *repair) release() {
	var still []*sqlite.Store
	for _, s := range r.closed {
		if !s.Released() {
			still = append(still, s)
		}
	}
	r.closed = still
}

// errInUse is returned by a step that must wait for calls in progress.
var errInUse = errors.New("the store is in use by calls in progress")

// exchangeTime limits how long exchange waits for calls in progress. A call that waits
// for a disk that does not answer must not make all others wait.
const exchangeTime = time.Second

// exchange replaces the open file between two calls, and returns the former one.
func (k *Store) exchange(next *sqlite.Store) (before *sqlite.Store, err error) {
	k.repair.recovery.end()
	for end := time.Now().Add(exchangeTime); !k.gate.TryLock(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return nil, errInUse
		}
	}
	defer k.gate.Unlock()
	before, k.now = k.now, next
	return before, nil
}

// mend does the next step against a trouble.
func (k *Store) mend(ctx context.Context, t *identity.Trouble) error {
	switch t.Kind {
	case identity.Gone:
		if k.now.Linked() && time.Since(k.repair.since) < comeBack {
			return nil // it was moved, and may be moved back
		}
		return k.restore(ctx)
	case identity.Replaced:
		return k.takeUp(ctx)
	case identity.LogGone:
		return k.renewLog(ctx)
	default:
		return k.setAside(t)
	}
}

// restore writes what is open to the path, where no file is.
func (k *Store) restore(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return fmt.Errorf("write the store's file again: %w", err)
	}
	if err := k.moveSides(k.asideName()); err != nil {
		return err
	}
	if err := k.now.CopyTo(ctx, k.path); err != nil {
		k.now.Notice(err)
		return fmt.Errorf("write the store's file again: %w", err)
	}
	k.options.Log.Warn("the store's file was deleted or moved away; vega has written all of it again from what it had open", "path", k.path)
	k.dropSides()
	return k.close()
}

// takeUp opens the file that was put in the place of the open one. If it is not a
// database of vega, it is set aside, and the open one is written to the path again.
func (k *Store) takeUp(ctx context.Context) error {
	aside := k.asideName()
	if info, err := os.Stat(k.path); err == nil && (info.Size() == 0 || !info.Mode().IsRegular()) {
		return k.reject(ctx, aside, errors.New("it is empty or not a regular file"))
	}
	if err := k.now.Checkpoint(ctx); err != nil && k.now.Linked() {
		return fmt.Errorf("finish the store's former file, which was moved away: %w", err)
	}
	// Our own log next to another file would be read as that file's log.
	if err := k.moveSides(aside); err != nil {
		return err
	}
	next, err := k.open(ctx)
	if sqlite.IsUnusable(err) {
		return k.reject(ctx, aside, err)
	}
	if err != nil {
		return err
	}
	kept, err := k.keep(ctx, aside, next)
	if err != nil {
		return errors.Join(err, next.Close())
	}
	before, err := k.exchange(next)
	if err != nil {
		return errors.Join(err, next.Close())
	}
	k.repair.closed = append(k.repair.closed, before)
	k.options.Log.Warn("the store's file was replaced by another database of vega; vega goes on with that one", "path", k.path, "before", kept)
	k.dropSides()
	k.begin()
	return before.Close()
}

// keep keeps the contents of the open file, which is given up for next. Those of a file
// that vega has begun itself are added to next: the original was only missing for a
// while, such as a volume that was mounted late. Any other file is copied to the path
// aside if it has no name any more. keep returns where the contents are now.
func (k *Store) keep(ctx context.Context, aside string, next *sqlite.Store) (string, error) {
	if k.now.Created() {
		report, err := k.now.MergeInto(ctx, next)
		if err != nil {
			return "", fmt.Errorf("add what was stored meanwhile to the file that is back: %w", err)
		}
		var added int64
		for _, t := range report.Tables {
			added += t.Added
		}
		return fmt.Sprintf("%d rows of it were added to that one", added), nil
	}
	if k.now.Linked() {
		return "it was moved away", nil
	}
	if err := k.now.CopyTo(ctx, aside); err != nil {
		return "", fmt.Errorf("keep the store's former file: %w", err)
	}
	return "it is kept as " + aside, nil
}

// reject sets the file at the path aside, because the store can't use it, and writes
// the open one again.
func (k *Store) reject(ctx context.Context, aside string, why error) error {
	if err := os.Rename(k.path, aside); err != nil {
		return fmt.Errorf("set the file aside that replaced the store's: %w", err)
	}
	k.options.Log.Warn("the store's file was replaced by one that vega can't use, which is set aside", "path", k.path, "aside", aside, "reason", why.Error())
	return k.restore(ctx)
}

// renewLog opens the file again, so that its write-ahead log gets a name.
func (k *Store) renewLog(ctx context.Context) error {
	if err := k.now.Checkpoint(ctx); err != nil {
		return fmt.Errorf("renew the write-ahead log of the store: %w", err)
	}
	aside := k.asideName()
	for _, suffix := range suffixes[1:] {
		if k.now.OwnsSide(suffix) {
			continue
		}
		if err := rename(k.path+suffix, aside+suffix); err != nil {
			return fmt.Errorf("renew the write-ahead log of the store: %w", err)
		}
	}
	k.options.Log.Warn("the write-ahead log of the store, or its index, was deleted or replaced; nothing is lost, and vega opens the file again", "path", k.path)
	return k.close()
}

// setAside renames the file and what belongs to it. A new one is begun next, unless the
// file turns out to be intact.
func (k *Store) setAside(t *identity.Trouble) error {
	if !k.now.Named() { // meanwhile, the path names another file, or none
		return k.close()
	}
	aside := k.asideName()
	if err := renameAll(k.path, aside); err != nil {
		return fmt.Errorf("set the store's file aside: %w", err)
	}
	if k.repair.damaged = aside; t.Kind != identity.Overwritten && time.Since(k.repair.cleared) > comeBack {
		k.repair.suspect = aside
	}
	k.options.Log.Error("the store's file is set aside", "path", k.path, "aside", aside, "reason", t.Text)
	return k.close()
}

// suffixes are those of the files of a database.
var suffixes = []string{"", "-wal", "-shm"}

// renameAll renames the files of a database.
func renameAll(from, to string) error {
	for _, suffix := range suffixes {
		if err := rename(from+suffix, to+suffix); err != nil {
			return err
		}
	}
	return nil
}

// close closes the open file, which reopen opens again.
func (k *Store) close() error {
	before, err := k.exchange(nil)
	if err != nil {
		return err
	}
	k.repair.closed = append(k.repair.closed, before)
	if err := before.Close(); err != nil {
		k.options.Log.Warn("the store's former file did not close", "err", err)
	}
	select {
	case k.wake <- struct{}{}: // reopen at once
	default:
	}
	return nil
}

// reopen opens the file that the path names, or begins a new one.
func (k *Store) reopen(ctx context.Context) error {
	if len(k.repair.closed) > 0 {
		return nil // the next look tries again
	}
	if err := k.rehabilitate(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return fmt.Errorf("create the directory of the store: %w", err)
	}
	if err := k.relock(); err != nil {
		return err
	}
	next, err := k.open(ctx)
	if sqlite.IsUnusable(err) {
		aside := k.asideName()
		k.options.Log.Error("the store's file can't be used and is set aside", "path", k.path, "aside", aside, "err", err)
		if err := renameAll(k.path, aside); err != nil {
			return fmt.Errorf("set the store's file aside: %w", err)
		}
		k.repair.damaged = aside
		next, err = k.open(ctx)
	}
	if err != nil {
		return err
	}
	k.gate.Lock() // no call is in progress
	k.now = next
	k.gate.Unlock()
	if next.Created() {
		k.options.Log.Error("the store has begun a new file", "path", k.path)
		if k.options.Last != nil {
			k.runs.Precede(k.options.Last())
		}
		if k.repair.damaged != "" {
			k.recover(next, k.repair.damaged)
		}
	}
	k.repair.damaged = ""
	k.begin()
	return nil
}

// begin goes on writing.
func (k *Store) begin() {
	k.why.Store(nil)
	k.repair.since = time.Time{}
	k.runs.Retry()
}

// rehabilitate gives a file that was set aside its name back if it is intact.
func (k *Store) rehabilitate(ctx context.Context) error {
	aside := k.repair.suspect
	if aside == "" {
		return nil
	}
	damage := sqlite.Verify(ctx, aside)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if damage == nil {
		if err := renameAll(aside, k.path); err != nil {
			return fmt.Errorf("take up %s: %w", aside, err)
		}
		k.repair.cleared, k.repair.damaged = time.Now(), ""
		k.options.Log.Warn("the file that was set aside is intact, although its last changes may be missing; vega goes on with it", "path", k.path)
	} else {
		k.options.Log.Error("the file that was set aside is damaged; vega begins a new one", "aside", aside, "err", damage)
	}
	k.repair.suspect = ""
	return nil
}

// relock locks the path again if its lock file was deleted.
func (k *Store) relock() error {
	if k.lock != nil && k.lock.Named() {
		return nil
	}
	held, err := filelock.Acquire(k.path + ".lock")
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	if k.lock != nil {
		_ = k.lock.Release() // it has no name any more
	}
	k.gate.Lock()
	k.lock = held
	k.gate.Unlock()
	return nil
}

// moveSides gets the log and its index, which are those of the open file, out of the
// way of another file.
func (k *Store) moveSides(aside string) error {
	for _, suffix := range suffixes[1:] {
		if !k.now.OwnsSide(suffix) {
			continue
		}
		if err := rename(k.path+suffix, aside+".old"+suffix); err != nil {
			return fmt.Errorf("set the write-ahead log of the store aside: %w", err)
		}
		k.repair.sides = append(k.repair.sides, aside+".old"+suffix)
	}
	return nil
}

// dropSides removes the logs that were moved, because what they hold was copied.
func (k *Store) dropSides() {
	for _, side := range k.repair.sides {
		if err := os.Remove(side); err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.options.Log.Warn("can't remove a former write-ahead log", "err", err)
		}
	}
	k.repair.sides = nil
}

// asideName returns an unused path for a file that is set aside.
func (k *Store) asideName() string {
	base := k.path + ".broken-" + time.Now().UTC().Format("20060102T150405Z")
	name := base
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}

// rename renames a file, if there is one.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

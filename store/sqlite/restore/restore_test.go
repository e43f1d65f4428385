//go:build unix

package restore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/store/sqlite"
	"vega/store/sqlite/backup"
	"vega/store/sqlite/dsn"
	"vega/store/sqlite/filelock"
	"vega/store/sqlite/restore"
)

// TestMain is also the process that is killed: with VEGA_TEST_DIR, it backs up or
// restores in that directory, and kills itself at the step with the number
// VEGA_TEST_STEP.
func TestMain(m *testing.M) {
	dir := os.Getenv("VEGA_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	left, _ := strconv.Atoi(os.Getenv("VEGA_TEST_STEP"))
	step := func(string) {
		if left--; left == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Hour)
		}
	}
	var err error
	if os.Getenv("VEGA_TEST_BACKUP") != "" {
		_, err = take(context.Background(), dir, backup.Watch{Step: step})
	} else {
		o := options(dir)
		o.Step = step
		_, err = restore.Run(context.Background(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func options(dir string) restore.Options {
	return restore.Options{
		From: filepath.Join(dir, "b.db"), Store: filepath.Join(dir, "data", "vega.db"), DataDir: filepath.Join(dir, "data"),
		Files: []string{"id", "keys.json"}, Stay: []string{"keys.json"}, Now: time.Unix(1_800_000_000, 0),
	}
}

func take(ctx context.Context, dir string, w backup.Watch) (backup.Info, error) {
	return sqlite.TakeBackup(ctx, filepath.Join(dir, "data", "vega.db"), backup.Options{
		Path: filepath.Join(dir, "b.db"), Replace: true, Taken: time.Now(), By: backup.Program{Version: "1.2.3", Commit: "abc"},
		Files: []backup.File{{Name: "id", Data: []byte("backed up")}, {Name: "keys.json", Data: []byte("{}")}, {Name: "../outside", Data: []byte("x")}}, Watch: w,
	})
}

// put stores a memory with the key k.
func put(t *testing.T, path, value string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err == nil {
		err = errors.Join(s.SetMemory(t.Context(), "k", value), s.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// value returns the memory with the key k, and checks all of the file.
func value(t *testing.T, path string) string {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m, err := s.Memory(t.Context(), "k")
	if err := errors.Join(err, sqlite.Verify(t.Context(), path)); err != nil {
		t.Fatal(err)
	}
	return m.Value
}

// prepare returns a directory with a backup whose memory is "new", and a store whose
// memory is "old", which a vega that was killed left with its write-ahead log.
func prepare(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "data", "vega.db")
	put(t, path, "new")
	if _, err := take(t.Context(), dir, backup.Watch{}); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path)
	if err == nil {
		err = s.SetMemory(t.Context(), "k", "old")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	killed := t.TempDir()
	for _, name := range []string{"vega.db", "vega.db-wal"} {
		write(t, filepath.Join(killed, name), read(t, filepath.Join(dir, "data", name)))
	}
	if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(killed, filepath.Join(dir, "data")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "data", "id"), "before")
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// killedAt runs the child and reports whether it was killed at the step.
func killedAt(t *testing.T, dir string, step int, env ...string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(append(os.Environ(), "VEGA_TEST_DIR="+dir, "VEGA_TEST_STEP="+strconv.Itoa(step)), env...)
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Sys().(syscall.WaitStatus).Signaled() {
		return true
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return false
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// A kill at any step leaves the former store or the restored one, with what the log had,
// and the same restore again does the rest. Nothing is lost.
func TestRestoreSurvivesAKillAtEachStep(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for step := 1; ; step++ {
		dir := prepare(t)
		o := options(dir)
		killed := killedAt(t, dir, step)
		if exists(o.Store) == false {
			t.Fatalf("step %d: there is no file", step)
		}
		got := value(t, o.Store) // a vega starts, and ends
		seen[got]++
		if !killed && got != "new" || got != "old" && got != "new" {
			t.Fatalf("step %d: %q", step, got)
		}
		if !killed {
			break
		}
		r, err := restore.Run(t.Context(), o)
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		if got := value(t, o.Store); got != "new" || read(t, filepath.Join(o.DataDir, "id")) != "backed up" {
			t.Errorf("step %d, again: %q", step, got)
		}
		kept, err := filepath.Glob(o.Store + ".replaced-*")
		if err != nil || len(kept) == 0 || value(t, kept[0]) != "old" {
			t.Errorf("step %d: %v, %v, %+v", step, kept, err, r)
		}
		if left, _ := filepath.Glob(filepath.Join(o.DataDir, "*.restoring")); len(left) > 0 {
			t.Errorf("step %d left %v", step, left)
		}
		if exists(filepath.Join(dir, "outside")) {
			t.Error("a file outside data_dir was written")
		}
	}
	if seen["old"] < 4 || seen["new"] < 3 {
		t.Errorf("kills found %v", seen)
	}
}

// A file that SQLite can't use is kept with its log, also if the restore is killed.
func TestDamagedFileIsKeptWithItsLog(t *testing.T) {
	t.Parallel()
	for step := 1; ; step++ {
		dir := prepare(t)
		o := options(dir)
		log := read(t, o.Store+"-wal")
		write(t, o.Store, strings.Repeat("damaged", 1000))
		killed := killedAt(t, dir, step)
		if killed {
			if _, err := restore.Run(t.Context(), o); err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
		}
		kept, err := filepath.Glob(o.Store + ".replaced-*-wal")
		if err != nil || len(kept) != 1 || read(t, kept[0]) != log || read(t, strings.TrimSuffix(kept[0], "-wal")) != strings.Repeat("damaged", 1000) {
			t.Errorf("step %d: %v, %v", step, kept, err)
		}
		if got := value(t, o.Store); got != "new" {
			t.Errorf("step %d: %q", step, got)
		}
		if !killed {
			return
		}
	}
}

// A kill at any step of a backup leaves the backup before it, or the new one.
func TestBackupSurvivesAKillAtEachStep(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	before := read(t, filepath.Join(dir, "b.db"))
	for step := 1; killedAt(t, dir, step, "VEGA_TEST_BACKUP=1"); step++ {
		if read(t, filepath.Join(dir, "b.db")) != before {
			t.Errorf("step %d: the backup before is gone", step)
		}
	}
	i, err := backup.Check(t.Context(), filepath.Join(dir, "b.db"), backup.Watch{})
	if err != nil || i.By.Version != "1.2.3" || i.Rows["memories"] != 1 || exists(filepath.Join(dir, "b.db.part")) {
		t.Errorf("%+v, %v", i, err)
	}
}

// Whatever is wrong with a backup, it is refused, and the store is as before.
func TestBadBackupsAreRefused(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	o := options(dir)
	good := read(t, o.From)
	flip := func(at int) string { return good[:at] + string([]byte{good[at] ^ 1}) + good[at+1:] }
	newer := good[:60] + "\x00\x00\x03\xe7" + good[64:]
	for name, text := range map[string]string{
		"empty": "", "one byte": "S", "the magic only": good[:16], "a header": good[:100], "half": good[:len(good)/2],
		"one page less": good[:len(good)-4096], "one byte less": good[:len(good)-1], "one byte more": good + "x", "text": strings.Repeat("text ", 1000),
		"zeros": strings.Repeat("\x00", len(good)), "a bit in the header": flip(30), "a bit in the middle": flip(len(good) / 2), "a bit at the end": flip(len(good) - 2),
		"newer": newer, "another application": good[:68] + "none" + good[72:],
	} {
		write(t, o.From, text)
		log := read(t, o.Store+"-wal")
		_, err := restore.Run(t.Context(), o)
		_, damaged := errors.AsType[*backup.DamagedError](err)
		if !damaged && !errors.Is(err, backup.ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
		if read(t, o.Store+"-wal") != log {
			t.Fatalf("%s: the store was changed", name)
		}
		if left, _ := filepath.Glob(filepath.Join(o.DataDir, "*re*")); len(left) > 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
	if got := value(t, o.Store); got != "old" {
		t.Error(got)
	}
}

// Every byte counts.
func TestEachChangedByteIsFound(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	path := options(dir).From
	good := []byte(read(t, path))
	for at := 0; at < len(good); at += 997 {
		good[at] ^= 0x10
		write(t, path, string(good))
		good[at] ^= 0x10
		if _, err := backup.Check(t.Context(), path, backup.Watch{}); err == nil {
			t.Fatalf("byte %d was changed", at)
		}
	}
}

// A backup of a newer vega is refused with its version.
func TestNewerBackupIsRefused(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	o := options(dir)
	write(t, o.From, read(t, o.Store))
	// A plain copy has no digest.
	raw, err := sqlite.Open(t.Context(), o.From, sqlite.WrittenBy("9.9.9", ""))
	if err == nil {
		err = raw.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, o.From)
	write(t, o.From, text[:60]+"\x00\x00\x03\xe7"+text[64:])
	_, err = restore.Run(t.Context(), o)
	newer, ok := errors.AsType[*sqlite.NewerError](err)
	if !ok || newer.By.Version != "9.9.9" || newer.Schema != 999 || newer.Known != sqlite.Schema() {
		t.Errorf("%v", err)
	}
	if got := value(t, o.Store); got != "old" {
		t.Error(got)
	}
}

// A copy of vega.db with its log is restored with what the log has.
func TestCopyWithALogIsRestored(t *testing.T) {
	t.Parallel()
	dir, other := prepare(t), prepare(t)
	o := options(dir)
	o.From = filepath.Join(other, "data", "vega.db")
	put(t, o.Store, "x")
	if _, err := restore.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got := value(t, o.Store); got != "old" {
		t.Error(got)
	}
}

// A backup is what its digest covers. A log next to it is that of another file.
func TestLogNextToABackupIsNotRestored(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	o := options(dir)
	live := filepath.Join(dir, "live.db")
	write(t, live, read(t, o.From))
	db, err := dsn.Open(dsn.Writer(live), 1)
	if err == nil {
		_, err = db.ExecContext(t.Context(), "UPDATE memories SET value = 'of another'; UPDATE backup_files SET data = x'00'")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	write(t, o.From+"-wal", read(t, live+"-wal"))
	if i, err := backup.Check(t.Context(), o.From, backup.Watch{}); err != nil || !i.Sealed {
		t.Errorf("%+v, %v", i, err)
	}
	if _, err := restore.Run(t.Context(), o); err != nil || read(t, filepath.Join(o.DataDir, "id")) != "backed up" {
		t.Error(err)
	}
	if got := value(t, o.Store); got != "new" {
		t.Error(got)
	}
}

// A view in the place of a table of a backup is not read: it could have rows without end.
func TestBackupWithAViewIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"backup_rows", "backup_files"} {
		o := options(prepare(t))
		db, err := dsn.Open(dsn.Private(o.From), 1)
		if err == nil {
			_, err = db.ExecContext(t.Context(), "DROP TABLE "+name+"; CREATE VIEW "+name+` AS WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n)
				SELECT 'id' AS name, i AS rows, x'00' AS data FROM n`)
			err = errors.Join(err, db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = restore.Run(t.Context(), o)
		if _, damaged := errors.AsType[*backup.DamagedError](err); !damaged {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// interrupt replaces the store by one that another program was changing when it was killed:
// there is a journal that undoes the change.
func interrupt(t *testing.T, store string) {
	t.Helper()
	live := filepath.Join(t.TempDir(), "live.db")
	put(t, live, "old")
	db, err := dsn.Open(dsn.Plain(live, url.Values{"_pragma": {"journal_mode(DELETE)", "cache_size(1)"}}), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `BEGIN; UPDATE memories SET value = 'half';
		CREATE TABLE filler AS WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 200) SELECT zeroblob(5000) FROM n`)
	if err != nil {
		t.Fatal(err)
	}
	for _, side := range []string{"-wal", "-shm"} {
		if err := os.Remove(store + side); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for _, side := range []string{"", "-journal"} {
		write(t, store+side, read(t, live+side))
	}
}

// The journal of the former file is not applied to the new one, and the former file is kept
// as it was before the transaction.
func TestJournalIsNotAppliedToTheBackup(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	o := options(dir)
	interrupt(t, o.Store)
	if _, err := sqlite.TakeBackup(t.Context(), o.Store, backup.Options{Path: filepath.Join(dir, "half.db"), Taken: time.Now()}); err == nil {
		t.Error("a half transaction was backed up")
	}
	r, err := restore.Run(t.Context(), o)
	if err != nil || exists(o.Store+"-journal") {
		t.Fatal(err)
	}
	if got := value(t, o.Store); got != "new" {
		t.Error(got)
	}
	if got := value(t, r.Kept); got != "old" {
		t.Error(got)
	}
}

// A log and a journal without a file are set aside.
func TestSideFilesWithoutAFileAreKept(t *testing.T) {
	t.Parallel()
	o := options(prepare(t))
	interrupt(t, o.Store)
	write(t, o.Store+"-wal", "log")
	journal := read(t, o.Store+"-journal")
	if err := os.Remove(o.Store); err != nil {
		t.Fatal(err)
	}
	r, err := restore.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(r.Kept, "-wal")
	if read(t, base+"-wal") != "log" || read(t, base+"-journal") != journal {
		t.Errorf("%+v", r)
	}
	if got := value(t, o.Store); got != "new" {
		t.Error(got)
	}
}

// While a vega or another restore holds the store, nothing is changed.
func TestHeldStoreIsNotRestored(t *testing.T) {
	t.Parallel()
	o := options(prepare(t))
	lock, err := filelock.Acquire(o.Store + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	_, err = restore.Run(t.Context(), o)
	if _, ok := errors.AsType[*filelock.HeldError](err); !ok {
		t.Errorf("%v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if got := value(t, o.Store); got != "old" {
		t.Error(got)
	}
}

// Revoked keys stay revoked, unless the caller wants them back.
func TestKeysStay(t *testing.T) {
	t.Parallel()
	o := options(prepare(t))
	keys := filepath.Join(o.DataDir, "keys.json")
	write(t, keys, "present")
	r, err := restore.Run(t.Context(), o)
	if err != nil || read(t, keys) != "present" || fmt.Sprint(r.Present) != "[keys.json]" || fmt.Sprint(r.Restored) != "[id]" {
		t.Errorf("%+v, %v", r, err)
	}
	o.Stay = nil
	if r, err = restore.Run(t.Context(), o); err != nil || read(t, keys) != "{}" || len(r.Present) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Without room for the new file, nothing is changed.
func TestRestoreOnAFullDisk(t *testing.T) {
	from := prepare(t)
	dir := realtest.SmallDisk(t, 400<<10)
	o := options(dir)
	o.From = options(from).From
	put(t, o.Store, "old")
	write(t, filepath.Join(dir, "ballast"), "")
	fill(t, filepath.Join(dir, "ballast"), 40<<10)
	_, err := restore.Run(t.Context(), o)
	if !sqlite.IsFull(err) {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(o.DataDir, "*.re*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	if got := value(t, o.Store); got != "old" {
		t.Error(got)
	}
}

// Without room for a backup, the one before stays.
func TestBackupOnAFullDisk(t *testing.T) {
	from := prepare(t)
	dir := realtest.SmallDisk(t, 200<<10)
	path := filepath.Join(dir, "b.db")
	write(t, path, "before")
	fill(t, filepath.Join(dir, "ballast"), 100<<10)
	_, err := sqlite.TakeBackup(t.Context(), options(from).Store, backup.Options{Path: path, Replace: true})
	if !sqlite.IsFull(err) {
		t.Fatal(err)
	}
	if read(t, path) != "before" || exists(path+".part") {
		t.Error("the backup before is gone, or a part is left")
	}
}

// fill leaves about this many bytes free.
func fill(t *testing.T, path string, leave int64) {
	t.Helper()
	write(t, path, strings.Repeat("b", int(max(0, sqlite.Free(path)-leave))))
}

// Two backups to the same file: one is refused, or both are complete one after the other.
func TestTwoBackupsAtOnce(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			_, err := take(t.Context(), dir, backup.Watch{})
			done <- err
		}()
	}
	complete := 0
	for range cap(done) {
		if err := <-done; err == nil {
			complete++
		} else if !strings.Contains(err.Error(), "is being written by another process") {
			t.Error(err)
		}
	}
	if _, err := backup.Check(t.Context(), filepath.Join(dir, "b.db"), backup.Watch{}); err != nil || complete == 0 || exists(filepath.Join(dir, "b.db.part")) {
		t.Errorf("%d complete, %v", complete, err)
	}
}

// A part of another backup may not be a link to another file.
func TestPartIsNoLink(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	victim := filepath.Join(dir, "victim")
	write(t, victim, "precious")
	if err := os.Symlink(victim, filepath.Join(dir, "b.db.part")); err != nil {
		t.Fatal(err)
	}
	if _, err := take(t.Context(), dir, backup.Watch{}); err == nil || read(t, victim) != "precious" {
		t.Errorf("%v", err)
	}
}

// A backup ends when its caller gives up, and leaves nothing.
func TestInterruptedBackupLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := prepare(t)
	if err := os.Remove(filepath.Join(dir, "b.db")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := take(ctx, dir, backup.Watch{Step: func(text string) {
		if strings.HasPrefix(text, "checking") {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || exists(filepath.Join(dir, "b.db")) || exists(filepath.Join(dir, "b.db.part")) {
		t.Errorf("%v", err)
	}
}

package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/daemon/version"
	"vega/store/sqlite"
	"vega/store/sqlite/backup"
)

// The files of data_dir that a backup holds, and how large they may be. The cache is
// made again; api_key is a secret, and made again, too.
var dataFiles = []string{"id", keysFile, "plugins.json"}

const (
	keysFile    = "keys.json"
	maxDataFile = 16 << 20
)

// backupFlags holds the flags of backup.
type backupFlags struct {
	replace bool
	format  string
}

func backupCommand() *cobra.Command {
	var o backupFlags
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a backup of everything that vega stored, also while it runs",
		Long: `Write a backup of vega's database to FILE: runs, incidents, silences, figures,
conversations, memories and what probes keep, with the files id, keys.json and
plugins.json of data_dir. If FILE is a directory, the backup gets a name with the
time in it. The configuration, the file api_key and plugins are not in it.

The daemon may run meanwhile, and checks and stores as before. Its write-ahead log
grows until the copy is complete. The backup ends with an error before that, or
FILE, fills the disk of the database.

FILE appears when it is complete and was checked. It is a SQLite database, readable
by its owner only, with a digest of itself: vega restore --check FILE finds any byte
that changed. An existing FILE is replaced only with --replace, and only by a complete
backup.

Exits 0 if the backup was written, 1 if the configuration is invalid or the database
damaged, 2 if a file can't be read or written.`,
		Example: `  vega backup /var/backups/vega.db --replace    each night, for example
  vega backup /var/backups                      a file with the time in its name
  vega restore --check /var/backups/vega.db     verify it`,
		SuggestFor: []string{"dump", "export", "snapshot", "save"},
		Args:       cli.Args(1, 1),
		RunE:       func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	c.Flags().BoolVar(&o.replace, "replace", false, "replace an existing FILE once the backup is complete")
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	return c
}

// taken is the result of backup.
type taken struct {
	backup.Info
	TookMS int64 `json:"took_ms"`
}

func (o backupFlags) run(cmd *cobra.Command, name string) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, err := cli.LoadPlaces(cmd)
	if err != nil {
		return err
	}
	store, err := sqlite.Resolve(cfg.Store.Path)
	if err != nil {
		return err
	}
	began := time.Now()
	path, err := o.target(name, store, began)
	if err != nil {
		return err
	}
	files, err := readDataFiles(cfg.DataDir)
	if err != nil {
		return err
	}
	p := console.StartCopy(cmd.ErrOrStderr())
	release := version.Get()
	info, err := sqlite.TakeBackup(ctx, store, backup.Options{
		Path: path, Replace: o.replace, Taken: began, By: backup.Program{Version: release.Version, Commit: release.Commit}, Files: files,
		Watch: backup.Watch{Step: p.Step, Progress: both(p.Progress, spare(store))},
	})
	p.End()
	if err != nil {
		return o.explain(ctx, store, path, err)
	}
	t := taken{info, time.Since(began).Milliseconds()}
	if o.format == "json" {
		return writeJSON(cmd.OutOrStdout(), t)
	}
	return console.WriteBackup(cmd.OutOrStdout(), t.Info, time.Since(began))
}

// target returns the path of the backup.
func (o backupFlags) target(name, store string, now time.Time) (string, error) {
	switch name {
	case "":
		return "", errors.New("the name of the backup is empty; name a file or a directory")
	case "-":
		return "", errors.New("a backup can't be written to standard output, because it is checked before it gets its name; name a file")
	}
	path, err := sqlite.Resolve(name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return "", err
		}
		if os.IsPathSeparator(name[len(name)-1]) {
			return "", fmt.Errorf("there is no directory %s; create it, or name a file", name)
		}
		return path, ofStore(path, store)
	case err != nil:
		return "", err
	case info.IsDir():
		return unusedIn(path, now), nil
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a regular file; name a file or a directory", name)
	case ofStore(path, store) != nil:
		return "", ofStore(path, store)
	case !o.replace:
		return "", fmt.Errorf("%s exists; add --replace to replace it once the backup is complete, or name a directory to get a new file each time", name)
	}
	return path, nil
}

// ofStore returns an error if the path is that of the database or of a file that belongs
// to it.
func ofStore(path, store string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		own, err := os.Stat(store + suffix)
		at, other := os.Stat(path)
		if path == store+suffix || err == nil && other == nil && os.SameFile(own, at) {
			return fmt.Errorf("%s belongs to the database of vega itself; name another file", path)
		}
	}
	return nil
}

// unusedIn returns a path in a directory that has the time in its name.
func unusedIn(dir string, now time.Time) string {
	base := filepath.Join(dir, "vega-"+now.UTC().Format("20060102T150405Z"))
	path := base + ".db"
	for n := 2; ; n++ {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
		path = fmt.Sprintf("%s-%d.db", base, n)
	}
}

// readDataFiles reads the small files of data_dir. Those that do not exist are left out.
// A link to a file elsewhere is an error: a restore gives the content to the owner of
// data_dir, who may not be allowed to read what root can.
func readDataFiles(dir string) (files []backup.File, err error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, name := range dataFiles {
		data, err := readDataFile(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, name), err)
		}
		files = append(files, backup.File{Name: name, Data: data})
	}
	return files, nil
}

func readDataFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxDataFile {
		return nil, fmt.Errorf("it is not a regular file of at most %d bytes", maxDataFile)
	}
	return io.ReadAll(io.LimitReader(f, maxDataFile))
}

// spareBytes is what a backup leaves free on the disk of the database, so that the daemon
// can go on.
const spareBytes = 64 << 20

// spare returns a function that fails if the disk of the database is about to be filled.
// Of a disk that had little room before, an eighth of that is spared.
func spare(store string) func(done, total int64) error {
	least := min(spareBytes, sqlite.Free(store)/8)
	return func(int64, int64) error {
		if free := sqlite.Free(store); free >= 0 && free < least {
			return errSpare
		}
		return nil
	}
}

// errSpare ends a backup before it fills the disk.
var errSpare = errors.New("the disk of the database is almost full")

func both(all ...func(done, total int64) error) func(done, total int64) error {
	return func(done, total int64) error {
		for _, f := range all {
			if err := f(done, total); err != nil {
				return err
			}
		}
		return nil
	}
}

// explain says what to do about an error, and which files it is about.
func (o backupFlags) explain(ctx context.Context, store, path string, err error) error {
	damaged, isDamaged := errors.AsType[*backup.DamagedError](err)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; no backup was written")
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is nothing to back up: %w", err)
	case errors.Is(err, errSpare):
		return fmt.Errorf("stopped, and no backup was written: %w; write the backup to another disk, or free some space", err)
	case isDamaged:
		return cli.Failed(fmt.Errorf("the copy of %s is damaged: %s; see vega recover --help", store, damaged.Reason))
	case sqlite.IsUnusable(err):
		return cli.Failed(fmt.Errorf("back up %s: %w; see vega recover --help", store, err))
	case sqlite.IsFull(err):
		return fmt.Errorf("no backup was written, because the disk of %s is full; it needs about as much space as %s", path, store)
	}
	if text := sqlite.Reason(err); text != "" {
		return fmt.Errorf("back up %s to %s: %s: %w", store, path, text, err)
	}
	return err
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

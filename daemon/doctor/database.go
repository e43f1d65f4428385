package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vega/daemon/config"
	"vega/store/sqlite"
)

// verifyTime limits how long the pages of the database are read. What can't be read in
// that time is not checked.
const verifyTime = 4 * time.Second

// checkDatabase opens the database next to a daemon that may use it, checks its pages,
// and looks for what former starts left behind.
func checkDatabase(ctx context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	path := storePath(c)
	found := leftovers(path, h.Now)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && h.running():
		return append(found, failure(path+" is gone while vega runs", "vega writes it again within minutes, from what it has open; do not restart it before"))
	case errors.Is(err, fs.ErrNotExist):
		return append(found, ok("%s does not exist yet; vega serve creates it", path))
	case errors.Is(err, fs.ErrPermission):
		return append(found, unknown(fmt.Sprintf("%s is not for this user", path), h.asRoot()))
	case err != nil:
		return append(found, failure(fmt.Sprintf("%s: %v", path, err), "correct store.path"))
	}
	notes, fatal := open(ctx, c, path)
	if fatal != nil {
		return append(found, *fatal)
	}
	for _, note := range notes {
		found = append(found, warning(note, "end the program that reads the database"))
	}
	found = append(found, large(c, info.Size())...)
	checked := "every page is intact"
	if err := verify(ctx, h, path); err != nil {
		if sqlite.IsUnusable(err) {
			return append(found, failure(fmt.Sprintf("%s is damaged: %v", path, err), "stop vega; restore a backup with vega restore, or read what is left with vega recover"))
		}
		checked = "too large to read every page here; sqlite3 FILE 'PRAGMA quick_check' does"
	}
	return orOK(found, ok("%s can be opened, has %s; %s%s", path, bytesText(uint64(info.Size())), checked, copies(path)))
}

// open opens the database read-only and returns notes about it, or what keeps vega
// from using it.
func open(ctx context.Context, c *config.Config, path string) (notes []string, fatal *Finding) {
	s, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		f := refused(c, err)
		return nil, &f
	}
	defer s.Close() // nothing was written
	if missing(path + "-wal") {
		return nil, nil // Info would create one
	}
	info, err := s.Info(ctx)
	if err != nil {
		f := failure(err.Error(), "vega recover reads what is left")
		return nil, &f
	}
	return sqlite.Notes(info, nil), nil
}

// refused says what to do about a database that can't be opened.
func refused(c *config.Config, err error) Finding {
	newer, isNewer := errors.AsType[*sqlite.NewerError](err)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return unknown(err.Error(), "run vega doctor as root, for example: sudo vega doctor")
	case isNewer && newer.Backup != "":
		return failure(err.Error(), fmt.Sprintf("install that version again; or go back to what this version had stored before the upgrade, without what was stored since: vega restore -c %s %s", quoted(c.Path), quoted(newer.Backup)))
	case isNewer:
		return failure(err.Error(), "install that version again, or restore a backup that this version can read")
	default:
		return failure(err.Error(), "vega recover reads what is left of a damaged file into a new one; or restore a backup with vega restore")
	}
}

// verify reads every page, as far as there is time.
func verify(ctx context.Context, h *host, path string) error {
	ctx, cancel := context.WithTimeout(ctx, min(verifyTime, h.Patience/2))
	defer cancel()
	return sqlite.Verify(ctx, path)
}

// large warns of a file that is much larger than allowed. Retention runs once an hour,
// and the file does not shrink at once.
func large(c *config.Config, size int64) []Finding {
	if c.Store.MaxSize <= 0 || size < c.Store.MaxSize/4*5 {
		return nil
	}
	return []Finding{warning(fmt.Sprintf("the database has %s, and store.max_size is %s", bytesText(uint64(size)), bytesText(uint64(c.Store.MaxSize))), "see whether the log reports that runs can't be deleted; conversations and incidents don't count towards max_size")}
}

// abandoned is the age from which on a partial file belongs to nothing that runs.
const abandoned = time.Hour

// leftovers reports the files that former starts left next to the database.
func leftovers(path string, now time.Time) (found []Finding) {
	names, _ := filepath.Glob(escape(path) + ".*")
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || info.IsDir() {
			continue
		}
		suffix := strings.TrimPrefix(name, path)
		size := bytesText(uint64(info.Size()))
		switch {
		case strings.HasSuffix(suffix, "-wal"), strings.HasSuffix(suffix, "-shm"), strings.HasSuffix(suffix, ".lock"):
		case strings.HasPrefix(suffix, ".broken"):
			found = append(found, warning(fmt.Sprintf("vega set a damaged database aside as %s (%s)", name, size), "vega recover "+quoted(name)+" --into "+quoted(path)+" with vega stopped gets rows back; then delete it"))
		case strings.HasSuffix(suffix, ".part") && now.Sub(info.ModTime()) > abandoned:
			found = append(found, warning(fmt.Sprintf("%s (%s) is what an interrupted backup left", name, size), "delete it"))
		}
	}
	return found
}

// copies describes the backups and former files next to the database, which take space.
func copies(path string) string {
	names, _ := filepath.Glob(escape(path) + ".*")
	count, size := 0, uint64(0)
	for _, name := range names {
		suffix := strings.TrimPrefix(name, path)
		if strings.HasSuffix(suffix, ".backup") || strings.HasPrefix(suffix, ".replaced-") && !strings.HasSuffix(suffix, "-wal") || strings.HasSuffix(suffix, ".recovered") {
			count, size = count+1, size+fileSize(name)
		}
	}
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("; former copies next to it: %d (%s), to be deleted once they are not needed", count, bytesText(size))
}

// escape returns a pattern that matches only this path.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

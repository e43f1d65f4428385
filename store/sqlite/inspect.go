package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
)

// applicationID marks a file as vega's. It is "vega" in ASCII.
const applicationID = 0x76656761

// checkedWhole is the maximum size of a file in which every page is checked at
// startup, which takes a few milliseconds. In larger files, damage is found
// when the page is read.
const checkedWhole = 16 << 20

// inspect checks, without changing the file, that this vega can use it. known
// is the schema version of this vega.
func inspect(ctx context.Context, path string, known int) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &UnusableError{"the path is not a regular file; set store.path to one, or to an unused name"}
	}
	if info.Size() == 0 {
		return nil // new
	}
	if err := checkMagic(path); err != nil {
		return err
	}
	db, err := pool(lookDSN(path), 1)
	if err != nil {
		return err
	}
	err = inspectDB(ctx, db, info.Size(), known)
	return errors.Join(err, db.Close())
}

// checkMagic is stricter than SQLite, which treats any file shorter than a page
// as a new database.
func checkMagic(path string) error {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	begin := make([]byte, len(magic))
	_, err = io.ReadFull(f, begin)
	if err == nil && string(begin) != magic || errors.Is(err, io.ErrUnexpectedEOF) {
		err = &UnusableError{noDatabase}
	}
	return errors.Join(err, f.Close())
}

// lookDSN returns a DSN for reading the file without changing it. If there is
// no write-ahead log next to it, no process is writing.
func lookDSN(path string) string {
	if _, err := os.Stat(path + "-wal"); err == nil {
		return guestDSN(path)
	}
	return unsharedDSN(path)
}

func inspectDB(ctx context.Context, db *sql.DB, size int64, known int) error {
	var id, version, tables int
	err := db.QueryRowContext(ctx, `SELECT
		(SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema)`).Scan(&id, &version, &tables)
	if err != nil {
		return err
	}
	if id != applicationID && tables > 0 {
		return &UnusableError{"the file belongs to another program; set store.path to another file"}
	}
	if version > known {
		return &UnusableError{fmt.Sprintf("the file was written by a newer vega (its schema is %d, this vega knows %d); "+
			"install that version again, or set store.path to another file", version, known)}
	}
	if size > checkedWhole {
		return nil
	}
	return quickCheck(ctx, db)
}

// quickCheck checks every page.
func quickCheck(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return &UnusableError{fmt.Sprintf("%s (%s)", damaged, verdict)}
	}
	return nil
}

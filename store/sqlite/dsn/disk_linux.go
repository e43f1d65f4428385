package dsn

import (
	"path/filepath"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The index of a write-ahead log is shared memory: pages of a file on the store's disk.
// After the kernel has written such a page, the next store to it is a page fault, which
// waits for the disk. SQLite's code is Go here, so the Go runtime does not know that the
// thread waits, and can't stop it for a garbage collection; and the kernel lets no other
// thread map memory meanwhile. A disk that hangs would stop all of vega.
//
// So vega's connections use a VFS that is SQLite's own, except that it first asks the disk
// for something small, in a system call of its own, wherever SQLite is about to write to
// the index: when it has got an exclusive lock on it, and after each sync. If the disk does
// not answer in time, SQLite gets an I/O error, and vega goes on without its store.

// patience is how long the disk may take. SQLite waits as long for a lock.
const patience = 5 * time.Second

// patientVFS returns the name of the VFS, or "" without one.
var patientVFS = sync.OnceValue(register)

const patientName = "vega"

// The copies of SQLite's tables, with some functions replaced, are in SQLite's memory and
// are never freed: it keeps their addresses.
var (
	original  uintptr // SQLite's own VFS
	copying   sync.Mutex
	copies    = map[uintptr]uintptr{} // addresses of copies of sqlite3.Tsqlite3_io_methods, by those of the originals
	originals sync.Map                // the reverse
	disks     sync.Map                // *disk, by the address of the file
	known     sync.Map                // *disk, by directory
)

func register() string {
	tls := libc.NewTLS()
	defer tls.Close()
	if sqlite3.Xsqlite3_initialize(tls) != sqlite3.SQLITE_OK {
		return ""
	}
	if original = sqlite3.Xsqlite3_vfs_find(tls, 0); original == 0 {
		return ""
	}
	vfs := *at[sqlite3.Tsqlite3_vfs](original)
	vfs.FpNext = 0
	name, err := libc.CString(patientName)
	if err != nil {
		return ""
	}
	vfs.FzName = name
	vfs.FxOpen = address(openFile)
	made := placed(tls, vfs)
	if made == 0 || sqlite3.Xsqlite3_vfs_register(tls, made, 0) != sqlite3.SQLITE_OK {
		return ""
	}
	return patientName
}

// openFile opens a file as SQLite's VFS does, and replaces its functions.
func openFile(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	opened := at[sqlite3.Tsqlite3_file](file)
	shared := name != 0 && flags&(sqlite3.SQLITE_OPEN_MAIN_DB|sqlite3.SQLITE_OPEN_WAL) != 0
	var d *disk
	if shared {
		if d = diskOf(filepath.Dir(libc.GoString(name))); !d.answers() {
			opened.FpMethods = 0 // there is nothing to close
			return sqlite3.SQLITE_IOERR_SHMOPEN
		}
	}
	open := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](original).FxOpen)
	rc := open(tls, original, name, file, flags, out)
	if shared && opened.FpMethods != 0 {
		methods := replaced(tls, opened.FpMethods)
		if methods == 0 {
			return rc // without memory, the file is SQLite's own
		}
		disks.Store(file, d)
		opened.FpMethods = methods
	}
	return rc
}

// replaced returns the address of a copy of a table of functions, always the same for one
// table; 0 without memory.
func replaced(tls *libc.TLS, table uintptr) uintptr {
	copying.Lock()
	defer copying.Unlock()
	if made, ok := copies[table]; ok {
		return made
	}
	c := *at[sqlite3.Tsqlite3_io_methods](table)
	c.FxClose, c.FxSync = address(closeFile), address(syncFile)
	if c.FiVersion >= 2 && c.FxShmLock != 0 {
		c.FxShmLock = address(lockIndex)
	}
	made := placed(tls, c)
	if made != 0 {
		originals.Store(made, table)
		copies[table] = made
	}
	return made
}

// placed returns the address of a copy of a value in SQLite's memory; 0 without memory.
func placed[T any](tls *libc.TLS, value T) uintptr {
	to := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(value)))
	if to != 0 {
		*at[T](to) = value
	}
	return to
}

// own returns SQLite's own functions for a file.
func own(file uintptr) *sqlite3.Tsqlite3_io_methods {
	table, _ := originals.Load(at[sqlite3.Tsqlite3_file](file).FpMethods)
	return at[sqlite3.Tsqlite3_io_methods](table.(uintptr))
}

func closeFile(tls *libc.TLS, file uintptr) int32 {
	disks.Delete(file)
	return function[func(*libc.TLS, uintptr) int32](own(file).FxClose)(tls, file)
}

// lockIndex locks a part of the index. SQLite writes to it only with an exclusive lock.
func lockIndex(tls *libc.TLS, file uintptr, offset, n, flags int32) int32 {
	const exclusive = sqlite3.SQLITE_SHM_EXCLUSIVE | sqlite3.SQLITE_SHM_LOCK
	if flags&exclusive == exclusive && !diskAt(file).answers() {
		return sqlite3.SQLITE_IOERR_SHMLOCK
	}
	return function[func(*libc.TLS, uintptr, int32, int32, int32) int32](own(file).FxShmLock)(tls, file, offset, n, flags)
}

// syncFile syncs a file, which may take long.
func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	rc := function[func(*libc.TLS, uintptr, int32) int32](own(file).FxSync)(tls, file, flags)
	if rc == sqlite3.SQLITE_OK && !diskAt(file).answers() {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	return rc
}

// disk knows whether the disk with a directory answers.
type disk struct {
	mu       sync.Mutex
	ask      func() // returns once the disk has answered, with whatever
	patience time.Duration
	asked    time.Time     // when the question was asked that has no answer yet
	done     chan struct{} // closed at its answer; nil: nothing is asked
}

func diskOf(dir string) *disk {
	d, _ := known.LoadOrStore(dir, &disk{patience: patience, ask: func() {
		// This changes when the directory was last read, which needs the disk's journal.
		now := []unix.Timespec{{Nsec: unix.UTIME_NOW}, {Nsec: unix.UTIME_OMIT}}
		_ = unix.UtimesNanoAt(unix.AT_FDCWD, dir, now, 0) // an error is an answer
	}})
	return d.(*disk)
}

func diskAt(file uintptr) *disk {
	d, _ := disks.Load(file)
	return d.(*disk)
}

// answers reports whether the disk answers in time. While it doesn't, only the first
// callers wait for it.
func (d *disk) answers() bool {
	d.mu.Lock()
	if d.done == nil {
		d.asked, d.done = time.Now(), make(chan struct{})
		go d.question(d.ask, d.done)
	}
	done, left := d.done, d.patience-time.Since(d.asked)
	d.mu.Unlock()
	if left <= 0 {
		return false
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func (d *disk) question(ask func(), done chan struct{}) {
	ask()
	d.mu.Lock()
	d.done = nil
	d.mu.Unlock()
	close(done)
}

// at returns what is at an address of SQLite's memory, which Go's collector does not manage.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// address returns the address by which SQLite's translated code calls a function, and
// function the reverse.
func address[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

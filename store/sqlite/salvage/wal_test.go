package salvage_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

const frameSize = pageSize + 24

// newLogged copies a database whose rows are in its write-ahead log, as after a
// kill.
func newLogged(t *testing.T) *sample {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vega.db")
	db := open(t, path)
	for n := range 20 {
		appendRuns(t, db, "a", n*50, n*50+49)
		converse(t, db, n)
	}
	s := (&sample{path: path}).copyOf(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.rows = tables(t, path)
	return s
}

// readable returns the rows that SQLite itself reads of a copy.
func (s *sample) readable(t *testing.T) map[string]map[string]bool {
	t.Helper()
	return tables(t, s.copyOf(t).path)
}

func frames(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return (info.Size() - 32) / frameSize
}

func TestRecoverWriteAheadLog(t *testing.T) {
	t.Parallel()
	whole := newLogged(t)
	n := frames(t, whole.path)
	if n < 100 {
		t.Fatalf("%d frames", n)
	}
	for name, c := range map[string]struct {
		damage   func(t *testing.T, path string)
		complete bool // SQLite could not read it, but all rows are there
	}{
		"whole":       {func(*testing.T, string) {}, false},
		"torn":        {func(t *testing.T, path string) { trim(t, path+"-wal", 32+n/2*frameSize+1000) }, false},
		"cut off":     {func(t *testing.T, path string) { trim(t, path+"-wal", 32+n/3*frameSize) }, false},
		"no file":     {func(t *testing.T, path string) { _ = os.Remove(path) }, true},
		"empty file":  {func(t *testing.T, path string) { trim(t, path, 0) }, true},
		"zeroed file": {func(t *testing.T, path string) { erase(t, path, 0, 4096) }, true},
		"no header":   {func(t *testing.T, path string) { erase(t, path+"-wal", 0, 32) }, true},
		"older frames": {func(t *testing.T, path string) {
			b, err := os.ReadFile(path + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, b[32:32+2*frameSize]...)
			b[len(b)-frameSize+8]++ // the salt of a former log
			if err := os.WriteFile(path+"-wal", b, 0o600); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := whole.copyOf(t)
			c.damage(t, s.path)
			want := s.rows
			if !c.complete {
				want = s.readable(t)
			}
			counts, report, err := s.recovered(t)
			if err != nil {
				t.Fatal(err)
			}
			if report[""].Lost > 0 && name != "no header" { // its first frame can't be verified
				t.Errorf("%d damaged frames", report[""].Lost)
			}
			for table, rows := range want {
				if r := report[table]; counts[table] != len(rows) || r.Lost > 0 {
					t.Errorf("%s: %d rows, want %d; %+v", table, counts[table], len(rows), r)
				}
			}
		})
	}
}

// flip changes a byte.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x5a
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// SQLite drops everything after a damaged frame.
func TestRecoverAfterDamagedFrames(t *testing.T) {
	t.Parallel()
	whole := newLogged(t)
	n := frames(t, whole.path)
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := whole.copyOf(t)
		for range 1 + seed {
			flip(t, s.path+"-wal", 32+(n/4+random.Int64N(n/2))*frameSize+random.Int64N(frameSize))
		}
		counts, report, err := s.recovered(t)
		if err != nil {
			t.Fatal(err)
		}
		for table, rows := range s.readable(t) {
			if counts[table] < len(rows) {
				t.Errorf("seed %d: %d rows of %s, fewer than the %d that SQLite reads; %+v", seed, counts[table], table, len(rows), report[table])
			}
		}
		if report[""].Lost == 0 {
			t.Errorf("seed %d: no damaged frames are reported", seed)
		}
		if counts["runs"] < len(s.rows["runs"])*8/10 {
			t.Errorf("seed %d: %d of %d runs; %+v", seed, counts["runs"], len(s.rows["runs"]), report["runs"])
		}
	}
}

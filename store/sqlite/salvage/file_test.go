package salvage_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/store"
	"vega/store/sqlite"
	"vega/store/sqlite/salvage"
)

// sample describes a database with rows of every table, before it is damaged.
type sample struct {
	path string
	rows map[string]map[string]bool // by table, as text
	tree []treePage
	ids  map[string][]int64 // of rows, by table
	size int64              // pages
}

// treePage is a page, as SQLite's own table dbstat describes it.
type treePage struct {
	name, path, kind string
	number           int64
	cells            int
}

const pageSize = 4096

// newSample writes a database. Some of its pages are free, with old rows on them.
func newSample(t *testing.T) *sample {
	t.Helper()
	s := &sample{path: filepath.Join(t.TempDir(), "vega.db")}
	db := open(t, s.path)
	for n, integration := range []string{"a", "b", "c"} {
		appendRuns(t, db, integration, 10_000*n+1, 10_000*n+3000)
	}
	ctx := t.Context()
	for n := range 300 {
		c := store.Conversation{
			SessionID: fmt.Sprint("s", n%7), Source: "test", Prompt: fmt.Sprint("prompt ", n),
			Response: strings.Repeat(fmt.Sprintf("ü %d ", n), n*n%997), At: began.Add(time.Duration(n) * time.Minute),
		}
		id, err := db.LogConversation(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.SetReviewed(ctx, id, n%3 == 0); err != nil {
			t.Fatal(err)
		}
		if err := db.SetMemory(ctx, fmt.Sprint("memory ", n), strings.Repeat("m", 20*n)); err != nil {
			t.Fatal(err)
		}
		if err := db.Set(ctx, fmt.Sprint("i", n%9), fmt.Sprint("key ", n), []byte(strings.Repeat("v", 1+3*n)), 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, s.path, `DELETE FROM conversations WHERE id BETWEEN 100 AND 180; DELETE FROM runs WHERE id BETWEEN 1 AND 1500; DELETE FROM runs WHERE id BETWEEN 4000 AND 4400`)
	s.read(t)
	return s
}

func execute(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func (s *sample) read(t *testing.T) {
	t.Helper()
	s.rows = tables(t, s.path)
	db, err := sql.Open("sqlite", s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT name, path, pagetype, pageno, ncell FROM dbstat ORDER BY name, path`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p treePage
		if err := rows.Scan(&p.name, &p.path, &p.kind, &p.number, &p.cells); err != nil {
			t.Fatal(err)
		}
		s.tree = append(s.tree, p)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	s.ids = map[string][]int64{}
	for _, name := range []string{"runs", "conversations"} {
		s.ids[name] = idsOf(t, s.path, name)
	}
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	s.size = info.Size() / pageSize
}

func idsOf(t *testing.T, path, table string) (all []int64) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT id FROM `+table+` ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		all = append(all, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// tables returns the rows of every table as text, with names instead of their
// numbers.
func tables(t *testing.T, path string) map[string]map[string]bool {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]map[string]bool{}
	for table, query := range map[string]string{
		"runs": `SELECT json_array(r.id, i.name, p.name, d.name, s.name, r.status, r.cause, r.began, r.took, r.message, r.data, hex(r.correlation_id), r.late)
			FROM runs r JOIN run_names i ON i.id = r.integration JOIN run_names p ON p.id = r.probe JOIN run_names d ON d.id = r.digest LEFT JOIN run_names s ON s.id = r.shape`,
		"conversations": `SELECT json_array(id, ts, session_id, source, reviewed, model, prompt, response) FROM conversations`,
		"memories":      `SELECT json_array(key, value, created, updated) FROM memories`,
		"kv":            `SELECT json_array(integration, hex(key), hex(value)) FROM kv`,
	} {
		all[table] = texts(t, db, query)
	}
	return all
}

func texts(t *testing.T, db *sql.DB, query string) map[string]bool {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]bool{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all[text] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// left returns how many rows of a table are on pages that are not damaged, with
// all their overflow pages.
func (s *sample) left(table string, damaged map[int64]bool) (n int) {
	for _, p := range s.tree {
		if p.name != table || p.kind == "overflow" || damaged[p.number] {
			continue
		}
		if p.kind == "internal" && (table == "runs" || table == "conversations") {
			continue // it has keys only
		}
		n += p.cells
		broken := map[string]bool{}
		for _, o := range s.tree {
			if o.name == table && o.kind == "overflow" && damaged[o.number] && strings.HasPrefix(o.path, p.path) && !strings.Contains(o.path[len(p.path):], "/") {
				cell, _, _ := strings.Cut(o.path[len(p.path):], "+")
				broken[cell] = true
			}
		}
		n -= len(broken)
	}
	return n
}

// overwrite fills pages with random bytes.
func (s *sample) overwrite(t *testing.T, random *rand.Rand, damaged map[int64]bool) {
	t.Helper()
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, n := range slices.Sorted(maps.Keys(damaged)) {
		b := make([]byte, pageSize)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		if _, err := f.WriteAt(b, (n-1)*pageSize); err != nil {
			t.Fatal(err)
		}
	}
}

// copyOf copies a sample, to damage it.
func (s *sample) copyOf(t *testing.T) *sample {
	t.Helper()
	c := *s
	c.path = filepath.Join(t.TempDir(), "vega.db.broken")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(s.path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &c
}

func digest(t *testing.T, path string) (all string) {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		_, err = io.Copy(h, io.LimitReader(f, 64<<20)) // what follows is a hole
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		all += fmt.Sprintf("%s %d %x\n", name, info.Size(), h.Sum(nil))
	}
	return all
}

// recovered recovers a file into a new database, and checks that nothing was
// invented and the file was not changed. It returns the number of rows, and the
// report by table. The number of damaged frames is that of the table "".
func (s *sample) recovered(t *testing.T) (map[string]int, map[string]salvage.Table, error) {
	t.Helper()
	before := digest(t, s.path)
	path := filepath.Join(t.TempDir(), "new.db")
	into := open(t, path)
	report, err := sqlite.Recover(t.Context(), s.path, into)
	if err := into.Close(); err != nil {
		t.Fatal(err)
	}
	if after := digest(t, s.path); after != before {
		t.Errorf("the source was changed:\n%s%s", before, after)
	}
	counts, all, invented := map[string]int{}, map[string]salvage.Table{}, 0
	for table, rows := range tables(t, path) {
		counts[table] = len(rows)
		for row := range rows {
			if !s.rows[table][row] {
				if invented++; invented > 3 {
					continue
				}
				t.Errorf("%s: a row that was not there: %.200s", table, row)
			}
		}
	}
	all[""] = salvage.Table{Lost: int64(report.Frames)}
	for _, c := range report.Tables {
		if all[c.Name] = c; c.Read != c.Added+c.Known+c.Refused {
			t.Errorf("%+v does not add up", c)
		}
	}
	return counts, all, err
}

func TestRecoverWholeFile(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	counts, report, err := s.recovered(t)
	if err != nil {
		t.Fatal(err)
	}
	for table, rows := range s.rows {
		if r := report[table]; counts[table] != len(rows) || r.Lost+r.Refused+r.Incomplete+r.Known+r.Doubtful > 0 || r.More {
			t.Errorf("%s: %d of %d rows; %+v", table, counts[table], len(rows), r)
		}
	}
}

// Exactly the rows of the undamaged pages are recovered.
func TestRecoverOverwrittenPages(t *testing.T) {
	t.Parallel()
	whole := newSample(t)
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			s := whole.copyOf(t)
			damaged := map[int64]bool{}
			for range 1 + seed*2 {
				damaged[1+random.Int64N(s.size)] = true
			}
			s.overwrite(t, random, damaged)
			counts, report, err := s.recovered(t)
			if err != nil {
				t.Fatal(err)
			}
			if report["run_names"].Added < 8 && s.left("run_names", damaged) == 0 {
				t.Skip("the names of integrations are lost")
			}
			for table, rows := range s.rows {
				want := s.left(table, damaged)
				if counts[table] != want {
					t.Errorf("%s: %d rows, want %d of %d; %+v", table, counts[table], want, len(rows), report[table])
				}
				if r := report[table]; (r.Lost > 0 || r.More) != (want < len(rows)) || r.Counted && int(r.Lost) != len(rows)-want {
					t.Errorf("%s: %d of %d rows are left, but the report says %+v", table, want, len(rows), r)
				}
			}
		})
	}
}

// trim cuts a file.
func trim(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// erase writes zeros.
func erase(t *testing.T, path string, at, n int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, n), at); err != nil {
		t.Fatal(err)
	}
}

// numbered returns the pages of a tree, or of all, for which f is true.
func (s *sample) numbered(f func(treePage) bool) map[int64]bool {
	all := map[int64]bool{}
	for _, p := range s.tree {
		if f(p) {
			all[p.number] = true
		}
	}
	return all
}

func TestRecoverDamagedParts(t *testing.T) {
	t.Parallel()
	whole := newSample(t)
	used := whole.numbered(func(treePage) bool { return true })
	tables := []string{"runs", "conversations", "memories", "kv", "run_names"}
	beyond := func(last int64) map[int64]bool {
		return whole.numbered(func(p treePage) bool { return p.number > last })
	}
	for name, c := range map[string]struct {
		damaged map[int64]bool                  // overwritten
		cut     func(t *testing.T, path string) // or what else is done
	}{
		"header":      {cut: func(t *testing.T, path string) { erase(t, path, 0, 100) }},
		"magic":       {cut: func(t *testing.T, path string) { erase(t, path, 0, 16) }},
		"schema":      {damaged: map[int64]bool{1: true}},
		"pointer map": {damaged: map[int64]bool{2: true}},
		"header of a sparse file": {cut: func(t *testing.T, path string) {
			erase(t, path, 0, 100)
			trim(t, path, 4<<30)
		}},
		"free pages": {damaged: map[int64]bool{}, cut: func(t *testing.T, path string) {
			for n := int64(2); n <= whole.size; n++ {
				if !used[n] {
					erase(t, path, (n-1)*pageSize, pageSize)
				}
			}
		}},
		"indexes": {damaged: whole.numbered(func(p treePage) bool { return !slices.Contains(tables, p.name) && p.number > 1 })},
		"roots":   {damaged: whole.numbered(func(p treePage) bool { return p.path == "/" && p.kind == "internal" && p.number > 1 })},
		"half":    {damaged: beyond(whole.size / 2), cut: func(t *testing.T, path string) { trim(t, path, whole.size/2*pageSize) }},
		"torn":    {damaged: beyond(whole.size / 3), cut: func(t *testing.T, path string) { trim(t, path, whole.size/3*pageSize+1234) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := whole.copyOf(t)
			if c.cut != nil {
				c.cut(t, s.path)
			} else {
				s.overwrite(t, rand.New(rand.NewPCG(1, 2)), c.damaged)
			}
			counts, report, err := s.recovered(t)
			if err != nil {
				t.Fatal(err)
			}
			if r := report["clock"]; (r.Lost > 0 || r.More) && name != "schema" && c.damaged == nil {
				t.Errorf("%+v", r)
			}
			for table, rows := range s.rows {
				want := s.left(table, c.damaged)
				r := report[table]
				if counts[table] != want || r.Doubtful > 0 {
					t.Errorf("%s: %d rows, want %d of %d; %+v", table, counts[table], want, len(rows), r)
				}
				if (r.Lost > 0 || r.More) != (want < len(rows)) || r.Counted && int(r.Lost) != len(rows)-want {
					t.Errorf("%s: %d of %d rows are left, but the report says %+v", table, want, len(rows), r)
				}
			}
		})
	}
}

// Without the schema and the pointer map, the largest trees are still found.
func TestRecoverWithoutHeadOfFile(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	erase(t, s.path, 0, 2*pageSize)
	into := open(t, filepath.Join(t.TempDir(), "new.db"))
	report, err := sqlite.Recover(t.Context(), s.path, into)
	if err != nil {
		t.Fatal(err)
	}
	path := into.Path()
	if err := into.Close(); err != nil {
		t.Fatal(err)
	}
	for table, rows := range tables(t, path) {
		missing, extra := 0, int64(0)
		for row := range s.rows[table] {
			if !rows[row] {
				missing++
			}
		}
		for row := range rows {
			if !s.rows[table][row] {
				extra++
			}
		}
		i := slices.IndexFunc(report.Tables, func(r salvage.Table) bool { return r.Name == table })
		if missing > 0 || extra > 0 || report.Tables[i].Doubtful > 0 || report.Tables[i].Lost > 0 {
			t.Errorf("%s: %d rows are missing, %d were not there; %+v", table, missing, extra, report.Tables[i])
		}
	}
}

func TestRecoverNothing(t *testing.T) {
	t.Parallel()
	whole := newSample(t)
	for name, c := range map[string]struct {
		cut  func(t *testing.T, path string)
		want error
	}{
		"first page only": {func(t *testing.T, path string) { trim(t, path, pageSize) }, salvage.ErrNothing},
		"empty":           {func(t *testing.T, path string) { trim(t, path, 0) }, salvage.ErrNothing},
		"few bytes":       {func(t *testing.T, path string) { trim(t, path, 77) }, salvage.ErrNothing},
		"zeros":           {func(t *testing.T, path string) { erase(t, path, 0, whole.size*pageSize) }, salvage.ErrNothing},
		"missing":         {func(t *testing.T, path string) { _ = os.Remove(path) }, os.ErrNotExist},
		"random": {func(t *testing.T, path string) {
			all := map[int64]bool{}
			for n := range whole.size {
				all[n+1] = true
			}
			(&sample{path: path}).overwrite(t, rand.New(rand.NewPCG(5, 6)), all)
		}, salvage.ErrNothing},
		"another program's": {func(t *testing.T, path string) {
			_ = os.Remove(path)
			execute(t, path, `CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO runs VALUES (1, 'a')`)
		}, salvage.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			s := whole.copyOf(t)
			c.cut(t, s.path)
			counts, _, err := s.recovered(t)
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			for table, n := range counts {
				if n > 0 {
					t.Errorf("%d rows of %s", n, table)
				}
			}
		})
	}
	s := whole.copyOf(t)
	execute(t, s.path, `PRAGMA user_version = 1000`)
	_, _, err := s.recovered(t)
	if newer, ok := errors.AsType[*salvage.NewerError](err); !ok || newer.Schema != 1000 {
		t.Errorf("error %v for a newer schema", err)
	}
}

// A file of an older schema has fewer tables and columns.
func TestRecoverOlderSchema(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("../migrations/*.sql")
	if err != nil || len(scripts) < 4 {
		t.Fatal(scripts, err)
	}
	for version := 1; version <= 3; version++ {
		path := filepath.Join(t.TempDir(), "vega.db")
		rows := `INSERT INTO kv VALUES ('a', x'01', x'02')`
		for n, script := range scripts[:version] {
			b, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			execute(t, path, string(b))
			if n == 1 { // these rows stay as they are when columns are added
				rows += `; INSERT INTO run_names VALUES (7, 'web'), (8, 'core.http'), (9, 'abc');
					INSERT INTO runs (id, integration, probe, digest, shape, status, cause, began, took, message, data)
					VALUES (5, 7, 8, 9, 0, 0, 0, 1793534400000, 1, 'fine', '')`
				execute(t, path, rows)
			}
		}
		if version == 1 {
			execute(t, path, rows)
		}
		execute(t, path, fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, 0x76656761, version))
		into := openNew(t)
		report, err := sqlite.Recover(t.Context(), path, into)
		if err != nil || !report.Whole() {
			t.Errorf("version %d: %+v, %v", version, report, err)
		}
		if v, _, err := into.Get(t.Context(), "a", "\x01"); err != nil || v[0] != 2 {
			t.Errorf("version %d: value %v, %v", version, v, err)
		}
		if got := history(t, into, "web"); version > 1 && !slices.Equal(got, []string{"fine"}) {
			t.Errorf("version %d: the runs are %v", version, got)
		}
	}
}

// Bytes that change within pages may cost rows, but nothing worse.
func TestRecoverFlippedBytes(t *testing.T) {
	t.Parallel()
	whole := newSample(t)
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 2))
		s := whole.copyOf(t)
		for range 2000 {
			flip(t, s.path, random.Int64N(s.size*pageSize))
		}
		into := openNew(t)
		report, err := sqlite.Recover(t.Context(), s.path, into)
		if err != nil {
			t.Fatal(err)
		}
		if report.Whole() {
			t.Errorf("seed %d: nothing is reported", seed)
		}
		if err := into.FlushRuns(t.Context()); err != nil {
			t.Error(err)
		}
		for _, integration := range []string{"a", "b", "c"} {
			history(t, into, integration) // what was added can be read
		}
	}
}

func TestRecoverEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Recover(ctx, s.path, openNew(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Command advice compares the indexes that store/advise recommends with those of
// the SQLite shell's .expert, on statements like those of real programs:
//
//	go run ./.ci/bench/advice
//
// Each statement runs without and with the indexes, on 100,000 rows. Its cost is
// the shortest of several times, which depends on the machine; compare ratios.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite"

	"vega/store/advise"
	"vega/store/profile"
)

func main() {
	normalized := flag.Bool("normalized", false, "give the advisor the statements as the profiler stores them")
	analyzed := flag.Bool("analyze", false, "run ANALYZE before")
	only := flag.String("only", "", "only statements that contain this")
	verbose := flag.Bool("v", false, "print the indexes and texts")
	flag.Parse()
	dir, err := os.MkdirTemp("", "advice")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := bench{path: filepath.Join(dir, "shop.db"), normalized: *normalized, verbose: *verbose, known: map[string]time.Duration{}}
	if err := b.run(context.Background(), *analyzed, *only); err != nil {
		log.Fatal(err) //nolint:gocritic // a scratch directory may stay
	}
}

type bench struct {
	path                string
	db                  *sql.DB
	advisor             *advise.Advisor
	known               map[string]time.Duration
	normalized, verbose bool
}

func (b *bench) run(ctx context.Context, analyzed bool, only string) (err error) {
	if b.db, err = sql.Open("sqlite", "file:"+b.path+"?_pragma=journal_mode(wal)"); err != nil {
		return err
	}
	defer func() { _ = b.db.Close() }()
	b.db.SetMaxOpenConns(1)
	all := slices.Clone(schema)
	if analyzed {
		all = append(all, "ANALYZE")
	}
	for _, s := range append(all, "PRAGMA wal_checkpoint(TRUNCATE)") {
		if _, err := b.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	if b.advisor, err = advise.New(ctx, b.db); err != nil {
		return err
	}
	defer func() { _ = b.advisor.Close() }()
	fmt.Println("| statement | alone, ms | advice | .expert | advice ÷ .expert |\n|---|---|---|---|---|")
	weaker, worse := 0, 0
	for _, s := range statements {
		if !strings.Contains(s, only) {
			continue
		}
		r, err := b.compare(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		fmt.Println(r)
		if r.ratio() > 1.5 {
			weaker++
		}
		if r.advised > r.alone*11/10 && r.advised-r.alone > 100*time.Microsecond {
			worse++
		}
	}
	fmt.Printf("\n%d statements; %d more than 1.5 times as slow as with .expert, %d slower than without advice\n", len(statements), weaker, worse)
	return nil
}

type result struct {
	statement               string
	alone, advised, experts time.Duration
	advice                  string
}

// ratio compares the times, without what a query takes at least.
func (r result) ratio() float64 {
	const least = 50 * time.Microsecond
	return float64(r.advised+least) / float64(r.experts+least)
}

func (r result) String() string {
	gain := func(d time.Duration) string { return fmt.Sprintf("%.3f (×%.1f)", ms(d), float64(r.alone)/float64(d)) }
	return fmt.Sprintf("| %s | %.3f | %s | %s | %.2f |%s", strings.ReplaceAll(r.statement, "|", "¦"), ms(r.alone), gain(r.advised), gain(r.experts), r.ratio(), r.advice)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (b *bench) compare(ctx context.Context, statement string) (r result, err error) {
	r.statement = statement
	if r.alone, err = b.time(ctx, statement, nil); err != nil {
		return r, err
	}
	text := statement
	if b.normalized {
		text, _ = profile.Normalize(statement, profile.SQLite)
	}
	advice, err := b.advisor.Statement(ctx, text)
	if err != nil {
		return r, err
	}
	var mine []string
	for _, x := range advice.Indexes {
		mine = append(mine, x.SQL)
	}
	if advice.Analyze {
		mine = append(mine, "ANALYZE")
	}
	theirs, err := b.expert(ctx, statement)
	if err != nil {
		return r, err
	}
	if b.verbose {
		r.advice = "\n    " + advice.String() + "\n    .expert: " + strings.Join(theirs, "; ")
	}
	if r.advised, err = b.time(ctx, statement, mine); err != nil {
		return r, err
	}
	r.experts, err = b.time(ctx, statement, theirs)
	return r, err
}

// expert returns what .expert recommends.
func (b *bench) expert(ctx context.Context, statement string) (indexes []string, err error) {
	shell := exec.CommandContext(ctx, "sqlite3", "-readonly", b.path)
	shell.Stdin = strings.NewReader(".expert\n" + statement + ";\n")
	out, err := shell.CombinedOutput()
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("sqlite3: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "CREATE INDEX") {
			indexes = append(indexes, strings.TrimSpace(line))
		}
	}
	return indexes, nil
}

// time returns the shortest time of a statement with what is created before.
func (b *bench) time(ctx context.Context, statement string, create []string) (best time.Duration, err error) {
	key := statement + strings.Join(create, ";")
	if known, ok := b.known[key]; ok {
		return known, nil // a repetition would only differ by chance
	}
	defer func() { b.known[key] = best }()
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range create {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return 0, fmt.Errorf("%s: %w", s, err)
		}
	}
	for spent, n := time.Duration(0), 0; n < 3 || n < 20 && spent < 50*time.Millisecond; n++ {
		took, err := once(ctx, tx, statement)
		if err != nil {
			return 0, err
		}
		spent += took
		if n == 0 || took < best {
			best = took
		}
	}
	return best, nil
}

func once(ctx context.Context, tx *sql.Tx, statement string) (time.Duration, error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT once"); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := drain(ctx, tx, statement); err != nil {
		return 0, err
	}
	took := time.Since(began)
	_, err := tx.ExecContext(ctx, "ROLLBACK TO once; RELEASE once")
	return took, err
}

func drain(ctx context.Context, tx *sql.Tx, statement string) error {
	rows, err := tx.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		continue
	}
	return rows.Err()
}

package databases

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"vega/policies"
	"vega/policies/check"
	"vega/store/profile"
)

const (
	maxStatements = 3
	maxStatement  = 120 // maximum length of a shown statement, in bytes
)

// Sentences explains a figure of a database, such as queries.slow_percent, in prose.
// It reads only memory and does not block. Statements in the result contain no
// values. ok is false if the database is not open.
func (d *Set) Sentences(name, figure string) (lines []string, ok bool) {
	c := d.counted(name)
	if c == nil {
		return nil, false
	}
	if figure == "queries.slowest" {
		return slowestSentences(c.Profiler().Slowest(maxStatements)), true
	}
	return databaseSentences(figure, c.Profiler().Stats()), true
}

// slowestSentences describes the slowest queries, those in progress included.
func slowestSentences(all []profile.Slow) []string {
	var lines []string
	for _, s := range all {
		lines = append(lines, fmt.Sprintf("%s: %s", took(s), check.Clip(s.Statement, maxStatement)))
	}
	return lines
}

// took returns how long a query took, or has taken so far.
func took(s profile.Slow) string {
	text := policies.Milliseconds.Format(s.DurationMS)
	if s.DurationMS >= 1000 {
		text = (time.Duration(s.DurationMS) * time.Millisecond).Round(100 * time.Millisecond).String()
	}
	if s.Running {
		text += " so far"
	}
	return text
}

// Slowest describes the slow queries of the last two minutes on all databases, those in
// progress included, at most n and the slowest first. Statements contain no values.
func (d *Set) Slowest(n int) []string {
	type slow struct {
		profile.Slow
		database string
	}
	var all []slow
	for _, name := range d.names() {
		if c := d.counted(name); c != nil {
			for _, s := range c.Profiler().Slowest(n) {
				if s.Slow {
					all = append(all, slow{s, name})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b slow) int { return cmp.Compare(b.DurationMS, a.DurationMS) })
	lines := []string{}
	for _, s := range all[:min(len(all), max(n, 0))] {
		lines = append(lines, fmt.Sprintf("%s on database.%s: %s", took(s.Slow), s.database, check.Clip(s.Statement, maxStatement)))
	}
	return lines
}

func databaseSentences(kind string, s profile.Stats) []string {
	switch kind {
	case "queries.slow_percent":
		return statementSentences(s.Statements, "slow", func(f profile.Figures) int64 { return f.Slow })
	case "queries.failed_percent":
		return statementSentences(s.Statements, "failed", func(f profile.Figures) int64 { return f.Failed })
	case "wal_bytes":
		return openSentences(s.Open)
	default:
		return append(poolSentences(s.Pools), openSentences(s.Open)...)
	}
}

// statementSentences describes the statements with the highest counts.
func statementSentences(all []profile.Statement, what string, count func(profile.Figures) int64) []string {
	all = slices.DeleteFunc(slices.Clone(all), func(s profile.Statement) bool { return count(s.Figures) == 0 })
	slices.SortStableFunc(all, func(a, b profile.Statement) int { return cmp.Compare(count(b.Figures), count(a.Figures)) })
	var lines []string
	for _, s := range all[:min(len(all), maxStatements)] {
		lines = append(lines, fmt.Sprintf("%d of %d runs %s, p99 %s: %s", count(s.Figures), s.Total, what, policies.Milliseconds.Format(s.P99MS), check.Clip(s.Statement, maxStatement)))
	}
	return lines
}

func poolSentences(pools []profile.Pool) []string {
	var lines []string
	for _, p := range pools {
		lines = append(lines, fmt.Sprintf("pool %s: %d of %d connections in use; %d queries wait now, %d have waited, %s in total", p.Name, p.InUse, p.MaxOpen, p.Waiting, p.WaitCount, policies.Milliseconds.Format(p.WaitMS)))
	}
	return lines
}

// openSentences describes the results that have been open longest.
func openSentences(open []profile.OpenRows) []string {
	var lines []string
	for _, r := range open[:min(len(open), maxStatements)] {
		lines = append(lines, fmt.Sprintf("rows open for %s in %s: %s", policies.Milliseconds.Format(r.OpenMS), r.Function, check.Clip(r.Statement, maxStatement)))
	}
	return lines
}

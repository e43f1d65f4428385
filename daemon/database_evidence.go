package daemon

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vega/policies"
	"vega/store/profile"
)

const (
	mostStatements = 3
	maxStatement   = 120 // characters of one that are shown
)

// addSentences tells what is behind the warnings about databases. It is in
// memory, so that nobody waits for it. Statements have no values in them.
func (d *databases) addSentences(warnings []Warning) {
	for n := range warnings {
		w := &warnings[n]
		if !strings.HasPrefix(w.Resource, "database.") {
			continue
		}
		if c := d.counted(w.Subject); c != nil {
			w.Evidence, w.Sentences = EvidenceReady, databaseSentences(policies.Kind(w.Resource), c.Profiler().Stats())
		}
	}
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

// statementSentences are about those with the most of something.
func statementSentences(all []profile.Statement, what string, count func(profile.Figures) int64) []string {
	all = slices.DeleteFunc(slices.Clone(all), func(s profile.Statement) bool { return count(s.Figures) == 0 })
	slices.SortStableFunc(all, func(a, b profile.Statement) int { return cmp.Compare(count(b.Figures), count(a.Figures)) })
	var lines []string
	for _, s := range all[:min(len(all), mostStatements)] {
		lines = append(lines, fmt.Sprintf("%d of %d %s, 99 %% within %s: %s", count(s.Figures), s.Total, what, policies.Milliseconds.Format(s.P99MS), clipped(s.Statement)))
	}
	return lines
}

func poolSentences(pools []profile.Pool) []string {
	var lines []string
	for _, p := range pools {
		lines = append(lines, fmt.Sprintf("of the pool %s, %d of %d connections are in use; %d queries have waited, %s in all", p.Name, p.InUse, p.MaxOpen, p.WaitCount, policies.Milliseconds.Format(p.WaitMS)))
	}
	return lines
}

// openSentences are about the rows that have been open for longest.
func openSentences(open []profile.OpenRows) []string {
	var lines []string
	for _, r := range open[:min(len(open), mostStatements)] {
		lines = append(lines, fmt.Sprintf("rows have been open for %s, in %s: %s", policies.Milliseconds.Format(r.OpenMS), r.Function, clipped(r.Statement)))
	}
	return lines
}

func clipped(statement string) string {
	if len(statement) > maxStatement {
		return strings.ToValidUTF8(statement[:maxStatement], "") + "…"
	}
	return statement
}

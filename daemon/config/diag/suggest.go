package diag

import (
	"slices"
	"strings"
)

// maxSlips limits the differences between a misspelling and the name that was
// meant.
const maxSlips = 3

// Nearest returns the candidate most similar to what was written, or "" if none
// is close: at most one mistake in three characters, and at most maxSlips.
func Nearest(written string, candidates []string) string {
	if len(written) > 64 {
		return ""
	}
	best, limit := "", min(len(written)/3, maxSlips)+1
	for _, c := range candidates {
		if strings.EqualFold(written, c) {
			return c
		}
		if len(c)-len(written) >= limit || len(written)-len(c) >= limit {
			continue // the lengths alone differ by too much
		}
		if d := distance(strings.ToLower(written), c); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that lead from a to b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// Among lists names for messages, and shortens long lists.
func Among(names []string) string {
	names = slices.Sorted(slices.Values(names))
	switch n := len(names); {
	case n == 0:
		return "none"
	case n > 20:
		return strings.Join(names[:20], ", ") + ", …"
	default:
		return strings.Join(names, ", ")
	}
}

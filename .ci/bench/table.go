package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// table is printed in columns; the first is aligned left.
type table struct{ rows [][]string }

func (t *table) row(cells ...any) {
	texts := make([]string, len(cells))
	for n, c := range cells {
		texts[n] = show(c)
	}
	t.rows = append(t.rows, texts)
}

func (t *table) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	for _, r := range t.rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	_ = w.Flush() // standard output
}

func show(c any) string {
	switch c := c.(type) {
	case time.Duration:
		if c.Abs() < 100*time.Microsecond {
			return fmt.Sprintf("%.1f µs", float64(c)/float64(time.Microsecond))
		}
		return fmt.Sprintf("%.2f ms", float64(c)/float64(time.Millisecond))
	case float64:
		return fmt.Sprintf("%.3f", c)
	default:
		return fmt.Sprint(c)
	}
}

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// goal formats a goal and whether it is met.
func goal(met bool, format string, args ...any) string {
	verdict := "missed"
	if met {
		verdict = "met"
	}
	return fmt.Sprintf(format, args...) + ": " + verdict
}

// quantile returns the smallest value that the share q of all does not exceed.
func quantile[T int | float64 | time.Duration](all []T, q float64) T {
	var zero T
	if len(all) == 0 {
		return zero
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func median[T int | float64 | time.Duration](all []T) T { return quantile(all, 0.5) }

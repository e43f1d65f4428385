package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vega/store/sqlite"
)

// lookups lists the index columns that each lookup of the history needs.
var lookups = [][]string{{"ts"}, {"session_id", "ts"}, {"source", "ts"}, {"reviewed", "ts"}}

// indexes checks that each lookup of the history has an index, and that SQLite
// uses it.
func indexes(ctx context.Context, s *session) (string, error) {
	now, err := s.stats(ctx)
	if err != nil {
		return "", err
	}
	if now.File == nil {
		return "", &failure{expected: "statistics of the store's file", seen: "none: " + clip(now.Unavailable)}
	}
	for _, columns := range lookups {
		there := slices.ContainsFunc(now.File.Indexes, func(x index) bool { return x.Table == "conversations" && slices.Equal(x.Columns, columns) })
		if !there {
			return "", &failure{expected: fmt.Sprintf("an index of conversations (%s)", strings.Join(columns, ", ")), seen: "none"}
		}
	}
	if err := s.localData(ctx); err != nil {
		return fmt.Sprintf("all %d exist; the query plans are not accessible from here: %v", len(lookups), err), nil
	}
	return s.plans(ctx)
}

func (s *session) plans(ctx context.Context) (string, error) {
	db, err := sqlite.OpenReadOnly(ctx, s.Local.Store)
	if err != nil {
		return "", err
	}
	paths, err := db.AccessPaths(ctx)
	if err = errors.Join(err, db.Close()); err != nil {
		return "", err
	}
	for _, p := range paths {
		if !p.Indexed() {
			return "", &failure{expected: fmt.Sprintf("the plan of %s to use %s", p.Name, p.Index), seen: clip(p.Plan)}
		}
	}
	return fmt.Sprintf("the query plans of %d lookups of the history use them", len(paths)), nil
}

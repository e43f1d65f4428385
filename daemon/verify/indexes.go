package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vega/store/sqlite"
)

// ways are what the history is looked up by, as the columns of its indexes.
var ways = [][]string{{"ts"}, {"session_id", "ts"}, {"source", "ts"}, {"reviewed", "ts"}}

// indexes: each way into the history has its index, and SQLite takes it.
func indexes(ctx context.Context, s *session) (string, error) {
	now, err := s.stats(ctx)
	if err != nil {
		return "", err
	}
	if now.File == nil {
		return "", &failure{expected: "the stats of the store's file", seen: "none: " + clip(now.Unavailable)}
	}
	for _, columns := range ways {
		there := slices.ContainsFunc(now.File.Indexes, func(x index) bool { return x.Table == "conversations" && slices.Equal(x.Columns, columns) })
		if !there {
			return "", &failure{expected: fmt.Sprintf("an index of conversations (%s)", strings.Join(columns, ", ")), seen: "none"}
		}
	}
	if err := s.here(ctx); err != nil {
		return fmt.Sprintf("all %d are there; the plans can't be seen from here: %v", len(ways), err), nil
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
	return fmt.Sprintf("the plans of %d ways into the history use theirs", len(paths)), nil
}

package verify

import (
	"context"
	"fmt"
)

// profiler: a query that is made here is counted, alone and among all.
func profiler(ctx context.Context, s *session) (string, error) {
	const function = "Memory" // of the store, which looks one up
	for range 3 {
		before, err := s.stats(ctx)
		if err != nil {
			return "", err
		}
		if _, err := s.get(ctx, "/v1/memories/"+s.tag); err != nil { // which there is not
			return "", err
		}
		after, err := s.stats(ctx)
		if err != nil {
			return "", err
		}
		switch all, one := after.Queries.Total-before.Queries.Total, after.counted(function)-before.counted(function); {
		case !after.Since.Equal(before.Since): // somebody reset them
		case all < 1 || one < 1:
			return "", &failure{
				expected: "the look-up of a memory to be counted in queries.total and in its statement",
				seen:     fmt.Sprintf("%d and %d more", all, one),
			}
		default:
			return fmt.Sprintf("%d queries of %d statements since %s", after.Queries.Total, len(after.Statements), after.Since.Format("2006-01-02 15:04:05")), nil
		}
	}
	return "", skip("somebody resets the figures all the time")
}

package verify

import (
	"context"
	"fmt"
)

// profiler checks that a query is counted, in the total and for its statement.
func profiler(ctx context.Context, s *session) (string, error) {
	const function = "Memory" // of the store: it looks up a memory
	for range 3 {
		before, err := s.stats(ctx)
		if err != nil {
			return "", err
		}
		if _, err := s.get(ctx, "/v1/memories/"+s.tag); err != nil { // the memory does not exist
			return "", err
		}
		after, err := s.stats(ctx)
		if err != nil {
			return "", err
		}
		switch all, one := after.Queries.Total-before.Queries.Total, after.total(function)-before.total(function); {
		case !after.Since.Equal(before.Since): // the statistics were reset
		case all < 1 || one < 1:
			return "", &failure{
				expected: "a memory lookup to increase both queries.total and its statement's count",
				seen:     fmt.Sprintf("increases of %d and %d", all, one),
			}
		default:
			return fmt.Sprintf("%d queries of %d statements since %s", after.Queries.Total, len(after.Statements), after.Since.Format("2006-01-02 15:04:05")), nil
		}
	}
	return "", skip("the statistics were reset during every attempt")
}

package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// databases checks that vega's own database and each configured one have
// statistics, even if a server is down: its health is up to its integrations.
func databases(ctx context.Context, s *session) (string, error) {
	now, err := s.stats(ctx)
	if err != nil {
		return "", err
	}
	if now.Name != "vega" || now.File == nil {
		return "", &failure{expected: "statistics of vega's own database", seen: clip(fmt.Sprintf("%q %s", now.Name, now.Unavailable))}
	}
	var there, down []string
	for _, d := range now.Databases {
		there = append(there, d.Name)
		if d.Unavailable != "" {
			down = append(down, d.Name+" ("+clip(d.Unavailable)+")")
		}
	}
	for _, name := range s.Local.Databases {
		if !slices.Contains(there, name) {
			return "", &failure{expected: "statistics of database." + name, seen: "those of " + strings.Join(append([]string{"vega"}, there...), ", ")}
		}
	}
	seen := "statistics of " + strings.Join(append([]string{"vega"}, there...), ", ")
	if len(down) > 0 {
		seen += "; partly unavailable: " + strings.Join(down, ", ")
	}
	return seen, nil
}

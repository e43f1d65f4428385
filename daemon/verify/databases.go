package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// databases: vega's own database and each that is configured have figures.
// One whose server is down still has; how it is, its integrations say.
func databases(ctx context.Context, s *session) (string, error) {
	now, err := s.stats(ctx)
	if err != nil {
		return "", err
	}
	if now.Name != "vega" || now.File == nil {
		return "", &failure{expected: "figures of vega's own database", seen: clip(fmt.Sprintf("%q %s", now.Name, now.Unavailable))}
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
			return "", &failure{expected: "figures of database." + name, seen: "those of: " + strings.Join(append([]string{"vega"}, there...), ", ")}
		}
	}
	seen := "figures of " + strings.Join(append([]string{"vega"}, there...), ", ")
	if len(down) > 0 {
		seen += "; no more to tell of " + strings.Join(down, ", ")
	}
	return seen, nil
}

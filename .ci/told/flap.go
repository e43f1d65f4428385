package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"vega/policies/incident"
)

// flap lets three targets fail at random, each with another probability.
func flap(ctx context.Context, s *stage) error {
	lasts := 5 * time.Minute
	if s.short {
		lasts = time.Minute
	}
	blocks := quiet
	for _, p := range []float64{0.2, 0.5, 0.8} {
		t, err := startTarget(ctx)
		if err != nil {
			return err
		}
		defer t.close()
		t.chance = p
		blocks += fmt.Sprintf("integration \"p%.0f\" {\n  probe = core.http\n  interval = \"10s\"\n  timeout = \"5s\"\n  config {\n    url = %q\n  }\n}\n", 10*p, t.url())
	}
	if err := s.configure(blocks); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := pause(ctx, lasts); err != nil {
		return err
	}
	var page struct{ Runs []struct{ Status string } }
	for _, name := range []string{"p2", "p5", "p8"} {
		if err := s.get(ctx, "/admin/integrations/"+name+"/runs?limit=200", &page); err != nil {
			return err
		}
		bad, changes := 0, 0
		for n, r := range page.Runs {
			if r.Status == "unhealthy" {
				bad++
			}
			if n > 0 && r.Status != page.Runs[n-1].Status {
				changes++
			}
		}
		opened, ended := s.hook.about("integration/"+name, incident.Opening, time.Time{}), s.hook.about("integration/"+name, incident.Resolve, time.Time{})
		fmt.Printf("%s: %d runs, %d unhealthy, %d changes; %d openings, %d resolves\n", name, len(page.Runs), bad, changes, len(opened), len(ended))
	}
	fmt.Printf("%d messages in %v\n", len(letters(s.hook.all())), lasts)
	return nil
}

// fails reports whether a target that flaps fails now.
func (t *target) fails() bool { return t.chance > 0 && rand.Float64() < t.chance }

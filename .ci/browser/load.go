package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// load prints the CPU time of the overview and of vega at 100 results a second, with the
// page open, and without. It fails if the page reports an error.
func load(ctx context.Context, s *suite) error {
	lasts := time.Minute
	return s.withFleet(ctx, func(v *vega) error {
		alone, _, err := s.spent(ctx, v, lasts)
		if err != nil {
			return err
		}
		cookies, err := v.login(ctx)
		if err != nil {
			return err
		}
		t, err := s.browser.open(views[0], cookies...)
		if err != nil {
			return err
		}
		defer t.stop()
		if err := t.do(chromedp.Navigate(v.url + "/")); err != nil {
			return err
		}
		seen, page, err := s.spent(ctx, v, lasts)
		if err = errors.Join(err, t.taken()); err != nil {
			return err
		}
		share := func(d time.Duration) float64 { return 100 * d.Seconds() / lasts.Seconds() }
		fmt.Printf("     100 results a second for %v: page %.2f %% of a core (goal 2), vega %.2f %%, without the page %.2f %%\n", lasts, share(page), share(seen), share(alone))
		return nil
	})
}

// spent returns the CPU time of vega and of the renderers within a time.
func (s *suite) spent(ctx context.Context, v *vega, d time.Duration) (daemon, renderers time.Duration, err error) {
	vega0, err1 := v.cpu()
	page0, err2 := s.browser.rendererCPU()
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	vega1, err3 := v.cpu()
	page1, err4 := s.browser.rendererCPU()
	return vega1 - vega0, page1 - page0, errors.Join(err1, err2, err3, err4)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keyboardConfig has one integration that is down, among others.
const keyboardConfig = `
integration "shop-api" {
  probe    = core.http
  interval = "1s"
  config {
    url = "%[1]s/down"
  }
}
integration "shop-web" {
  probe    = core.http
  interval = "1s"
  config {
    url = "%[1]s/"
  }
}
`

// keyboard logs in and silences an integration with a keyboard alone: with the keys of the
// script, and without scripts.
func keyboard(ctx context.Context, s *suite) error {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer target.Close()
	v, err := s.start(ctx, fmt.Sprintf(keyboardConfig, target.URL), map[string][]byte{})
	if err != nil {
		return err
	}
	err = errors.Join(
		s.silenceByKeys(ctx, v, views[0], func(t *tab) error { return t.press("j", kb.Enter) }),
		s.silenceByKeys(ctx, v, views[4], func(t *tab) error {
			return errors.Join(t.tabTo(`e => e.tagName === 'A' && e.textContent.includes('shop-api')`), t.press(kb.Enter))
		}))
	return errors.Join(err, v.stop())
}

// silenceByKeys logs in, opens the integration that is down, and silences it for an hour.
func (s *suite) silenceByKeys(ctx context.Context, v *vega, how view, open func(*tab) error) error {
	if err := eventually(ctx, "shop-api is unhealthy", v.isDown(ctx)); err != nil {
		return err
	}
	t, err := s.browser.open(how)
	if err != nil {
		return err
	}
	defer t.stop()
	for _, step := range []func() error{
		func() error { return t.do(chromedp.Navigate(v.url + "/")) },
		func() error { return t.tabTo(`e => e.name === 'key'`) },
		func() error { return t.press(key, kb.Enter) },
		func() error { return t.until(`location.pathname === '/' && document.readyState === 'complete'`) },
		func() error { return open(t) },
		func() error {
			return t.until(`location.pathname === '/integrations/shop-api' && document.readyState === 'complete'`)
		},
		func() error { return t.tabTo(`e => e.tagName === 'BUTTON' && /^Silence.*1 h/.test(e.textContent)`) },
		func() error { return t.press(kb.Enter) },
		func() error { return t.until(`document.querySelector('[role=status]') !== null`) },
		func() error { return v.endSilence(ctx) },
		func() error { return t.taken() },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("%s: %w", how, err)
		}
	}
	return nil
}

// isDown reports whether the integration of the test is unhealthy.
func (v *vega) isDown(ctx context.Context) func() (bool, error) {
	return func() (bool, error) {
		var i struct{ Status string }
		err := v.get(ctx, "/admin/integrations/shop-api", &i)
		return i.Status == "unhealthy", err
	}
}

// endSilence ends the one silence that there must be.
func (v *vega) endSilence(ctx context.Context) error {
	var list struct {
		Silences []struct {
			ID           int64
			Integrations []string
			Until        time.Time
			Active       bool
		}
	}
	if err := v.get(ctx, "/admin/silences", &list); err != nil {
		return err
	}
	for _, one := range list.Silences {
		if left := time.Until(one.Until); left > 50*time.Minute && left <= time.Hour && strings.Join(one.Integrations, " ") == "shop-api" {
			_, _, err := v.ask(ctx, http.MethodDelete, fmt.Sprintf("/admin/silences/%d", one.ID), "")
			return err
		}
	}
	return fmt.Errorf("no silence of shop-api for an hour: %+v", list)
}

// press presses keys, and nothing else.
func (t *tab) press(keys ...string) error {
	for _, k := range keys {
		if err := t.do(chromedp.KeyEvent(k)); err != nil {
			return err
		}
	}
	return nil
}

// tabTo presses the tab key until an element has the focus. What has it must be visible.
func (t *tab) tabTo(is string) error {
	for range 200 {
		if err := t.press(kb.Tab); err != nil {
			return err
		}
		at, err := eval[struct{ Found, Hidden bool }](t, `(() => { const e = document.activeElement, r = e.getBoundingClientRect();
			return {Found: (`+is+`)(e), Hidden: e !== document.body && (r.width === 0 || r.right < 0 || getComputedStyle(e).outlineStyle === 'none')} })()`)
		if err != nil {
			return err
		}
		if at.Found && at.Hidden {
			return fmt.Errorf("%s has the focus, but does not show it", is)
		}
		if at.Found {
			return nil
		}
	}
	return fmt.Errorf("200 times Tab does not reach %s", is)
}

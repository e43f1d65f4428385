package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

const liveConfig = `
defaults {
  timeout  = "1s"
  interval = "1s"
}
integration "shop-api" {
  probe = core.http
  config {
    url = "%[1]s/api"
  }
}
integration "shop-web" {
  probe = core.http
  config {
    url = "%[1]s/"
  }
}
integration "mail-in" {
  probe = core.http
  config {
    url = "%[1]s/"
  }
}
`

// What the page shows, as expressions.
const (
	rowIs   = `document.querySelector('.group [data-n="shop-api"] .status')?.classList.contains('%s')`
	inNow   = `!!document.querySelector('#now [data-n="shop-api"]')`
	counted = `document.querySelector('[data-g="shop"] .counts').textContent.replace(/\s+/g, ' ').trim() === '%s'`
	moves   = `(async b => { const of = () => document.querySelector('.group [data-n="mail-in"] .ms').textContent + document.querySelector('.group [data-n="mail-in"] .bar').dataset.b; const was = of(); for (let n = 0; n < 300; n++) { await new Promise(r => setTimeout(r, 100)); if (of() !== was) return true; } return false; })()`
	hide    = `Object.defineProperty(document, 'hidden', { configurable: true, value: %v }), document.dispatchEvent(new Event('visibilitychange'))`
)

// live changes what pages show while they are open: in two tabs of a browser, which share
// a stream, one of them hidden for a while, and across an end of vega.
func live(ctx context.Context, s *suite) error {
	var down atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api" && down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer target.Close()
	v, err := s.start(ctx, fmt.Sprintf(liveConfig, target.URL), map[string][]byte{})
	if err != nil {
		return err
	}
	cookies, err := v.login(ctx)
	if err != nil {
		return err
	}
	first, err := s.browser.open(views[0], cookies...)
	if err != nil {
		return err
	}
	defer first.stop()
	second, err := first.sibling()
	if err != nil {
		return err
	}
	defer second.stop()
	overview := chromedp.Navigate(v.url + "/")
	err = inOrder(
		func() error { return first.do(overview) },
		func() error { return first.until(moves) },
		func() error { return second.do(overview) },
		func() error { return errors.Join(second.until(moves), first.until(moves)) },
		func() error { return oneStream(first, second) },
		func() error { return follows(&down, first, second) },
		func() error { return handsOver(first, second) },
		func() error { return comesBack(&down, first) },
		func() error { return errors.Join(first.taken(), second.taken()) },
		func() error { return v.stop() },
		func() error { return first.until(`!!document.querySelector('#offline')`) })
	return err
}

// inOrder stops at the first error.
func inOrder(steps ...func() error) error {
	for n, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", n+1, err)
		}
	}
	return nil
}

// sibling opens another tab with the same cookies.
func (t *tab) sibling() (*tab, error) {
	other := &tab{status: map[string]int64{}}
	other.ctx, other.stop = chromedp.NewContext(t.ctx, chromedp.WithListener(other.note))
	return other, call(other, network.Enable, network.EnableParams{})
}

// streams is how many streams a tab has asked for, of those that it has had time to.
func (t *tab) streams() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.opened
}

func oneStream(all ...*tab) error {
	sum := 0
	for _, t := range all {
		sum += t.streams()
	}
	if sum != 1 {
		return fmt.Errorf("%d streams for %d tabs", sum, len(all))
	}
	return nil
}

// follows lets an integration fail and work again, with the other of its group in focus.
func follows(down *atomic.Bool, all ...*tab) error {
	change := func(to bool, status, counts, title string, listed bool) error {
		down.Store(to)
		for _, t := range all {
			err := errors.Join(
				t.until(fmt.Sprintf(rowIs, status)), t.until(fmt.Sprintf(counted, counts)), t.until(fmt.Sprintf(`document.title.startsWith('%s')`, title)),
				t.until(fmt.Sprintf(`%s === %v`, inNow, listed)), t.until(fmt.Sprintf(`document.querySelector('link[rel=icon]').href.startsWith('data:') === %v`, listed)))
			if err != nil {
				return err
			}
		}
		return nil
	}
	return inOrder(
		func() error { return change(true, "unhealthy", "✕ 1 unhealthy ✓ 1 healthy", "(1) Overview", true) },
		func() error { return change(false, "healthy", "✓ 2 healthy", "Overview", false) })
}

// handsOver closes the tab with the stream, for the other one to open one.
func handsOver(first, second *tab) error {
	if first.streams() == 0 {
		first, second = second, first
	}
	before := second.streams()
	if _, err := eval[bool](first, `(`+fmt.Sprintf(hide, true)+`, true)`); err != nil {
		return err
	}
	if err := second.until(moves); err != nil {
		return err
	}
	if second.streams() != before+1 {
		return errors.New("the other tab did not take over the stream")
	}
	_, err := eval[bool](first, `(`+fmt.Sprintf(hide, false)+`, true)`)
	return errors.Join(err, first.until(moves))
}

// comesBack hides a tab while something changes.
func comesBack(down *atomic.Bool, t *tab) error {
	_, err := eval[bool](t, `(`+fmt.Sprintf(hide, true)+`, true)`)
	down.Store(true)
	if err == nil {
		var still bool
		if still, err = eval[bool](t, fmt.Sprintf(`new Promise(r => setTimeout(() => r(%s), 3000))`, fmt.Sprintf(rowIs, "healthy"))); err == nil && !still {
			err = errors.New("a hidden tab changes")
		}
	}
	if err == nil {
		_, err = eval[bool](t, `(`+fmt.Sprintf(hide, false)+`, true)`)
	}
	return errors.Join(err, t.until(fmt.Sprintf(rowIs, "unhealthy")))
}

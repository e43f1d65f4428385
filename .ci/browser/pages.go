package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// page is a page that is looked at.
type page struct {
	name   string // of its screenshots
	path   string
	status int64 // 0: 200
	public bool  // opened without a login
}

// pages returns the pages of a vega, those of its first incident and conversation among
// them.
func (v *vega) pages(ctx context.Context, integrations ...string) ([]page, error) {
	var incidents struct{ Incidents []struct{ ID int64 } }
	var conversations struct{ Conversations []struct{ ID int64 } }
	if err := errors.Join(v.get(ctx, "/admin/incidents", &incidents), v.get(ctx, "/v1/conversations", &conversations)); err != nil {
		return nil, err
	}
	if len(incidents.Incidents) == 0 || len(conversations.Conversations) == 0 {
		return nil, errors.New("there is no incident, or no conversation")
	}
	all := []page{
		{name: "overview", path: "/"},
		{name: "filtered", path: "/?q=status%3Aunhealthy"},
		{name: "done", path: "/?done=" + escaped(mark)},
		{name: "nothing", path: "/?q=" + escaped(mark)},
		{name: "incidents", path: "/incidents"},
		{name: "incident", path: fmt.Sprintf("/incidents/%d", incidents.Incidents[0].ID)},
		{name: "silences", path: "/silences"},
		{name: "alerts", path: "/alerts"},
		{name: "database", path: "/database"},
		{name: "diagnostics", path: "/diagnostics"},
		{name: "plugins", path: "/plugins"},
		{name: "config", path: "/config"},
		{name: "conversations", path: "/conversations"},
		{name: "conversation", path: fmt.Sprintf("/conversations/%d", conversations.Conversations[0].ID)},
		{name: "measurements", path: "/measurements"},
		{name: "measurement", path: "/measurements/orders_open"},
		{name: "status", path: "/status/public", public: true},
		{name: "login", path: "/login?next=" + escaped("/"+mark), public: true},
		{name: "missing", path: "/integrations/" + escaped(mark), status: http.StatusNotFound},
	}
	for n, name := range integrations {
		all = append(all, page{name: "integration-" + name, path: "/integrations/" + name})
		if n == 0 {
			all = append(all, page{name: "runs", path: "/integrations/" + name + "/runs"}, page{name: "history", path: "/integrations/" + name + "/history?range=7d"})
		}
	}
	return all, nil
}

// escaped escapes text for a path and for a query.
func escaped(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// look opens pages in each view, and returns everything that is wrong with them.
func (s *suite) look(ctx context.Context, v *vega, prefix string, pages []page, views []view) error {
	cookies, err := v.login(ctx)
	if err != nil {
		return err
	}
	pages = slices.DeleteFunc(pages, func(p page) bool { return !s.chosen.MatchString(p.name) })
	var failed []error
	for _, how := range views {
		known, err1 := s.browser.open(how, cookies...)
		stranger, err2 := s.browser.open(how)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		for _, p := range pages {
			t := known
			if p.public {
				t = stranger
			}
			if err := s.visit(t, v.url, p, how, prefix); err != nil {
				failed = append(failed, fmt.Errorf("%s%s at %s:\n%w", prefix, p.name, how, err))
			}
		}
		known.stop()
		stranger.stop()
	}
	fmt.Printf("     %d pages in %d views\n", len(pages), len(views))
	return errors.Join(failed...)
}

// visit opens a page, and returns what is wrong with it.
func (s *suite) visit(t *tab, base string, p page, how view, prefix string) error {
	if err := t.do(chromedp.Navigate(base + p.path)); err != nil {
		return err
	}
	want := p.status
	if want == 0 {
		want = http.StatusOK
	}
	if got := t.answer(base + p.path); got != want {
		_ = t.taken() // follows from it
		return fmt.Errorf("  the status is %d, not %d", got, want)
	}
	failed := []error{s.sound(t), t.taken()}
	if p.status != 0 {
		failed[1] = nil // Chromium reports the status itself
	}
	if how.script {
		failed = append(failed, s.accessible(t), t.taken())
	}
	if s.shots != "" {
		failed = append(failed, t.shoot(filepath.Join(s.shots, fmt.Sprintf("%s%s-%s.png", prefix, p.name, how)), how))
	}
	return errors.Join(failed...)
}

// wrong is an expression with what a page must not have: more or less than one heading,
// parts next to the screen, scripts, images, handlers and addresses from anywhere but vega.
const wrong = `(() => {
  const found = [];
  if (document.querySelectorAll('h1').length !== 1) found.push(document.querySelectorAll('h1').length + ' h1');
  if (!document.title) found.push('no title');
  if (window.pwned) found.push('a script of others ran');
  const wide = document.scrollingElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) {
    const edge = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('main *, header *')].find(e => e.getBoundingClientRect().right > edge + 1 && !e.closest('.wide, pre'));
    found.push(wide + ' px wider than the screen: ' + (out ? out.outerHTML.slice(0, 200) : ''));
  }
  const own = (e, a) => new URL(e.getAttribute(a), location).origin === location.origin && new URL(e.getAttribute(a), location).pathname.includes('/static/');
  const icon = e => e.matches('link[rel=icon]') && e.href.startsWith('data:image/svg+xml,'); // the page's script draws a number once the first event arrives
  for (const e of document.querySelectorAll('*')) {
    for (const a of e.attributes) {
      if (/^on/i.test(a.name) || a.name === 'style' && e.closest('main') && !e.closest('.uplot')) found.push('the attribute ' + a.name + ' of ' + e.outerHTML.slice(0, 200));
      if (/^(href|action|src|formaction)$/i.test(a.name) && !/^https?:$/.test(new URL(a.value, location).protocol) && !icon(e)) found.push('the address ' + a.value.slice(0, 200));
    }
    if (/^(script|img|iframe|object|embed|base|style)$/i.test(e.tagName) && !(e.hasAttribute('src') && own(e, 'src')) && !(e.tagName === 'SCRIPT' && e.type === 'application/json')) found.push('the element ' + e.outerHTML.slice(0, 200));
  }
  return found;
})()`

// sound returns what is wrong with the document, also where its scripts are switched off.
func (s *suite) sound(t *tab) error {
	found, err := eval[[]string](t, wrong)
	if err != nil {
		return err
	}
	var all []error
	for _, f := range found {
		all = append(all, errors.New("  "+f))
	}
	return errors.Join(all...)
}

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// accessible returns the violations that axe-core finds.
func (s *suite) accessible(t *tab) error {
	if _, err := eval[bool](t, s.axe+"; true"); err != nil {
		return err
	}
	text, err := eval[string](t, `axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))`)
	if err != nil {
		return err
	}
	var found []violation
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		return err
	}
	var all []error
	for _, f := range found {
		n := f.Nodes[0]
		all = append(all, fmt.Errorf("  axe %s: %s: %d times, first %.300s\n    %s", f.ID, f.Help, len(f.Nodes), n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n    ")))
	}
	return errors.Join(all...)
}

// shoot writes a screenshot of the first three screens.
func (t *tab) shoot(path string, how view) error {
	height, err := eval[float64](t, "document.documentElement.scrollHeight")
	if err != nil {
		return err
	}
	height = min(height, 3*float64(how.height))
	size := how.size()
	size.Height = int64(height)
	err = errors.Join(call(t, emulation.SetDeviceMetricsOverride, size), // charts are drawn when they come into view
		t.until(fmt.Sprintf(`!%t || ![...document.querySelectorAll('.plot')].some(e => !e.firstChild && e.checkVisibility() && e.getBoundingClientRect().top < innerHeight)`, how.script)))
	if err != nil {
		return err
	}
	shot, err := chromedp.Call(t.ctx, cdp.CaptureScreenshot, cdp.CaptureScreenshotParams{
		CaptureBeyondViewport: new(true),
		Clip:                  &cdp.Viewport{Width: float64(how.width), Height: height, Scale: 1},
	})
	if err := errors.Join(err, call(t, emulation.SetDeviceMetricsOverride, how.size())); err != nil {
		return err
	}
	return os.WriteFile(path, shot.Data, 0o644)
}

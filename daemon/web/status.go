package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/trends"
	"vega/daemon/web/assets"
	"vega/daemon/web/publish"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// statusPages answers what everyone may read. It shows what the configuration lists, by
// public names, and nothing else: no message, target or name of the configuration.
type statusPages struct{ *Site }

const (
	// readTime limits how long reading a page takes.
	readTime = 20 * time.Second
	// recent is how old the incidents on a page are, and maxRecent how many of each
	// integration there are.
	recent    = 14 * 24 * time.Hour
	maxRecent = 10
)

func (s statusPages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/status", Published: true, serve: s.list},
		{Method: http.MethodGet, Path: "/status/:page", Published: true, serve: s.page},
		{Method: http.MethodGet, Path: "/status/:page/:badge", Published: true, serve: s.badge},
	}
}

// errNoPage is the same for every name, so that nobody can find out what is configured.
var errNoPage = &Error{http.StatusNotFound, "there is no such status page"}

// find returns a status page.
func (c *current) find(name string) (*config.StatusPage, error) {
	pages := c.StatusPages
	n := slices.IndexFunc(pages, func(p config.StatusPage) bool { return p.Name == name })
	if n < 0 {
		return nil, errNoPage
	}
	return &pages[n], nil
}

// list leads to the only page, or lists them.
func (s statusPages) list(r *Request) error {
	now := s.settings.Load()
	pages := now.StatusPages
	switch len(pages) {
	case 0:
		return &Error{http.StatusNotFound, "there is no status page; a status_page block of the configuration makes one"}
	case 1:
		return r.Done("/status/"+url.PathEscape(pages[0].Name), "")
	}
	var links []publish.Link
	for _, p := range pages {
		links = append(links, publish.Link{Title: p.Title, Path: r.Link("/status/%s", p.Name)})
	}
	return s.answer(r, now, "text/html; charset=utf-8", func(context.Context) (g.Node, error) { return publish.List(links, s.files()), nil })
}

func (s statusPages) page(r *Request) error {
	now := s.settings.Load()
	p, err := now.find(r.Param("page"))
	if err != nil {
		return err
	}
	return s.answer(r, now, "text/html; charset=utf-8", func(ctx context.Context) (g.Node, error) {
		read, err := s.read(ctx, p)
		return publish.Document(&read, s.files(), func(name string) string { return r.Link("/status/%s/%s", p.Name, name) }), err
	})
}

// badge answers with a badge of an integration on a page: as an image, or for shields.io.
func (s statusPages) badge(r *Request) error {
	now := s.settings.Load()
	p, err := now.find(r.Param("page"))
	if err != nil {
		return err
	}
	name, svg := strings.CutSuffix(r.Param("badge"), ".svg")
	kind := "image/svg+xml"
	if !svg {
		name, kind = strings.TrimSuffix(name, ".json"), "application/json"
	}
	n := slices.IndexFunc(p.Integrations, func(i string) bool { return p.Public(i) == name })
	if n < 0 || !svg && !strings.HasSuffix(r.Param("badge"), ".json") {
		return &Error{http.StatusNotFound, "this status page has no such badge; its address is /status/PAGE/NAME.svg or .json, with a name from the page"}
	}
	window := r.URL.Query().Get("uptime")
	if _, known := trends.Windows[window]; !known && window != "" {
		return &Error{http.StatusBadRequest, "uptime is 24h, 7d, 30d or 90d; without it, the badge shows the state"}
	}
	return s.answer(r, now, kind, func(ctx context.Context) (g.Node, error) {
		b, err := s.readBadge(ctx, p.Integrations[n], name, window)
		if svg {
			return b.SVG(), err
		}
		return g.NodeFunc(func(w io.Writer) error { _, err := w.Write(b.JSON()); return err }), err
	}, window)
}

// answer sends what make returns, which it keeps for a while. The key of what is kept is
// the path with the variants, all of which have been checked.
func (s statusPages) answer(r *Request, now *current, kind string, make func(ctx context.Context) (g.Node, error), variants ...string) error {
	key := strings.Join(append([]string{r.URL.Path}, variants...), "?")
	body, err := now.published.Get(r.Context(), key, time.Now, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), readTime) // others wait for it, too
		defer cancel()
		node, err := make(ctx)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = node.Render(&b)
		return b.Bytes(), err
	})
	if err != nil {
		return err
	}
	r.w.Header().Set("Content-Type", kind)
	r.w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(publish.Fresh.Seconds())))
	_, _ = r.w.Write(body) // the browser is gone
	return nil
}

func (s statusPages) files() publish.Files {
	return publish.Files{Style: s.link(assets.Path("style.css")), Icon: s.link(assets.Path("icon.svg")), Script: s.link(assets.Path("status.js"))}
}

// read reads what a page shows.
func (s statusPages) read(ctx context.Context, p *config.StatusPage) (publish.Page, error) {
	page := publish.Page{Title: p.Title, At: time.Now().UTC()}
	states, err := s.states(page.At)
	if err != nil {
		return page, err
	}
	for _, name := range p.Integrations {
		public := p.Public(name)
		days, err := s.days(ctx, name, page.At)
		if err != nil {
			return page, err
		}
		incidents, err := s.incidents(ctx, name, public, page.At)
		if err != nil {
			return page, err
		}
		page.Entries = append(page.Entries, publish.Entry{Name: public, State: states(name), Days: days})
		page.Incidents = append(page.Incidents, incidents...)
	}
	slices.SortStableFunc(page.Incidents, func(a, b publish.Incident) int { return b.Opened.Compare(a.Opened) })
	return page, nil
}

// states returns the function that returns the state of an integration. A name that a
// reload removed meanwhile is not checked.
func (s statusPages) states(now time.Time) (func(name string) publish.State, error) {
	o, err := s.sources.Overview(engine.Selection{})
	if err != nil {
		return nil, err
	}
	statuses := make(map[string]check.Status, len(o.Integrations))
	for n := range o.Integrations {
		statuses[o.Integrations[n].Name] = o.Integrations[n].Status
	}
	maintained := s.sources.Maintenance(now)
	return func(name string) publish.State {
		status, known := statuses[name]
		if !known {
			status = check.Disabled
		}
		return publish.StateOf(status, known && maintained[name])
	}, nil
}

// days returns the last days of an integration. Nothing is known of one that a reload has
// just removed.
func (s statusPages) days(ctx context.Context, name string, now time.Time) ([]publish.Day, error) {
	span, err := trends.LastDays(publish.Days, now)
	if err != nil {
		return nil, err
	}
	chart, err := s.sources.Trend(ctx, name, "", span)
	if _, unknown := errors.AsType[*engine.UnknownError](err); err != nil && !unknown {
		return nil, err
	}
	all := make([]publish.Day, 0, publish.Days)
	for _, d := range span.Days(chart.Points) {
		one := publish.Day{Date: d.At}
		if d.StatusPoint != nil {
			one.Up, one.Down, one.Maintenance = time.Duration(d.UpMS)*time.Millisecond, time.Duration(d.DownMS)*time.Millisecond, time.Duration(d.MaintenanceMS)*time.Millisecond
		}
		all = append(all, one)
	}
	return all, nil
}

// incidents returns when an integration was down or degraded, of late. One that opened
// while vega could not tell the status is no incident of the target, and neither is what
// goes on during maintenance.
func (s statusPages) incidents(ctx context.Context, name, public string, now time.Time) ([]publish.Incident, error) {
	page, err := s.sources.Incidents(ctx, store.IncidentQuery{Subject: name, Since: now.Add(-recent), Limit: maxRecent})
	if err != nil {
		return nil, err
	}
	var all []publish.Incident
	for n := range page.Incidents {
		i := &page.Incidents[n]
		if i.Subject.Kind != incident.OfIntegration || i.Evidence.Now == nil {
			continue
		}
		state := publish.StateOf(i.Evidence.Now.Status, false)
		if state != publish.Down && state != publish.Degraded {
			continue
		}
		times, err := s.times(ctx, i)
		if err != nil {
			return nil, err
		}
		for _, t := range times {
			if s.counts(name, &t, i.Ready, now) {
				all = append(all, publish.Incident{Name: public, State: state, Opened: t.Opened, Ended: t.Ended})
			}
		}
	}
	return all, nil
}

// times returns from when until when an incident was open, the last time first: one that
// opened again is one incident, but the target was well in between.
func (s statusPages) times(ctx context.Context, i *incident.Incident) (all []incident.Time, err error) {
	if i.Reopened == 0 {
		return i.Times(nil), nil
	}
	r, err := s.sources.Incident(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	all = i.Times(r.Timeline)
	slices.Reverse(all)
	return all[:min(len(all), maxRecent)], nil
}

// counts reports whether a page shows an incident that was open at a time, and corrects
// its beginning: one that goes on after a maintenance window begins when it was confirmed.
func (s statusPages) counts(name string, t *incident.Time, confirmed, now time.Time) bool {
	if !t.Ended.IsZero() && t.Ended.Before(now.Add(-recent)) {
		return false
	}
	if !s.sources.Maintenance(t.Opened)[name] {
		return !t.Ended.IsZero() || !s.sources.Maintenance(now)[name]
	}
	end := now
	if !t.Ended.IsZero() {
		end = t.Ended
	}
	if confirmed.After(t.Opened) && confirmed.Before(end) {
		t.Opened = confirmed
	}
	return !s.sources.Maintenance(end)[name]
}

// readBadge reads what a badge shows: the state, or the uptime in a window.
func (s statusPages) readBadge(ctx context.Context, name, public, window string) (publish.Badge, error) {
	now := time.Now()
	if window == "" {
		states, err := s.states(now)
		if err != nil {
			return publish.Badge{}, err
		}
		return publish.StateBadge(public, states(name)), nil
	}
	u, err := s.sources.Uptime(ctx, name, trends.WindowSince(trends.Windows[window], now), now)
	if _, unknown := errors.AsType[*engine.UnknownError](err); unknown {
		err = nil
	}
	counts := u.UpMS + u.DownMS
	return publish.UptimeBadge(public, window, float64(u.UpMS)/float64(max(1, counts)), counts > 0), err
}

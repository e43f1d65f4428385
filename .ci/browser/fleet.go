package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// fleetOf is how many integrations the fleet has, of which 20 are not healthy.
const fleetOf = 1000

// fleetRest is what the fleet has besides its integrations.
const fleetRest = `
metric "orders_open" {
  database = database.vega
  query    = "SELECT 'new' AS state, 3 AS n UNION ALL SELECT 'paid', 4"
  value    = "n"
  labels   = ["state"]
  interval = "5s"
  help     = "Orders by state."
}
store {
  slow_query = "1ms"
}
notifier "chat" {
  type = "webhook"
  url  = "%[1]s/inbox"
}
notifier "pager" {
  type = "webhook"
  url  = "%[1]s/down"
}
alert "health-checks" {
  integrations = ["*"]
  after        = 1
  severity     = "critical"
}
maintenance "backup" {
  integrations = ["group:batch/*"]
  days         = ["sun"]
  from         = "02:00"
  to           = "04:00"
  timezone     = "UTC"
}
status_page "public" {
  title        = "Example status"
  integrations = ["web-shop", "web-help", "payments-api-01", "orders-db"]
  names        = { web-shop = "Shop", web-help = "Help", payments-api-01 = "Payments", orders-db = "Orders" }
}
`

// lookedAt are the integrations of the fleet whose pages are opened.
var lookedAt = []string{"orders-db", "web-shop", "search-index", "images-cdn", "billing-vat", "web-help"}

// services are the groups of the fleet, each with the parts that its names have.
var services = []string{"payments", "orders", "search", "mail", "web", "auth", "billing", "catalog", "shipping", "returns", "images", "fraud", "ledger", "reports", "batch", "queue", "cache", "dns", "vpn", "backup", "crm", "wiki", "build", "metrics", "edge"}

// problems are the integrations of the fleet that are not healthy: the path of the target,
// what is in the block besides, and the names.
var problems = []struct {
	path, more string
	names      []string
}{
	{"down", "", []string{"orders-db", "mail-out", "edge-fra-03"}},
	{"down", "  depends_on  = [integration.orders-db]\n", []string{"orders-api-01", "orders-api-02", "payments-api-01", "shipping-api-01", "web-shop"}},
	{"hang", "", []string{"search-index", "crm-sync"}},
	{"slow", "", []string{"images-cdn", "images-resize", "auth-login", "reports-daily", "wiki-pages"}},
	{"moved", "", []string{"billing-vat", "fraud-score", "dns-legacy"}},
	{"big", "", []string{"catalog-feed", "queue-jobs"}},
}

// fleetConfig returns the configuration of the fleet for a target.
func fleetConfig(target string) string {
	var b strings.Builder
	left := fleetOf
	integration := func(name, path, more string) {
		service, _, _ := strings.Cut(name, "-")
		expect := ""
		switch path {
		case "slow":
			expect = "    max_latency = \"1ms\"\n"
		case "big":
			expect = "    expect_body = \"fine\"\n"
		}
		fmt.Fprintf(&b, "integration %q {\n  probe       = core.http\n  interval    = \"10s\"\n  timeout     = \"1s\"\n  group       = \"%s/eu\"\n  description = \"The health page of %s.\"\n  runbook     = \"https://wiki.example.com/%s\"\n%s  config {\n    url = \"%s/%s/%s\"\n%s  }\n}\n",
			name, service, name, service, more, target, path, name, expect)
		left--
	}
	for _, p := range problems {
		for _, name := range p.names {
			integration(name, p.path, p.more)
		}
	}
	integration("web-help", "fine", "")
	integration("web-old", "fine", "  enabled     = false\n")
	for n := 0; left > 0; n++ {
		integration(fmt.Sprintf("%s-node-%02d", services[n%len(services)], n/len(services)), "fine", "")
	}
	return b.String() + fmt.Sprintf(fleetRest, target)
}

// answerFleet answers as the targets of the fleet.
func answerFleet(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := strings.Cut(r.URL.Path[1:], "/")
	switch kind {
	case "down":
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	case "hang":
		<-r.Context().Done()
	case "slow":
		time.Sleep(50 * time.Millisecond)
	case "moved":
		http.Redirect(w, r, "http://login.example.net/", http.StatusFound)
	case "big":
		_, _ = io.WriteString(w, strings.Repeat("an error page with a long text. ", 200))
	}
}

// withFleet runs something with a fleet whose integrations have all been checked.
func (s *suite) withFleet(ctx context.Context, f func(*vega) error) error {
	target := httptest.NewServer(http.HandlerFunc(answerFleet))
	defer target.Close()
	files, err := s.history(ctx)
	if err != nil {
		return err
	}
	v, err := s.start(ctx, fleetConfig(target.URL), files)
	if err != nil {
		return err
	}
	err = eventually(ctx, "20 integrations that are not healthy, and no other", func() (bool, error) {
		var all struct {
			Integrations []struct{ Status string }
		}
		err := v.get(ctx, "/admin/integrations", &all)
		bad, healthy := 0, 0
		for _, i := range all.Integrations {
			switch i.Status {
			case "healthy":
				healthy++
			case "unhealthy", "degraded", "unknown":
				bad++
			}
		}
		return bad == 20 && healthy == fleetOf-21, err
	})
	if err == nil {
		err = f(v)
	}
	target.CloseClientConnections() // those that never get an answer
	return errors.Join(err, v.stop())
}

// history returns a database with 90 days of those integrations that are looked at, if there
// is a program that writes one.
func (s *suite) history(ctx context.Context) (map[string][]byte, error) {
	if s.past == "" {
		return map[string][]byte{}, nil
	}
	dir, err := os.MkdirTemp("", "vega-browser-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "vega.db")
	if out, err := exec.CommandContext(ctx, s.past, append([]string{path}, lookedAt...)...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", s.past, err, out)
	}
	content, err := os.ReadFile(path)
	return map[string][]byte{".vega/vega.db": content}, err
}

// fleet opens every page of a vega with 1,000 integrations, 20 of them not healthy.
func fleet(ctx context.Context, s *suite) error {
	return s.withFleet(ctx, func(v *vega) error {
		err := errors.Join(
			v.post(ctx, "/v1/conversations", map[string]any{"session_id": "s1", "source": "slack", "model": "llama3.2", "prompt": "Why is the shop down?", "response": "Because orders-db does not answer."}),
			v.post(ctx, "/admin/silences", map[string]any{"integrations": []string{"crm-*"}, "duration": "1h", "comment": "the CRM moves"}))
		if err != nil {
			return err
		}
		pages, err := v.pages(ctx, append(lookedAt, "web-old")...)
		if err != nil {
			return err
		}
		return errors.Join(s.look(ctx, v, "fleet-", pages, views), s.size(ctx, v), s.paint(ctx, v))
	})
}

// size prints the size of the overview. It does not depend on the machine.
func (s *suite) size(ctx context.Context, v *vega) error {
	cookies, err := v.login(ctx)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+"/", http.NoBody)
	if err != nil {
		return err
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	r.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	n, err := io.Copy(w, resp.Body)
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	fmt.Printf("     overview of %d: %d bytes, gzip %d (goal 30720)\n", fleetOf, n, packed.Len())
	if packed.Len() > 30<<10 {
		return fmt.Errorf("the overview has %d bytes, compressed", packed.Len())
	}
	return nil
}

// paint prints how long the overview takes to appear.
func (s *suite) paint(ctx context.Context, v *vega) error {
	cookies, err := v.login(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		t, err := s.browser.open(views[0], cookies...)
		if err != nil {
			return err
		}
		err = errors.Join(t.do(chromedp.Navigate(v.url+"/")), t.until(`performance.getEntriesByName('first-contentful-paint').length > 0`))
		first, err1 := eval[float64](t, `performance.getEntriesByName('first-contentful-paint')[0].startTime`)
		nodes, err2 := eval[float64](t, `document.querySelectorAll('*').length`)
		t.stop()
		if err := errors.Join(err, err1, err2); err != nil {
			return err
		}
		fmt.Printf("     first paint %.0f ms (goal 600), %.0f elements\n", first, nodes)
	}
	return nil
}

package notify_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/notify"
	"vega/daemon/notify/service"
	"vega/daemon/realtest"
	"vega/plugins/egress"
	"vega/policies/check"
	"vega/policies/incident"
)

// received is a request that a service received.
type received struct {
	method, path string // the path with its query
	header       http.Header
	body         []byte
}

// far is a service that records requests and answers as a test says.
type far struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

// serve starts a service that gives every request the same answer.
func serve(t testing.TB, status int, body string, header ...string) *far {
	t.Helper()
	return serveWith(t, func(w http.ResponseWriter, _ received) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func serveWith(t testing.TB, answer func(http.ResponseWriter, received)) *far {
	t.Helper()
	f := &far{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := received{r.Method, r.URL.RequestURI(), r.Header, body}
		f.mu.Lock()
		f.requests = append(f.requests, got)
		f.mu.Unlock()
		answer(w, got)
	}))
	t.Cleanup(f.Close)
	return f
}

// only returns the only request that was received.
func (f *far) only(t testing.TB) received {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.requests) != 1 {
		t.Fatalf("%d requests, want 1", len(f.requests))
	}
	return f.requests[0]
}

// build returns a notifier.
func build(t testing.TB, s service.Settings) *notify.Notifier {
	t.Helper()
	if s.Name == "" {
		s.Name = "test"
	}
	n, err := notify.New(s, notify.Options{Network: egress.New(""), ID: "vega-1", ExternalURL: "https://vega.example.com", Pages: "https://vega.example.com/incidents"})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// arrives sends a message, which has to arrive.
func arrives(t testing.TB, n *notify.Notifier, m *incident.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if o := n.Send(ctx, m); o.Result != incident.Arrived || o.Reason != "" {
		t.Fatalf("%+v, want arrived", o)
	}
}

var opened = time.Date(2026, 3, 1, 14, 3, 5, 0, time.UTC)

// orders is an incident with everything that it can have.
func orders() incident.Incident {
	return incident.Incident{
		ID: 7, Key: "vega/0123456789abcdef/integration/orders",
		Subject:  incident.Subject{Kind: incident.OfIntegration, Name: "orders"},
		Severity: incident.Critical, Summary: "orders is unhealthy: answered 503, want 200",
		Alerts: []string{"health-checks"}, Group: "shop", Runbook: "https://wiki.example.com/orders?a=1&b=2",
		Opened: opened,
		Evidence: incident.Evidence{
			Now: &incident.Observation{
				At: opened, Status: check.Unhealthy, Cause: check.Target, Message: "answered 503, want 200", TookMS: 5012.4,
				Metrics:       []check.Metric{{Name: "dns", Value: 1.2, Unit: "ms"}, {Name: "connect", Value: 3.4, Unit: "ms"}, {Name: "first_byte", Value: 5001, Unit: "ms"}},
				CorrelationID: "4bf92f3577b34da6",
			},
			LastGood: &incident.Observation{
				At: opened.Add(-time.Minute), Status: check.Healthy, Message: "answered 200", TookMS: 23.1,
				Metrics: []check.Metric{{Name: "dns", Value: 1.1, Unit: "ms"}, {Name: "connect", Value: 3.2, Unit: "ms"}, {Name: "first_byte", Value: 17, Unit: "ms"}},
			},
			Strain: []string{"memory 93 % (limit 512 MiB)"}, Queries: []string{"SELECT … FROM orders WHERE state = ? (1.8 s)"},
		},
	}
}

func notice(kind incident.NoticeKind, seq string, i incident.Incident, open time.Duration) incident.Notice {
	return incident.Notice{Kind: kind, Key: "7.chat." + seq, Incident: i, For: open, Link: "https://vega.example.com/incidents/7", Alert: "health-checks"}
}

func messageOf(notices ...incident.Notice) *incident.Message {
	m := &incident.Message{Notifier: "chat", At: opened.Add(10 * time.Second), Notices: notices}
	if len(notices) > 0 {
		m.Key = notices[0].Key
	}
	return m
}

// opening is an incident that has just opened, with two integrations below it.
func opening() *incident.Message {
	n := notice(incident.Opening, "1", orders(), 10*time.Second)
	n.Below, n.More = []string{"cart", "checkout"}, 3
	return messageOf(n)
}

func resolve() *incident.Message {
	i := orders()
	i.Ended, i.End = opened.Add(12*time.Minute), incident.Recovered
	return messageOf(notice(incident.Resolve, "3", i, 12*time.Minute))
}

func TestSlackIncomingWebhook(t *testing.T) {
	f := serve(t, 200, "ok")
	arrives(t, build(t, service.Settings{Type: "slack", URL: f.URL + "/services/T0/B0/secret"}), opening())
	got := f.only(t)
	if got.method != "POST" || got.path != "/services/T0/B0/secret" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v", got.method, got.path, got.header)
	}
	if !strings.Contains(string(got.body), `{"type":"plain_text","text":"[critical] orders is unhealthy: answered 503, want 200","emoji":false}`) {
		t.Errorf("%s", got.body)
	}
}

func tlsConfig(leaf *realtest.Leaf) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{leaf.TLS}}
}

func TestNewReportsWhatIsWrong(t *testing.T) {
	for _, s := range []service.Settings{{Type: "slack"}, {Type: "exec"}, {Type: "slack", URL: "s3cret"}} {
		s.Name = "chat"
		_, err := notify.New(s, notify.Options{Network: egress.New("")})
		if err == nil || !strings.Contains(err.Error(), `notifier "chat"`) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if _, err := notify.New(service.Settings{Type: "slack", URL: "https://example.com"}, notify.Options{}); err == nil {
		t.Error("no error without a network")
	}
}

// Every service in the table has a sender.
func TestEveryServiceHasASender(t *testing.T) {
	for _, s := range service.Services {
		if _, ok := services[s.Type]; !ok && s.Type != "email" {
			t.Errorf("no test of %s", s.Type)
		}
	}
	for kind, s := range services {
		if n := build(t, s.settings("http://127.0.0.1:1")); n.Pager() != service.Find(kind).Pager || (n.Refreshes() > 0) != (kind == "alertmanager") {
			t.Errorf("%s", kind)
		}
	}
}

// What an incident is refreshed with has the labels of its opening.
func TestRefresh(t *testing.T) {
	f := serve(t, 200, "")
	n := build(t, services["alertmanager"].settings(f.URL))
	arrives(t, n, opening())
	arrives(t, n, messageOf(incident.Notice{Kind: incident.Reminder, Key: "7.am.1", Incident: orders(), For: time.Hour}))
	var all [2][]struct {
		Labels, Annotations map[string]string
		GeneratorURL        string
	}
	for i := range all {
		if err := json.Unmarshal(f.requests[i].body, &all[i]); err != nil || len(all[i]) != 1 {
			t.Fatalf("%v: %s", err, f.requests[i].body)
		}
	}
	if first, again := all[0][0], all[1][0]; !maps.Equal(first.Labels, again.Labels) || again.GeneratorURL != "https://vega.example.com/incidents/7" || first.Annotations["summary"] != again.Annotations["summary"] {
		t.Errorf("%v\n%v", first, again)
	}
}

// Thousands of open incidents are sent in several requests.
func TestManyAlerts(t *testing.T) {
	f := serve(t, 200, "")
	n := build(t, services["alertmanager"].settings(f.URL))
	arrives(t, n, messageOf(slices.Repeat([]incident.Notice{notice(incident.Reminder, "1", orders(), time.Hour)}, 1201)...))
	if len(f.requests) != 3 {
		t.Errorf("%d requests, want 3", len(f.requests))
	}
}

// A message without a key gets one, so that services do not take it for another.
func TestMessageWithoutAKey(t *testing.T) {
	f := serve(t, 200, services["matrix"].answer)
	n := build(t, services["matrix"].settings(f.URL))
	for range 2 {
		m := opening()
		m.Key, m.At = "", time.Time{}
		arrives(t, n, m)
	}
	if f.requests[0].path == f.requests[1].path {
		t.Errorf("the same transaction ID twice: %s", f.requests[0].path)
	}
	arrives(t, n, &incident.Message{})
}

// A service drops a message with an ID that it knows. So the ID is the same for each attempt,
// and another one for the first message of another vega, or of a new database.
func TestIDOfAMessageIsItsOwn(t *testing.T) {
	for _, name := range []string{"webhook", "googlechat", "matrix", "ntfy"} {
		s := services[name]
		f := serve(t, 200, s.answer)
		id := func(m *incident.Message) string {
			arrives(t, build(t, s.settings(f.URL)), m)
			r := f.requests[len(f.requests)-1]
			return r.path + " " + r.header.Get("Webhook-Id") + r.header.Get("X-Sequence-Id")
		}
		first, other, later := id(opening()), opening(), opening()
		other.Notices[0].Incident.Key = "vega/fedcba9876543210/integration/orders"
		later.Notices[0].Incident.Opened = opened.Add(time.Hour)
		if again := id(opening()); again != first {
			t.Errorf("%s: the ID of another attempt is %s, want %s", name, again, first)
		}
		for _, m := range []*incident.Message{other, later} {
			if got := id(m); got == first {
				t.Errorf("%s: two messages with the ID %s", name, got)
			}
		}
	}
}

// An event that is never accepted does not keep the others from being sent. If one of them
// arrived, the outcome is unclear: what arrived has to be resolved later.
func TestPagerSendsWhatItCan(t *testing.T) {
	for _, c := range []struct {
		status  int
		bad     int // of 60 events
		want    incident.Result
		retries time.Duration
	}{
		{400, 1, incident.Unclear, 0}, {400, 60, incident.Final, 0}, {429, 1, incident.Unclear, 7 * time.Second}, {429, 60, incident.Refused, 7 * time.Second},
	} {
		m := storm()
		bad := map[string]bool{}
		for _, n := range m.Notices[len(m.Notices)-c.bad:] {
			bad[n.Incident.Key] = true
		}
		f := serveWith(t, func(w http.ResponseWriter, r received) {
			if key, _ := object(t, r.body)["dedup_key"].(string); bad[key] {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(c.status)
				return
			}
			w.WriteHeader(202)
			_, _ = io.WriteString(w, services["pagerduty"].answer)
		})
		o := build(t, services["pagerduty"].settings(f.URL)).Send(t.Context(), m)
		if o.Result != c.want || o.RetryAfter != c.retries || o.Reason == "" {
			t.Errorf("%d for %d: %+v, want %s", c.status, c.bad, o, c.want)
		}
		if n := len(f.requests); c.status == 400 && n != 60 {
			t.Errorf("%d requests, want 60", n)
		}
	}
	missed := mixed()
	missed.Notices = missed.Notices[4:]
	f := serve(t, 500, "")
	arrives(t, build(t, services["pagerduty"].settings(f.URL)), missed) // nothing to send
}

// The URL of a server may have a path and a query.
func TestServerBelowAPath(t *testing.T) {
	for kind, want := range map[string]string{
		"gotify": "/base/message?k=v", "pushover": "/base/1/messages.json?k=v", "alertmanager": "/base/api/v2/alerts?k=v",
		"telegram": "/base/bot123:s3cretToken/sendMessage?k=v", "opsgenie": "/base/v2/alerts?k=v",
	} {
		f := serve(t, services[kind].status, services[kind].answer)
		s := services[kind].settings("")
		s.URL = f.URL + "/base/?k=v"
		arrives(t, build(t, s), opening())
		if got := f.only(t).path; got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

package web

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/api/scope"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

func silenceOf(id int64, name string, from, length time.Duration) incident.Silence {
	now := time.Now()
	return incident.Silence{ID: id, Integrations: []string{name}, From: now.Add(from), Until: now.Add(from + length), By: "bob", Comment: "move of " + name}
}

// TestSilencesThatHoldComeFirst checks the order of the page, and that what holds comes
// from memory: in the store it may be behind pages of others.
func TestSilencesThatHoldComeFirst(t *testing.T) {
	over := silenceOf(4, "over", -2*time.Hour, time.Hour)
	over.Ended, over.EndedBy = time.Now(), "eve"
	f := &alertingSources{
		silences: []incident.Silence{silenceOf(1, "pending", time.Hour, time.Minute), silenceOf(2, "longer", -time.Hour, 9*time.Hour), silenceOf(3, "soon-over", -time.Hour, 90*time.Minute)},
		past:     []incident.Silence{over}, next: "a b",
	}
	b := operator(t, f)
	page := b.page("/silences")
	inOrder(t, page, "Now: 3", "soon-over", "for another 30 min", `action="/silences/3/end"`, "longer", "pending", "begins", "Silence something", "<details", "Past", "over", "eve", "move of over", `href="/silences?cursor=a+b#past"`)
	inOrder(t, b.page("/silences?cursor=x"), `<details open id="past">`)
	b.viewer.Scopes = []scope.Scope{scope.Read}
	lacks(t, b.page("/silences"), "Silence something", "/end")
	inOrder(t, operator(t, &alertingSources{}).page("/silences"), "Nothing is silenced.")
}

// TestUntilHasADate checks that a page doesn't say "until in 1 h".
func TestUntilHasADate(t *testing.T) {
	acked := incidentOf(3, "acked", incident.Critical)
	acked.Acknowledged = &incident.Acknowledgement{By: "bob", At: someday, Until: time.Now().Add(time.Hour)}
	b := operator(t, &alertingSources{silences: []incident.Silence{silenceOf(1, "a", -time.Hour, 2*time.Hour)}, report: alerting.IncidentReport{Incident: acked}})
	f := shop()
	f.silences = []incident.Silence{silenceOf(1, "shop", -time.Hour, 2*time.Hour)}
	date := regexp.MustCompile(`(until |<td[^>]*>)<time datetime="[^"]*">[-0-9]* [0-9:]* UTC</time>`)
	for path, page := range map[string]string{
		"/": small().page(t, "/", scope.Read), "/integrations/shop": f.read(t, "/integrations/shop"),
		"/silences": b.page("/silences"), "/incidents/3": b.page("/incidents/3"),
	} {
		if !date.MatchString(page) {
			t.Errorf("%s has no date: %s", path, page)
		}
	}
}

func TestWhoSilencedAnIncidentIsSaidOnce(t *testing.T) {
	i := incidentOf(7, "db-main", incident.Critical)
	i.Muted = &incident.Mute{By: "silence by ann", Until: time.Now().Add(time.Hour)}
	f := small()
	f.incidents = []incident.Incident{i}
	inOrder(t, f.page(t, "/", scope.Read), "Incident 7</a>, silence by ann")
	page := operator(t, &alertingSources{incidents: []incident.Incident{i}}).page("/incidents")
	inOrder(t, page, "#7 ", "silence by ann</span>")
	lacks(t, page, "silenced")
	i.Muted, i.Silenced = nil, "silence by ann" // which has ended
	f.incidents = []incident.Incident{i}
	lacks(t, f.page(t, "/", scope.Read), "silence by ann")
	lacks(t, operator(t, &alertingSources{incidents: []incident.Incident{i}}).page("/incidents"), "silence by ann")
}

// A maintenance window holds back messages, so each page that says who does names it.
func TestMaintenanceIsShown(t *testing.T) {
	f := small()
	f.serviced = map[string]bool{"db-main": true}
	inOrder(t, f.page(t, "/", scope.Read), ">db-main</bdi>", "In maintenance")
	inOrder(t, operator(t, &alertingSources{serviced: map[string]bool{"b": true, "a": true}}).page("/silences"), "Nothing is silenced", "In maintenance now", "a, b")
}

func TestALinkFillsInTheFormOfASilence(t *testing.T) {
	page := operator(t, &alertingSources{}).page("/silences?integrations=a&integrations=b&duration=90m&comment=%22why%22")
	inOrder(t, page, "<textarea", "a\nb</textarea>", `<option value="90m" selected>`, "&#34;why&#34;")
}

func TestSilenceForm(t *testing.T) {
	f := &alertingSources{}
	b := operator(t, f)
	to := b.post("/silences", url.Values{"integrations": {"orders-*\r\n\r\n group:pay ", "x"}, "duration": {"4h"}, "comment": {"move"}, "next": {"/incidents/7"}})
	if s := f.silence; strings.Join(s.Integrations, "|") != "orders-*|group:pay|x" || s.By != "key ann" || s.Until.Sub(s.From) != 4*time.Hour || !strings.HasPrefix(to, "/incidents/7?") {
		t.Errorf("%s %+v", to, s)
	}
	tomorrow := time.Now().UTC().Add(24 * time.Hour).Truncate(time.Minute)
	b.post("/silences", url.Values{"alerts": {"memory"}, "duration": {"1h"}, "from": {tomorrow.Format("2006-01-02T15:04")}, "until": {tomorrow.Add(time.Hour).Format("2006-01-02T15:04")}, "comment": {"c"}})
	if s := f.silence; !s.From.Equal(tomorrow) || !s.Until.Equal(tomorrow.Add(time.Hour)) || strings.Join(s.Alerts, "") != "memory" {
		t.Errorf("%+v", s)
	}
	for want, form := range map[string]url.Values{
		"say what to silence":           {"duration": {"1h"}, "comment": {"c"}},
		"comment: say why":              {"integrations": {"*"}, "duration": {"1h"}, "comment": {" \n"}},
		"is not a duration":             {"integrations": {"*"}, "duration": {"soon"}, "comment": {"c"}},
		"send the duration":             {"integrations": {"*"}, "comment": {"c"}},
		"it is in the past":             {"integrations": {"*"}, "until": {"2001-01-01T00:00"}, "comment": {"c"}},
		"is not a time":                 {"integrations": {"*"}, "until": {"<script>"}, "comment": {"c"}},
		"30 days at most":               {"integrations": {"*"}, "until": {"2999-01-01T00:00"}, "comment": {"c"}},
		"&#34;nothing&#34; selects no":  {"integrations": {"nothing"}, "duration": {"1h"}, "comment": {"c"}},
		"it has 101 entries":            {"integrations": {strings.Repeat("a\n", 101)}, "duration": {"1h"}, "comment": {"c"}},
		"each entry has 1 to 256 bytes": {"alerts": {strings.Repeat("a", 257)}, "duration": {"1h"}, "comment": {"c"}},
		"it has 501 bytes, and its":     {"integrations": {"*"}, "duration": {"1h"}, "comment": {strings.Repeat("c", 501)}},
		"is not between 1s and 720h":    {"integrations": {"*"}, "duration": {"31d"}, "comment": {"c"}},
	} {
		f.silence = incident.Silence{}
		w, err := b.send(http.MethodPost, "/silences", form)
		if err != nil || w.Code != http.StatusBadRequest || f.silence.By != "" {
			t.Errorf("%s: %v %d", want, err, w.Code)
			continue
		}
		inOrder(t, w.Body.String(), `role="alert"`, "Nothing was silenced.", want, "<textarea")
		lacks(t, w.Body.String(), "<script>")
	}
	f.err = &store.UnavailableError{Reason: "the disk is full", Full: true, Err: errors.New("full")}
	if _, err := b.send(http.MethodPost, "/silences", url.Values{"integrations": {"*"}, "duration": {"1h"}, "comment": {"c"}}); !errors.Is(err, f.err) {
		t.Error(err)
	}
}

// TestAButtonPressedTwiceSilencesOnce expects another silence from another person, for
// another time or reason, and after the first was ended.
func TestAButtonPressedTwiceSilencesOnce(t *testing.T) {
	f := &alertingSources{}
	b := operator(t, f)
	press := func(form url.Values) bool {
		f.silence = incident.Silence{}
		b.post("/silences", form)
		return f.silence.By != ""
	}
	hour := url.Values{"integrations": {"a"}, "duration": {"1h"}, "comment": {"c"}}
	if !press(hour) {
		t.Fatal("not silenced")
	}
	made := f.silence
	f.silences = []incident.Silence{made}
	if press(hour) {
		t.Error("silenced twice")
	}
	for name, form := range map[string]url.Values{
		"longer":        {"integrations": {"a"}, "duration": {"4h"}, "comment": {"c"}},
		"another":       {"integrations": {"b"}, "duration": {"1h"}, "comment": {"c"}},
		"another alert": {"integrations": {"a"}, "alerts": {"x"}, "duration": {"1h"}, "comment": {"c"}},
		"reason":        {"integrations": {"a"}, "duration": {"1h"}, "comment": {"d"}},
	} {
		if !press(form) {
			t.Errorf("%s: not silenced", name)
		}
	}
	for name, change := range map[string]func(*incident.Silence){
		"by another": func(s *incident.Silence) { s.By = "key bob" },
		"ended":      func(s *incident.Silence) { s.Ended = time.Now() },
		"long ago":   func(s *incident.Silence) { s.From = s.From.Add(-2 * time.Minute) },
	} {
		one := made
		change(&one)
		f.silences = []incident.Silence{one}
		if !press(hour) {
			t.Errorf("%s: not silenced", name)
		}
	}
}

func TestEndASilence(t *testing.T) {
	f := &alertingSources{past: []incident.Silence{{ID: 5}}}
	b := operator(t, f)
	if to := b.post("/silences/1/end", url.Values{"next": {"https://evil.example/"}}); f.by != "key ann" || !strings.HasPrefix(to, "/?done=") {
		t.Errorf("%s %s", to, f.by)
	}
	for id, want := range map[string]string{"5": "silence 5 has already ended", "9": "there is no silence 9", "x": "positive"} {
		if _, err := b.send(http.MethodPost, "/silences/"+id+"/end", url.Values{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestAlertsPage(t *testing.T) {
	f := &alertingSources{
		notifiers: []alerting.NotifierReport{
			{Name: "chat", Type: "slack", Status: alerting.Working, Sent: 3, LastSent: &someday},
			{Name: "pager", Type: "pagerduty", Status: alerting.Failing, Dead: 2, Failed: 9, LastError: "401", NextTry: &someday},
			{Name: "mail", Type: "email", Status: alerting.Idle},
		},
		alerts: []alerting.AlertReport{
			{Name: "quiet", Condition: "status is unhealthy", Notify: []string{"chat"}, Subjects: 9, BuiltIn: true},
			{Name: "memory", Condition: "above 80 %", Severity: incident.Warning, Subjects: 1, SetAt: "vega.hcl:12", Watches: []incident.Watch{
				{Subject: incident.Subject{Kind: incident.OfIntegration, Name: "soon"}, Phase: incident.Pending, Since: someday},
				{Subject: incident.Subject{Kind: incident.OfMetric, Name: "system.memory.percent"}, Phase: incident.Firing, Since: someday, Incident: 4, Message: "81 %"},
			}},
		},
	}
	b := operator(t, f)
	page := b.page("/alerts")
	inOrder(t, page, "Notifiers", "pager", "failing", "next try", "401", `action="/notifiers/pager/test"`, "Retry 2 messages", "chat", "working", "mail", "nothing sent since the start",
		"<h2>Alerts</h2>", "memory", "above 80 %", "nobody", "vega.hcl:12", "system.memory.percent", "firing", `href="/incidents/4"`, "81 %", `href="/integrations/soon"`, "bad, not confirmed yet", "1 quiet alert", "quiet", "status is unhealthy")
	b.viewer.Scopes = []scope.Scope{scope.Read}
	lacks(t, b.page("/alerts"), "/test", "/retry")
	inOrder(t, operator(t, &alertingSources{}).page("/alerts"), "No notifier is configured", "No alert is configured")
}

func TestOnlySomeSubjectsOfAnAlertAreShown(t *testing.T) {
	f := &alertingSources{alerts: []alerting.AlertReport{{Name: "a", Watches: make([]incident.Watch, 10_000)}}}
	for n := range f.alerts[0].Watches {
		f.alerts[0].Watches[n] = incident.Watch{Phase: incident.Pending, Subject: incident.Subject{Kind: incident.OfIntegration, Name: "pending"}}
	}
	f.alerts[0].Watches[9_999].Phase = incident.Firing
	page := operator(t, f).page("/alerts")
	inOrder(t, page, "firing", "and 9950 more")
	if len(page) > 64<<10 || f.alerts[0].Watches[0].Phase != incident.Pending {
		t.Errorf("%d bytes", len(page))
	}
}

func TestTestAndRetryANotifier(t *testing.T) {
	f := &alertingSources{test: alerting.TestReport{Notifier: "chat", OK: true, Steps: []alerting.TestStep{{Kind: incident.Opening, OK: true, DurationMS: 12}, {Kind: incident.Resolve, OK: true, DurationMS: 3}}}}
	b := operator(t, f)
	w, err := b.send(http.MethodPost, "/notifiers/chat/test", url.Values{})
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(err)
	}
	inOrder(t, w.Body.String(), "The test of chat arrived", "opening: arrived in 12 ms", "end: arrived in 3 ms")
	if w, err = b.send(http.MethodGet, "/notifiers/chat/test", nil); err != nil || w.Header().Get("Location") != "/alerts#notifiers" {
		t.Errorf("%v %d %s", err, w.Code, w.Header())
	}
	f.test = alerting.TestReport{Notifier: "chat", Steps: []alerting.TestStep{{Kind: incident.Opening, Error: "<b>503", DurationMS: 12}}}
	if w, err = b.send(http.MethodPost, "/notifiers/chat/test", url.Values{}); err != nil {
		t.Fatal(err)
	}
	inOrder(t, w.Body.String(), "notice bad", "The test of chat failed", "opening: failed after 12 ms", "&lt;b&gt;503")
	if to := b.post("/notifiers/chat/retry", url.Values{}); f.by != "chat" || !strings.HasPrefix(to, "/alerts?done=") {
		t.Errorf("%s %s", to, f.by)
	}
	for _, path := range []string{"/notifiers/%ff%0a/test", "/notifiers/x/retry"} {
		if _, err := b.send(http.MethodPost, path, url.Values{}); !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), "none is configured") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestWhatOthersWroteIsInert shows hostile and huge text in every field of incidents,
// silences, alerts and notifiers.
func TestWhatOthersWroteIsInert(t *testing.T) {
	const bad = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[31m\xff"
	huge := bad + strings.Repeat("<é", 1<<20)
	for _, text := range []string{bad, huge} {
		page := everywhere(t, text)
		for name, p := range page {
			lacks(t, p[:min(len(p), 5<<20)], "<script>alert", "<img src=x", "\x1b", "\u202e", `href="javascript:`, " style=", `"'>`)
			if len(p) > 5<<20 || strings.ToValidUTF8(p, "") != p || strings.Count(p, "<h1") != 1 {
				t.Errorf("%s: %d bytes", name, len(p))
			}
		}
	}
}

// everywhere returns the pages with a text in every field. The names of integrations and
// notifiers, which links have, are not longer than those of a configuration can be.
func everywhere(t *testing.T, text string) map[string]string {
	name := text[:min(len(text), 200)]
	i := incident.Incident{
		ID: 1, Key: text, Subject: incident.Subject{Kind: incident.OfMetric, Name: text, Instance: text}, Severity: incident.Severity(text), Summary: text,
		Alerts: []string{text}, Group: text, Runbook: `href="javascript:` + text, Opened: someday, Silenced: text, Root: 2, Below: 1,
		Acknowledged: &incident.Acknowledgement{By: text, Comment: text, At: someday},
	}
	seen := &incident.Observation{At: someday, Status: check.Status("unhealthy"), Cause: check.Cause("target"), Message: text, Value: text, Details: map[string]string{text: text}, Metrics: []check.Metric{{Name: text, Unit: text}}, CorrelationID: text}
	i.Evidence = incident.Evidence{Now: seen, LastGood: seen, Below: []string{name}, Strain: []string{text}, Queries: []string{text}, Config: text, Bound: text}
	s := silenceOf(1, text, -time.Hour, 2*time.Hour)
	s.By, s.Comment, s.Alerts = text, text, []string{text}
	over := s
	over.Ended, over.EndedBy = time.Now(), text
	r := incidentReport(i)
	r.Timeline = []incident.Event{{At: someday, Kind: text, Text: text, By: text + "x"}}
	r.Deliveries = []incident.Delivery{{Notifier: text, Kind: incident.NoticeKind(text), Error: text}}
	r.Explains, r.Silences = []incident.Incident{i}, []incident.Silence{s}
	f := &alertingSources{
		incidents: []incident.Incident{i}, report: r, silences: []incident.Silence{s}, past: []incident.Silence{over},
		notifiers: []alerting.NotifierReport{{Name: name, Type: text, Status: text, Dead: 1, LastError: text}},
		alerts:    []alerting.AlertReport{{Name: text, Condition: text, Severity: incident.Severity(text), Notify: []string{text}, SetAt: text, Watches: []incident.Watch{{Subject: i.Subject, Phase: incident.Phase(text), Message: text}}}},
	}
	b := operator(t, f)
	address := url.QueryEscape(text[:min(len(text), 4000)])
	return map[string]string{
		"incidents": b.page("/incidents?subject=" + address + "&alert=" + address), "incident": b.page("/incidents/1"),
		"silences": b.page("/silences?comment=" + address + "&duration=" + address + "&until=" + address + "&integrations=" + address), "alerts": b.page("/alerts"),
	}
}

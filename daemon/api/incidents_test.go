package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/alerting/respond"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// fakeAlerting has an open incident 1, an ended incident 2, a silence 1 that holds, a
// silence 2 that has ended, and the notifiers chat and oncall, the second of which fails.
type fakeAlerting struct {
	full bool // the disk of the store is full

	asked   store.IncidentQuery
	ack     incident.Acknowledgement
	silence incident.Silence
	by      string
	retried string
}

var (
	someTime     = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	someIncident = incident.Incident{
		ID: 1, Key: "vega/0123/integration/orders", Subject: incident.Subject{Kind: incident.OfIntegration, Name: "orders"},
		Severity: incident.Critical, Summary: "orders is unhealthy: 503", Alerts: []string{"health-checks"}, Opened: someTime,
		Acknowledged: &incident.Acknowledgement{By: "ann", At: someTime},
		Evidence: incident.Evidence{
			Now:      &incident.Observation{At: someTime, Status: check.Unhealthy, Cause: check.Target, Message: "503", Metrics: []check.Metric{{Name: "ttfb", Value: 3, Unit: "ms"}}},
			LastGood: &incident.Observation{At: someTime, Status: check.Healthy, TookMS: 12, Details: map[string]string{"status": "200"}},
			Below:    []string{"shop"},
		},
	}
)

func (f *fakeAlerting) Incidents(_ context.Context, q store.IncidentQuery) (alerting.IncidentPage, error) {
	f.asked = q
	return alerting.IncidentPage{Incidents: []incident.Incident{someIncident}, Next: "n"}, nil
}

func (f *fakeAlerting) Incident(_ context.Context, id int64) (alerting.IncidentReport, error) {
	if id > 2 {
		return alerting.IncidentReport{}, store.ErrNotFound
	}
	i := someIncident
	if i.ID = id; id == 2 {
		i.Ended, i.End = someTime, incident.Recovered
	}
	return alerting.IncidentReport{
		Incident: i, DurationMS: 12, Explains: []incident.Incident{}, Silences: []incident.Silence{},
		Timeline:   []incident.Event{{ID: 1, Incident: 1, At: someTime, Kind: "opened", Text: "opened by health-checks"}},
		Deliveries: []incident.Delivery{{Incident: 1, Notifier: "chat", Notified: true, Kind: incident.Opening, Seq: 1, Sent: someTime}},
	}, nil
}

// change returns the error of changing an entry.
func (f *fakeAlerting) change(id int64) error {
	switch {
	case f.full:
		return errFull
	case id > 2:
		return incident.ErrNotFound
	case id == 2:
		return incident.ErrEnded
	}
	return nil
}

func (f *fakeAlerting) Acknowledge(_ context.Context, id int64, a incident.Acknowledgement) error {
	f.ack = a
	return f.change(id)
}

func (f *fakeAlerting) Unacknowledge(_ context.Context, id int64, by string) error {
	f.by = by
	return f.change(id)
}

func (f *fakeAlerting) OpenIncidents() []incident.Incident { return nil }

func (f *fakeAlerting) Silences(context.Context, int, string) (store.SilencePage, error) {
	now := time.Now()
	return store.SilencePage{Silences: []incident.Silence{
		{ID: 3, Integrations: []string{"*"}, Alerts: []string{}, From: now.Add(time.Hour), Until: now.Add(2 * time.Hour), By: "ci", Comment: "later"},
		{ID: 2, Integrations: []string{"*"}, Alerts: []string{}, From: now.Add(-time.Hour), Until: now.Add(time.Hour), By: "ci", Comment: "over", Ended: now, EndedBy: "ci"},
		{ID: 1, Integrations: []string{"orders-*"}, Alerts: []string{}, From: now.Add(-time.Hour), Until: now.Add(time.Hour), By: "ann", Comment: "move"},
	}}, nil
}

func (f *fakeAlerting) CurrentSilences() []incident.Silence { return nil }

func (f *fakeAlerting) Silence(_ context.Context, s incident.Silence) (incident.Silence, error) {
	if f.full {
		return s, errFull
	}
	if len(s.Integrations) > 0 && s.Integrations[0] == "nothing" {
		return s, &store.InvalidError{Field: "integrations", Reason: `"nothing" matches no integration`}
	}
	s.ID, f.silence = 1, s
	return s, nil
}

func (f *fakeAlerting) EndSilence(_ context.Context, id int64, by string) error {
	f.by = by
	return f.change(id)
}

func (f *fakeAlerting) Alerts() []alerting.AlertReport {
	value := 81.5
	return []alerting.AlertReport{{Name: "memory", Condition: "system.memory.percent above 80 %", Severity: incident.Warning, Notify: []string{"chat"}, Watches: []incident.Watch{
		{Alert: "memory", Subject: incident.Subject{Kind: incident.OfMetric, Name: "system.memory.percent"}, Phase: incident.Firing, Condition: "digest", Observed: 90 * time.Second, Value: &value, Incident: 1},
	}}}
}

func (f *fakeAlerting) Notifiers() []alerting.NotifierReport {
	return []alerting.NotifierReport{{Name: "chat", Type: "slack", Status: "idle", LastSent: &someTime}, {Name: "oncall", Type: "pagerduty", Status: "failing", LastError: "503"}}
}

func (f *fakeAlerting) TestNotifier(_ context.Context, name string) (alerting.TestReport, error) {
	if name != "chat" {
		return alerting.TestReport{}, store.ErrNotFound
	}
	return alerting.TestReport{Notifier: name, Type: "slack", Steps: []alerting.TestStep{{Kind: incident.Opening, OK: true, DurationMS: 1}, {Kind: incident.Resolve, Error: "500"}}}, nil
}

func (f *fakeAlerting) RetryNotifier(_ context.Context, name string) error {
	if name != "chat" {
		return store.ErrNotFound
	}
	f.retried = name
	return f.change(0)
}

// sendBody sends a request with a key and a JSON body.
func sendBody(t *testing.T, a *API, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set(keyHeader, key)
	if body != "" {
		r.Header.Set(typeHeader, "application/json")
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

// withAlerts returns an API with the fake and the contract of its answers.
func withAlerts(t *testing.T, f *fake) (*API, *contract) {
	t.Helper()
	a := New(f, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	return a, newContract(t, send(t, a, "GET", "/openapi.json").Body.String())
}

func TestIncidentsOverHTTP(t *testing.T) {
	a, c := withAlerts(t, &fake{})
	for _, tt := range []struct {
		method, path, described, body string
		status                        int
		want                          string // part of the answer
	}{
		{"GET", "/admin/incidents", "", "", 200, `"next":"n"`},
		{"GET", "/admin/incidents?open=true&subject=orders&alert=health-checks&since=30d&until=2999-01-01T00:00:00Z&limit=3", "/admin/incidents", "", 200, `"summary":"orders is unhealthy: 503"`},
		{"GET", "/admin/incidents?open=yes", "/admin/incidents", "", 400, `\"yes\" is not true or false`},
		{"GET", "/admin/incidents?since=1h&until=2h", "/admin/incidents", "", 400, "not before until"},
		{"GET", "/admin/incidents?state=open", "/admin/incidents", "", 400, "this route accepts open, subject, alert, since, until, limit, cursor"},
		{"GET", "/admin/incidents/1", "/admin/incidents/{id}", "", 200, `"timeline":[{`},
		{"GET", "/admin/incidents/9", "/admin/incidents/{id}", "", 404, "there is no incident 9"},
		{"GET", "/admin/incidents/01", "/admin/incidents/{id}", "", 404, "must be a positive number"},
		{"GET", "/admin/incidents/99999999999999999999", "/admin/incidents/{id}", "", 404, "must be a positive number"},
		{"GET", "/admin/incidents/1?x=1", "/admin/incidents/{id}", "", 400, "has no parameters"},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"by":"ann","comment":"on it"}`, 200, `"acknowledged":{`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{}`, 200, `"id":1`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"duration":"1d"}`, 200, `"id":1`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"duration":"2 hours"}`, 400, `duration: \"2 hours\" is not a duration`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"duration":"-1h"}`, 400, "duration: -1h is not between 1s and 720h"},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"comment":"` + strings.Repeat("x", respond.MaxComment+1) + `"}`, 400, "comment: it has 501 bytes, and its limit is 500"},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"by":"key default"}`, 400, `by: \"key default\" would name an API key`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"by":" K\u200bey\u00a0default"}`, 400, `would name an API key`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"by":"keyser"}`, 200, `"id":1`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"comment":7}`, 400, "comment must be a string"},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"who":"ann"}`, 400, `unknown field \"who\"; this route accepts by, comment, duration`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", ``, 200, `"id":1`},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{"comment":"` + strings.Repeat("x", maxAcknowledgement) + `"}`, 413, "exceeds the limit"},
		{"POST", "/admin/incidents/2/ack", "/admin/incidents/{id}/ack", `{}`, 409, "incident 2 has already ended"},
		{"POST", "/admin/incidents/3/ack", "/admin/incidents/{id}/ack", `{}`, 404, "there is no incident 3"},
		{"DELETE", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", "", 204, ""},
		{"DELETE", "/admin/incidents/2/ack", "/admin/incidents/{id}/ack", "", 409, "has already ended"},
		{"DELETE", "/admin/incidents/3/ack", "/admin/incidents/{id}/ack", "", 404, "there is no incident 3"},
		{"GET", "/admin/alerts", "", "", 200, `"observed_ms":90000`},
		{"GET", "/admin/notifiers", "", "", 200, `"last_error":"503"`},
		{"POST", "/admin/notifiers/chat/test", "/admin/notifiers/{name}/test", "", 200, `"ok":false`},
		{"POST", "/admin/notifiers/mail/test", "/admin/notifiers/{name}/test", "", 404, `there is no notifier \"mail\"; the configured ones are: chat, oncall`},
		{"POST", "/admin/notifiers/chat/retry", "/admin/notifiers/{name}/retry", "", 204, ""},
		{"POST", "/admin/notifiers/%FF/retry", "/admin/notifiers/{name}/retry", "", 404, "there is no notifier"},
	} {
		w := sendBody(t, a, tt.method, tt.path, tt.body)
		if tt.described == "" {
			tt.described = tt.path
		}
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %s %.60s: %d %.500s", tt.method, tt.path, tt.body, w.Code, w.Body)
		}
		c.check(tt.method, tt.described, reply{w.Code, w.Header(), w.Body.String()})
	}
}

func TestIncidentsAreSelected(t *testing.T) {
	f := &fake{}
	a, _ := withAlerts(t, f)
	sendBody(t, a, "GET", "/admin/incidents?open=false&subject=a&alert=b&since=2026-01-02T03:04:05Z&limit=7&cursor=x", "")
	if q := f.asked; q.Open == nil || *q.Open || q.Subject != "a" || q.Alert != "b" || !q.Since.Equal(someTime) || q.Limit != 7 || q.Cursor != "x" {
		t.Errorf("%+v", q)
	}
}

// TestAcknowledgementNamesItsAuthor checks who an acknowledgement and its end are by, and
// that neither name nor comment can imitate other text.
func TestAcknowledgementNamesItsAuthor(t *testing.T) {
	f := &fake{}
	a, _ := withAlerts(t, f)
	sendBody(t, a, "POST", "/admin/incidents/1/ack", `{"comment":"on it\n\u202emine\u001b[31m"}`)
	if f.ack.By != "key ci" || f.ack.Comment != "on it mine[31m" || f.ack.At.IsZero() || !f.ack.Until.IsZero() {
		t.Errorf("%+v", f.ack)
	}
	sendBody(t, a, "POST", "/admin/incidents/1/ack", `{"by":" ann\n","duration":"90m"}`)
	if f.ack.By != "ann" || f.ack.Until.Sub(f.ack.At) != 90*time.Minute {
		t.Errorf("%+v", f.ack)
	}
	sendBody(t, a, "DELETE", "/admin/incidents/1/ack", "")
	if f.by != "key ci" {
		t.Errorf("%q", f.by)
	}
}

func TestSilencesOverHTTP(t *testing.T) {
	a, c := withAlerts(t, &fake{})
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	for _, tt := range []struct {
		body, detail string // detail of the problem; "" for 201
	}{
		{`{"integrations":["orders-*","group:payments/*","label:team=core"],"duration":"2h","comment":"move"}`, ""},
		{`{"alerts":["memory"],"until":"` + in(24*time.Hour) + `","comment":"resize","by":"ann"}`, ""},
		{`{"alerts":["memory"],"duration":"1h","comment":"resize","by":"key default"}`, "would name an API key"},
		{`{"integrations":["*"],"from":"` + in(time.Hour) + `","duration":"720h","comment":"c"}`, ""},
		{`{"integrations":["nothing"],"duration":"2h","comment":"c"}`, `integrations: \"nothing\" matches no integration`},
		{`{"duration":"2h","comment":"c"}`, "integrations: say what to silence"},
		{`{"integrations":[],"alerts":[],"duration":"2h","comment":"c"}`, "integrations: say what to silence"},
		{`{"integrations":null,"duration":"2h","comment":"c"}`, "integrations: say what to silence"},
		{`{"integrations":"*","duration":"2h","comment":"c"}`, "integrations must be a list of strings"},
		{`{"integrations":[""],"duration":"2h","comment":"c"}`, "integrations: each entry has 1 to 256 bytes"},
		{`{"alerts":["` + strings.Repeat("x", 257) + `"],"duration":"2h","comment":"c"}`, "alerts: each entry has 1 to 256 bytes"},
		{`{"alerts":["x"` + strings.Repeat(`,"x"`, 100) + `],"duration":"2h","comment":"c"}`, "alerts: it has 101 entries, and its limit is 100"},
		{`{"integrations":["*"],"duration":"2h"}`, "comment: say why"},
		{`{"integrations":["*"],"duration":"2h","comment":" \u200b\n"}`, "comment: say why"},
		{`{"integrations":["*"],"comment":"c"}`, `duration: send the duration, such as \"2h\", or until`},
		{`{"integrations":["*"],"duration":"2h","until":"` + in(time.Hour) + `","comment":"c"}`, "duration: it excludes until"},
		{`{"integrations":["*"],"duration":"720h1s","comment":"c"}`, "duration: 720h1s is not between 1s and 720h"},
		{`{"integrations":["*"],"duration":"0s","comment":"c"}`, "duration: 0s is not between"},
		{`{"integrations":["*"],"duration":"NaNh","comment":"c"}`, "is not a duration"},
		{`{"integrations":["*"],"until":"` + in(-time.Hour) + `","comment":"c"}`, "until: it is in the past"},
		{`{"integrations":["*"],"until":"tomorrow","comment":"c"}`, "until must be a time in RFC 3339"},
		{`{"integrations":["*"],"until":"` + in(31*24*time.Hour) + `","comment":"c"}`, "until: a silence lasts 30 days at most"},
		{`{"integrations":["*"],"from":"` + in(2*time.Hour) + `","until":"` + in(time.Hour) + `","comment":"c"}`, "until: it is not after from"},
		{`{"integrations":["*"],"from":"` + in(31*24*time.Hour) + `","duration":"1h","comment":"c"}`, "from: it is more than 30 days ahead"},
		{`{"integrations":["*"],"duration":"2h","duration":"3h","comment":"c"}`, "given twice"},
		{`{"matchers":[]}`, `unknown field \"matchers\"; this route accepts alerts, by, comment, duration, from, integrations, until`},
	} {
		w := sendBody(t, a, "POST", "/admin/silences", tt.body)
		want := http.StatusBadRequest
		if tt.detail == "" {
			want = http.StatusCreated
		}
		if w.Code != want || !strings.Contains(w.Body.String(), tt.detail) || want == http.StatusCreated && w.Header().Get("Location") != "/admin/silences/1" {
			t.Errorf("%.200s: %d %s", tt.body, w.Code, w.Body)
		}
		c.check("POST", "/admin/silences", reply{w.Code, w.Header(), w.Body.String()})
	}
	for path, want := range map[string]int{"": 3, "?active=true": 2, "?active=false": 1} {
		w := sendBody(t, a, "GET", "/admin/silences"+path, "")
		var page silencePage
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Silences) != want {
			t.Errorf("%s: %v %s", path, err, w.Body)
		}
		c.check("GET", "/admin/silences", reply{w.Code, w.Header(), w.Body.String()})
	}
	for id, want := range map[string]int{"1": 204, "2": 409, "4": 404, "x": 404} {
		w := sendBody(t, a, "DELETE", "/admin/silences/"+id, "")
		if w.Code != want {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
		c.check("DELETE", "/admin/silences/{id}", reply{w.Code, w.Header(), w.Body.String()})
	}
}

func TestSilenceIsHandedOn(t *testing.T) {
	f := &fake{}
	a, _ := withAlerts(t, f)
	sendBody(t, a, "POST", "/admin/silences", `{"integrations":["orders-*"],"duration":"2h","comment":"move","from":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`)
	s := f.silence
	if s.By != "key ci" || s.Comment != "move" || s.Until.Sub(s.From) != 2*time.Hour || s.Alerts == nil || len(s.Integrations) != 1 || time.Until(s.From) < 59*time.Minute {
		t.Errorf("%+v", s)
	}
}

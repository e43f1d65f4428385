package notify_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"vega/daemon/notify/service"
	"vega/daemon/realtest"
	"vega/policies/incident"
)

// group is what Alertmanager posts to a webhook.
type group struct{ Alerts []posted }

type posted struct {
	Status              string
	Labels, Annotations map[string]string
}

// An incident goes through a real Alertmanager: it fires, its severity rises, and it is
// resolved.
func TestThroughAlertmanager(t *testing.T) {
	all := &posts{groups: make(chan group, 100)}
	receiver := serveWith(t, func(_ http.ResponseWriter, r received) {
		var g group
		if err := json.Unmarshal(r.body, &g); err != nil {
			t.Error(err)
		}
		all.groups <- g
	})
	n := build(t, service.Settings{Type: "alertmanager", URL: realtest.Alertmanager(t, receiver.URL)})
	now := time.Now()
	i := orders()
	i.Opened, i.Severity = now.Add(-time.Minute), incident.Warning
	arrives(t, n, messageOf(notice(incident.Opening, "1", i, time.Minute)))
	firing := all.await(t, "orders", incident.Warning, "firing")
	if firing.Annotations["runbook_url"] != i.Runbook || firing.Labels["alertname"] != "health-checks" || firing.Labels["vega"] != "vega-1" {
		t.Errorf("%+v", firing)
	}

	i.Severity = incident.Critical
	arrives(t, n, messageOf(notice(incident.Escalation, "2", i, time.Minute)))
	all.await(t, "orders", incident.Critical, "firing")
	all.await(t, "orders", incident.Warning, "resolved")
	arrives(t, n, messageOf(notice(incident.Reminder, "3", i, time.Minute)))

	i.Ended, i.End = time.Now(), incident.Recovered
	arrives(t, n, messageOf(notice(incident.Resolve, "4", i, time.Minute)))
	if over := all.await(t, "orders", incident.Critical, "resolved"); over.Annotations["summary"] != "[recovered] orders after 1m" {
		t.Errorf("%+v", over)
	}

	for name, m := range messages() { // any message is accepted
		if name != "resolve" {
			arrives(t, n, m)
		}
	}
}

// await waits for an alert in any of the groups that Alertmanager posts. It keeps what it
// sees.
func (p *posts) await(t testing.TB, integration string, severity incident.Severity, status string) posted {
	t.Helper()
	limit := time.After(realtest.Patience)
	for {
		for _, a := range p.seen {
			if a.Labels["integration"] == integration && a.Labels["severity"] == string(severity) && a.Status == status {
				return a
			}
		}
		select {
		case g := <-p.groups:
			p.seen = append(p.seen, g.Alerts...)
		case <-limit:
			t.Fatalf("%s %s is not %s", severity, integration, status)
		}
	}
}

type posts struct {
	groups chan group
	seen   []posted
}

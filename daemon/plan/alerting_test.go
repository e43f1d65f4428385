package plan_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"vega/daemon/plan"
)

const alerting = `
notifier "chat" {
  type = "slack"
  url  = "https://hooks.slack.com/services/${env("TOKEN_A")}"
}
notifier "mail" {
  type    = "email"
  address = "mail.example.com:587"
  from    = "vega@example.com"
  to      = ["ops@example.com"]
}
alert "orders" {
  integrations = ["*"]
  notify       = [notifier.chat]
}
alert "disk" {
  metric = system.disk.free
  below  = "2GiB"
  notify = [notifier.mail]
}
maintenance "backup" {
  integrations = ["port"]
  from         = "02:00"
  to           = "04:00"
}
dead_man "outside" {
  url = "https://hc.example.com/${env("TOKEN_A")}"
}
`

// TestAlertingIsCompared changes each kind of block, and shows no secret.
func TestAlertingIsCompared(t *testing.T) {
	dir := t.TempDir()
	old := read(t, dir, before+alerting, "1")
	again := read(t, dir, before+"\n\n"+alerting, "1") // at other places
	if p := plan.Between(old, again); !p.Empty() {
		t.Errorf("moved blocks change something: %+v", p)
	}
	text := strings.NewReplacer(
		"hooks.slack.com/services/${env(\"TOKEN_A\")}", "hooks.slack.com/services/${env(\"TOKEN_B\")}",
		`to      = ["ops@example.com"]`, `to      = ["ops@example.com", "dev@example.com"]`,
		`integrations = ["*"]`, "integrations = [\"web\", \"port\"]\n  after = 1\n  escalate {\n    after = \"15m\"\n    notify = [notifier.mail]\n  }",
		`alert "disk"`, `alert "cpu"`, "system.disk.free", "system.cpu.system_percent", `below  = "2GiB"`, "above = 99",
		`from         = "02:00"`, "from = \"01:00\"\n  days = [\"sun\", \"mon\"]\n  timezone = \"Europe/Berlin\"",
		"hc.example.com/${env(\"TOKEN_A\")}", "hc.example.com/${env(\"TOKEN_B\")}",
	).Replace(alerting) + "alert \"pool\" {\n  enabled = false\n}\n"
	p := plan.Between(old, read(t, dir, before+text, "1"))
	var got []string
	for _, b := range p.Details() {
		got = append(got, fmt.Sprintf("%s %s", b.Action, b.Name))
		for _, a := range b.Attributes {
			line := "  " + a.Name
			if a.From != nil {
				line += fmt.Sprintf(" %q to %q", *a.From, *a.To)
			}
			got = append(got, line)
		}
	}
	want := `change notifier.chat
  url
change notifier.mail
  to "ops@example.com" to "ops@example.com, dev@example.com"
change alert.cpu
  above "80 %" to "99 %"
  after "1" to "3"
  for "5m" to "0s"
  notify "all notifiers" to "mail"
remove alert.disk
change alert.orders
  integrations "*" to "web, port"
  after "3" to "1"
  escalate "" to "after 15m mail"
remove alert.pool
change maintenance.backup
  days "" to "sun, mon"
  from "02:00" to "01:00"
  timezone "UTC" to "Europe/Berlin"
change dead_man.outside
  url`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
	if b, err := json.Marshal(p); err != nil || strings.Contains(string(b), canary) {
		t.Errorf("the plan shows a secret: %s %v", b, err)
	}
	if live := strings.Join(p.Live(), " "); !strings.Contains(live, "notifier.chat") || !strings.Contains(live, "dead_man.outside") {
		t.Errorf("live: %s", live)
	}
}

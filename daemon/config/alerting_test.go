package config

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/notify/service"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// alertingEnv has every variable that the tests here read.
func alertingEnv() map[string]string {
	return map[string]string{
		"PD_KEY": "0123456789abcdef0123456789abcdef", "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/hooksecret", "HC_URL": "https://hc-ping.com/uuid-of-the-check",
		"MAIL_PASSWORD": "mail-password", "HEALTHCHECKS_URL": "https://hc-ping.com/uuid-of-the-check", "APP_DSN": "postgres://app@127.0.0.1:1/app",
	}
}

const alertingExample = `
integration "orders" {
  probe = core.tcp
  group = "payments/eu"
  config {
    address = "127.0.0.1:1"
  }
}
notifier "oncall" {
  type = "pagerduty"
  key  = env("PD_KEY")
}
notifier "chat" {
  type = "slack"
  url  = env("SLACK_WEBHOOK_URL")
}
dead_man "outside" {
  url = env("HC_URL")
}
maintenance "backup" {
  integrations = ["orders"]
  days         = ["sun", "mon"]
  from         = "22:30"
  to           = "04:00"
  timezone     = "Europe/Berlin"
}
alert "health-checks" {
  integrations    = ["group:payments/*", "label:team=core", "orders"]
  status          = ["unhealthy", "unknown"]
  after           = 5
  severity        = "critical"
  notify          = [notifier.oncall]
  repeat_interval = "0s"
  runbook         = "https://wiki.example.com"
  escalate {
    after  = "15m"
    notify = [notifier.chat]
  }
}
alert "slow-queries" {
  metric    = databases.queries.slowest
  above     = "1.5s"
  for       = "5m"
  clear_for = "10m"
  notify    = [notifier.chat]
}
alert "file-descriptors" {
  enabled = false
}
alert "plugins" {
  event  = "plugin_refused"
  reopen = "1m"
}
`

func TestAlertingIsRead(t *testing.T) {
	c := good(t, alertingExample, options(t, alertingEnv()))
	if len(c.Warnings) != 1 || c.Warnings[0].Code != diag.Unmatched { // of the label
		t.Errorf("warnings:\n%s", shownText(t, c.Warnings))
	}
	names := func(all []alert.Alert) (out []string) {
		for _, a := range all {
			out = append(out, a.Name)
		}
		return out
	}
	if got := names(c.Alerts); !slices.Equal(got, []string{"configuration", "cpu", "health-checks", "memory", "plugins", "pool", "slow-queries"}) {
		t.Errorf("alerts %q", got)
	}
	h := c.Alerts[2]
	if h.BuiltIn || len(h.Integrations) != 3 || h.Integrations[0] != "group:payments/*" || !slices.Equal(h.Status, []check.Status{check.Unhealthy, check.Unknown}) ||
		h.After != 5 || h.ClearAfter != 2 || h.Severity != incident.Critical || !slices.Equal(h.Notify, []string{"oncall"}) || h.RepeatInterval != 0 || h.Reopen != 10*time.Minute ||
		h.Runbook != "https://wiki.example.com" || len(h.Escalate) != 1 || h.Escalate[0].After != 15*time.Minute || !slices.Equal(h.Escalate[0].Notify, []string{"chat"}) || !strings.HasSuffix(h.At, "vega.hcl:27") {
		t.Errorf("%+v", h)
	}
	if s := c.Alerts[6]; *s.Above != 1500 || s.Unit != "milliseconds" || s.After != 1 || s.For != 5*time.Minute || s.ClearFor != 10*time.Minute || s.Severity != incident.Warning || s.RepeatInterval != 4*time.Hour {
		t.Errorf("%+v", s)
	}
	if p := c.Alerts[4]; p.Event != "plugin_refused" || p.After != 1 || p.ClearAfter != 1 || len(p.Notify) != 0 {
		t.Errorf("%+v", p)
	}
	w := c.Windows[0]
	if w.From != 22*time.Hour+30*time.Minute || w.To != 4*time.Hour || !slices.Equal(w.Days, []time.Weekday{time.Sunday, time.Monday}) || w.Location.String() != "Europe/Berlin" {
		t.Errorf("%+v", w)
	}
	if d := c.DeadMen[0]; d.URL.Reveal() != alertingEnv()["HC_URL"] || d.Every != time.Minute {
		t.Errorf("%+v", d)
	}
	if n := c.Notifiers; len(n) != 2 || n[0].Name != "chat" || n[0].URL != alertingEnv()["SLACK_WEBHOOK_URL"] || n[1].Key != alertingEnv()["PD_KEY"] || n[1].URL == "" {
		t.Errorf("%+v", n)
	}
}

func TestBuiltInAlerts(t *testing.T) {
	c := good(t, "", options(t, nil))
	var got []string
	for _, a := range c.Alerts {
		if !a.BuiltIn || len(a.Notify) > 0 || !strings.HasSuffix(a.At, " (built in)") {
			t.Errorf("%+v", a)
		}
		what := a.Event + a.Metric
		for _, s := range a.Integrations {
			what += string(s)
		}
		if a.Above != nil {
			what += fmt.Sprintf(" above %g", *a.Above)
		}
		if a.Clear != nil {
			what += fmt.Sprintf(" clear %g", *a.Clear)
		}
		got = append(got, fmt.Sprintf("%s: %s after %d for %s %s", a.Name, what, a.After, a.For, a.Severity))
	}
	want := `configuration: config_rejected after 1 for 0s critical
cpu: system.cpu.system_percent above 80 after 1 for 5m0s warning
file-descriptors: system.file_descriptors.percent above 80 after 3 for 0s warning
health-checks: * after 3 for 0s critical
memory: system.memory.percent above 80 clear 75 after 3 for 0s warning
pool: databases.pool.percent above 99 after 1 for 30s warning
slow-queries: databases.queries.slowest above 1000 after 3 for 0s warning`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
}

// secretOf is part of every secret in the next test.
const secretOf = "S3cr3tOfANotifier"

// notifierWith returns a notifier of a service whose secrets are literals.
func notifierWith(of *service.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "notifier %q {\n  type = %q\n", of.Type, of.Type)
	for _, s := range of.Settings {
		value := map[string]string{"chat": `"-100"`, "room": `"!a:b.c"`, "from": `"a@b.c"`, "to": `["a@b.c"]`, "address": `"mail.example.com:587"`, "user": `"vega"`}[s.Name]
		switch {
		case s.URL && s.Secret:
			value = fmt.Sprintf("%q", "https://example.com/"+secretOf+"/T0?key="+secretOf)
		case s.URL:
			value = `"https://example.com"`
		case s.Secret && s.List:
			value = fmt.Sprintf("[%q]", secretOf)
		case s.Secret && s.Name == "token" && of.Setting("password") != nil:
			continue // they exclude each other
		case s.Secret:
			value = fmt.Sprintf("%q", secretOf)
		}
		if value != "" {
			fmt.Fprintf(&b, "  %s = %s\n", s.Name, value)
		}
	}
	return b.String() + "}\n"
}

// TestSecretsOfNotifiersAreHidden writes every secret as a literal, in valid and in
// broken files, and looks for it in what vega shows.
func TestSecretsOfNotifiersAreHidden(t *testing.T) {
	for i := range service.Services {
		of := &service.Services[i]
		src := notifierWith(of)
		c := good(t, src, options(t, nil))
		shown := c.Redactor().Redact("Post \"https://example.com/" + secretOf + "/T0?key=" + secretOf + "\": /" + secretOf + "/T0 " + secretOf)
		if hasSecret := strings.Contains(src, secretOf); hasSecret && of.Setting("url") == nil && strings.Contains(shown, secretOf) {
			t.Errorf("%s: the redactor leaves %s", of.Type, shown)
		}
		for what, text := range map[string]string{
			"valid":            src,
			"misspelt block":   strings.Replace(src, "notifier ", "notifer ", 1),
			"without a name":   regexp.MustCompile(`notifier "[a-z]+"`).ReplaceAllString(src, "notifier"),
			"not closed":       strings.TrimSuffix(src, "}\n"),
			"in an open block": "integration \"a\" {\n  probe = core.http\n  config {\n    url = 1\n" + src,
			"indented":         "integration \"a\" {\n  probe = core.http\n  config {\n    url = 1\n  " + strings.ReplaceAll(src, "\n", "\n  "),
			"on one line":      strings.ReplaceAll(src, "\n", " "),
			"commented out":    "# " + strings.ReplaceAll(src, "\n", "\n# ") + "\nx",
			"wrong service":    strings.Replace(src, fmt.Sprintf("type = %q", of.Type), `type = "telegram"`, 1),
			"without a type":   strings.Replace(src, fmt.Sprintf("type = %q", of.Type), "", 1),
			"wrong type":       strings.ReplaceAll(src, `= "`, `= 1 "`),
			"a dead man":       strings.Replace(strings.Replace(src, "notifier", "dead_man", 1), "type", "tipe", 1),
		} {
			_, ds := load(t, text, options(t, nil))
			var b bytes.Buffer
			_ = ds.WriteText(&b, false)
			_ = ds.WriteJSON(&b)
			if strings.Contains(b.String(), secretOf) {
				t.Errorf("%s, %s:\n%s\n%s", of.Type, what, text, b.String())
			}
			if masked := Masked([]byte(text)); strings.Contains(masked, secretOf) {
				t.Errorf("%s, %s, masked:\n%s", of.Type, what, masked)
			}
		}
	}
}

// TestURLsOfNotifiersAreSecrets checks that the path is hidden without the rest, as
// an error may show it.
func TestURLsOfNotifiersAreSecrets(t *testing.T) {
	for _, src := range []string{
		"notifier \"chat\" {\n  type = \"slack\"\n  url = env(\"HOOK\")\n}\n",
		"notifier \"chat\" {\n  type = \"slack\"\n  url = \"https://hooks.slack.com/services/T0/B0/" + secretOf + "\"\n}\n",
		"dead_man \"x\" {\n  url = env(\"HOOK\")\n}\n",
	} {
		hook := "https://hooks.slack.com/services/T0/B0/" + secretOf
		c := good(t, src, options(t, map[string]string{"HOOK": hook}))
		u, err := url.Parse(hook)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{hook, u.Path, "Post " + u.RequestURI() + ": timeout"} {
			if shown := c.Redactor().Redact(text); strings.Contains(shown, secretOf) {
				t.Errorf("%s", shown)
			}
		}
	}
}

// TestExamplesInTheRootFile loads the commented blocks that commentedBlocks finds in vega.hcl.
func TestExamplesInTheRootFile(t *testing.T) {
	src := commentedBlocks(string(Init))
	for _, kind := range []string{"database", "metric", "notifier", "alert", "maintenance", "dead_man", "metrics", "telemetry", "status_page"} {
		if !regexp.MustCompile(`(?m)^` + kind + ` ["{]`).MatchString(src) {
			t.Errorf("no example of %s", kind)
		}
	}
	for n, name := range []string{"orders", "web", "llm"} {
		src += fmt.Sprintf("integration %q {\n  probe = core.tcp\n  config {\n    address = \"127.0.0.1:%d\"\n  }\n}\n", name, n+1)
	}
	if c := good(t, src, options(t, alertingEnv())); len(c.Warnings) > 0 {
		t.Errorf("warnings:\n%s", shownText(t, c.Warnings))
	}
}

// commentedBlocks returns the commented blocks of databases, metrics, exports, alerting and status pages.
func commentedBlocks(text string) string {
	var b strings.Builder
	in := false
	begins := regexp.MustCompile(`^# (database|metric|notifier|alert|maintenance|dead_man|metrics|telemetry|status_page) ["{]`)
	for line := range strings.Lines(text) {
		in = in || begins.MatchString(line)
		if in {
			b.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
		}
		in = in && line != "# }\n"
	}
	return b.String()
}

func TestFixesOfAlerting(t *testing.T) {
	const notifiers = "notifier \"chat\" {\n  type = \"slack\"\n  url = env(\"SLACK_WEBHOOK_URL\")\n}\n"
	for before, after := range map[string]string{
		"alert \"a\" {\n  resource = system.memory.percent\n  above = 80\n}\n":     "alert \"a\" {\n  metric = system.memory.percent\n  above = 80\n}\n",
		"threshold \"a\" {\n  resource = system.memory.percent\n  error = 80\n}\n": "threshold \"a\" {\n  metric = system.memory.percent\n  error = 80\n}\n",
		"alert \"a\" {\n  event = \"store_faling\"\n  notify = \"chat\"\n}\n":      "alert \"a\" {\n  event = \"store_failing\"\n  notify = [notifier.chat]\n}\n",
		"alert \"a\" {\n  metric = databases.queries.slowest\n  above = 250\n}\n":  "alert \"a\" {\n  metric = databases.queries.slowest\n  above = \"250ms\"\n}\n",
	} {
		now := before
		for range 5 {
			_, ds := load(t, notifiers+now, options(t, alertingEnv()))
			edits := ds.Editable()
			if len(edits) == 0 {
				break
			}
			next, err := diag.Apply([]byte(notifiers+now), edits[0].Edits)
			if err != nil {
				t.Fatal(err)
			}
			now = strings.TrimPrefix(string(next), notifiers)
		}
		if now != after {
			t.Errorf("%s\nbecomes\n%s", before, now)
		}
	}
}

// BenchmarkAlerting loads 10,000 integrations, with and without 100 alerts.
func BenchmarkAlerting(b *testing.B) {
	var src strings.Builder
	for n := range 10_000 {
		fmt.Fprintf(&src, "integration \"orders-%05d\" {\n  probe = core.tcp\n  group = \"group-%d\"\n  labels = { team = \"t%d\" }\n  config {\n    address = \"10.0.0.1:80\"\n  }\n}\n", n, n%50, n%9)
	}
	alerts := "notifier \"chat\" {\n  type = \"slack\"\n  url = env(\"SLACK_WEBHOOK_URL\")\n}\n"
	for n := range 100 {
		alerts += fmt.Sprintf("alert \"a%d\" {\n  integrations = [\"orders-%03d*\", \"group:group-%d\", \"label:team=t%d\"]\n  notify = [notifier.chat]\n}\n", n, n, n%50, n%9)
	}
	for name, text := range map[string]string{"without": src.String(), "with": src.String() + alerts} {
		b.Run(name, func(b *testing.B) {
			o := options(b, alertingEnv())
			for b.Loop() {
				good(b, text, o)
			}
		})
	}
}

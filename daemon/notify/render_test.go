package notify_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"vega/daemon/notify/service"
	"vega/policies/incident"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// rendered returns a request as its service shows it to people.
func rendered(t testing.TB, kind string, r received) string {
	t.Helper()
	if kind == "pushover" {
		form, _ := url.ParseQuery(string(r.body))
		return fmt.Sprintf("%s (priority %q)\n%s\n%s → %s", form.Get("title"), form.Get("priority"), form.Get("message"), form.Get("url_title"), form.Get("url"))
	}
	if kind == "alertmanager" {
		return alertmanagerText(t, r)
	}
	body := object(t, r.body)
	switch kind {
	case "slack":
		return slackText(t, body)
	case "mattermost", "rocketchat", "googlechat":
		return text(t, body, "text")
	case "discord":
		out := text(t, body, "content") + "\n" + text(t, body, "embeds", 0, "description")
		if fields, ok := at(t, body, "embeds", 0).(map[string]any)["fields"].([]any); ok {
			for _, f := range fields {
				out += "\n" + text(t, f, "name") + ": " + text(t, f, "value")
			}
		}
		return out
	case "teams":
		return teamsText(t, at(t, body, "attachments", 0, "content"))
	case "telegram":
		return text(t, body, "text")
	case "matrix":
		return html.UnescapeString(regexp.MustCompile(`<p><a href="([^"]*)">([^<]*)</a></p>`).ReplaceAllString(strings.NewReplacer("<pre><code>", "", "</code></pre>", "\n").Replace(text(t, body, "formatted_body")), "$2 → $1\n"))
	case "ntfy", "gotify":
		return fmt.Sprintf("%s (priority %v)\n%s", body["title"], body["priority"], body["message"])
	case "pagerduty":
		return pagerdutyText(t, body)
	case "opsgenie":
		if body["message"] == nil {
			return "close " + r.path + "\n" + text(t, body, "note")
		}
		return fmt.Sprintf("%s (%s, alias %s)\n%s", body["message"], body["priority"], body["alias"], body["description"])
	default:
		return text(t, body, "data", "text")
	}
}

func slackText(t testing.TB, body map[string]any) string {
	out := []string{"notification: " + text(t, body, "text")}
	for _, b := range at(t, body, "blocks").([]any) {
		block := b.(map[string]any)
		if block["type"] != "context" {
			out = append(out, fmt.Sprintf("%s: %s", block["type"], text(t, b, "text", "text")))
			continue
		}
		for _, e := range at(t, b, "elements").([]any) {
			out = append(out, "context: "+text(t, e, "text"))
		}
	}
	return strings.Join(out, "\n")
}

func teamsText(t testing.TB, card any) string {
	var out []string
	for _, b := range at(t, card, "body").([]any) {
		out = append(out, text(t, b, "inlines", 0, "text"))
	}
	if actions, ok := card.(map[string]any)["actions"].([]any); ok {
		for _, a := range actions {
			out = append(out, "["+text(t, a, "title")+"] → "+text(t, a, "url"))
		}
	}
	return strings.Join(out, "\n")
}

func pagerdutyText(t testing.TB, body map[string]any) string {
	out := fmt.Sprintf("%s %s", body["event_action"], body["dedup_key"])
	if body["payload"] == nil {
		return out
	}
	out += fmt.Sprintf("\n%s (%s)", text(t, body, "payload", "summary"), text(t, body, "payload", "severity"))
	details := at(t, body, "payload", "custom_details").(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(details)) {
		out += fmt.Sprintf("\n%s: %s", name, details[name])
	}
	return out
}

func alertmanagerText(t testing.TB, r received) string {
	var all []struct {
		Labels, Annotations map[string]string
	}
	if err := json.Unmarshal(r.body, &all); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range all {
		labels, _ := json.Marshal(a.Labels) // strings
		out = append(out, string(labels), a.Annotations["summary"], a.Annotations["description"])
	}
	return strings.Join(out, "\n")
}

// Golden files show each notifier's messages as its service renders them.
func TestRendered(t *testing.T) {
	for kind, s := range services {
		t.Run(kind, func(t *testing.T) {
			storms := storm()
			if service.Find(kind).Pager {
				storms = pagerStorm()
			} else if kind == "alertmanager" {
				storms = stormOf(3)
			}
			var b strings.Builder
			for _, m := range []struct {
				name string
				of   *incident.Message
			}{{"opening", opening()}, {"reminder", reminder()}, {"resolve", resolve()}, {"storm", storms}} {
				f := serve(t, s.status, s.answer)
				arrives(t, build(t, s.settings(f.URL)), m.of)
				fmt.Fprintf(&b, "=== %s\n", m.name)
				var shown []string
				for _, r := range f.requests {
					shown = append(shown, strings.TrimSpace(rendered(t, kind, r))+"\n\n")
				}
				slices.Sort(shown) // events are sent concurrently
				b.WriteString(strings.Join(shown, ""))
			}
			golden(t, filepath.Join("testdata", "rendered", kind+".txt"), b.String())
		})
	}
}

func golden(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; run the test with -update, and look at the difference:\n%s", path, got)
	}
}

// linkLine is a line with an operator's link, which services may show as one.
var linkLine = regexp.MustCompile(`\n(Incident|Incident 7|Runbook): https://[!-~]+`)

// Text from a target can't mention, link or format in any service.
func TestHostileText(t *testing.T) {
	for kind, s := range services {
		t.Run(kind, func(t *testing.T) {
			f := serve(t, s.status, s.answer)
			arrives(t, build(t, s.settings(f.URL)), hostile())
			for _, r := range f.requests {
				if kind != "pushover" {
					var all any
					if err := json.Unmarshal(r.body, &all); err != nil {
						t.Fatal(err)
					}
					clean(t, all)
				} else {
					clean(t, rendered(t, kind, r))
				}
				if len(r.body) > 64<<10 {
					t.Errorf("%d bytes", len(r.body))
				}
				harmless(t, kind, r)
			}
		})
	}
}

// clean fails if any text in decoded JSON has a character that is not visible.
func clean(t testing.TB, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			clean(t, name)
			clean(t, value)
		}
	case []any:
		for _, value := range v {
			clean(t, value)
		}
	case string:
		for _, r := range v {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x3164) {
				t.Errorf("%q in %q", r, v)
			}
		}
		if !utf8.ValidString(v) {
			t.Errorf("not UTF-8: %q", v)
		}
	}
}

func harmless(t *testing.T, kind string, r received) {
	t.Helper()
	no := func(s string, all ...string) {
		t.Helper()
		for _, one := range all {
			if strings.Contains(s, one) {
				t.Errorf("%q in %s", one, s)
			}
		}
	}
	switch kind {
	case "slack":
		body := object(t, r.body)
		no(text(t, body, "text"), "<", ">", "&l!", "& ")
		for _, b := range at(t, body, "blocks").([]any) {
			if b.(map[string]any)["type"] == "context" {
				for _, e := range at(t, b, "elements").([]any) {
					if !regexp.MustCompile(`^<https://(vega|wiki)\.example\.com/[^<>|\s]*\|(Incident|Incident 7|Runbook)>$`).MatchString(text(t, e, "text")) {
						t.Error(text(t, e, "text"))
					}
				}
			} else if text(t, b, "text", "type") != "plain_text" || at(t, b, "text", "emoji") != any(false) {
				t.Errorf("%v", b)
			}
		}
	case "mattermost", "rocketchat", "googlechat":
		whole := text(t, object(t, r.body), "text")
		inside, after, ok := strings.Cut(strings.TrimPrefix(whole, "```\n"), "\n```")
		if !ok || linkLine.ReplaceAllString(after, "") != "" {
			t.Errorf("outside of the code: %q", after)
		}
		no(inside, "`")
		if kind != "mattermost" {
			no(inside, "@", "<")
		}
	case "discord":
		body := object(t, r.body)
		content, description := text(t, body, "content"), text(t, body, "embeds", 0, "description")
		no(strings.Trim(content, "`"), "`")
		no(strings.TrimSuffix(strings.TrimPrefix(description, "```\n"), "\n```"), "`")
	case "telegram":
		body := object(t, r.body)
		units := []rune(text(t, body, "text")) // all of one unit here, or the test below fails
		length := int(at(t, body, "entities", 0, "length").(float64))
		if rest := string(units[min(length, len(units)):]); linkLine.ReplaceAllString(rest, "") != "" {
			t.Errorf("outside of the code: %q", rest)
		}
	case "matrix":
		tags := regexp.MustCompile(`<[^>]*>`).FindAllString(text(t, object(t, r.body), "formatted_body"), -1)
		for _, tag := range tags {
			if !regexp.MustCompile(`^<(/?(pre|code|p|a)|a href="https://(vega|wiki)\.example\.com/[^"<>]*")>$`).MatchString(tag) {
				t.Error(tag)
			}
		}
	case "opsgenie", "alertmanager":
		shown := rendered(t, kind, r)
		if kind == "alertmanager" {
			_, shown, _ = strings.Cut(shown, "\n") // labels are data
		}
		no(shown, "<", ">", "@")
	case "teams":
		no(string(r.body), `"TextBlock"`, `"FactSet"`, `"entities"`)
	case "ntfy", "gotify":
		no(string(r.body), `"markdown"`, "text/markdown")
	case "pushover":
		no(string(r.body), "&html=", "&monospace=")
	}
}

package service_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"vega/daemon/notify/service"
)

func TestFind(t *testing.T) {
	if n := len(service.Services); n != 16 {
		t.Errorf("%d services, want 16", n)
	}
	for _, s := range service.Services {
		if found := service.Find(s.Type); found == nil || found.Type != s.Type {
			t.Errorf("Find(%q) = %v", s.Type, found)
		}
		if !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s: its description is not a sentence: %q", s.Type, s.Doc)
		}
	}
	for _, name := range []string{"", "Slack", "exec"} {
		if service.Find(name) != nil {
			t.Errorf("Find(%q) found something", name)
		}
	}
}

// Each setting in the table has a field, and each field is a setting of some service.
func TestSettingsHaveFields(t *testing.T) {
	used := map[string]bool{"name": true, "type": true, "at": true}
	for _, s := range service.Services {
		for _, setting := range s.Settings {
			used[setting.Name] = true
			all := service.Settings{To: []string{"x"}, Secrets: []string{"x"}}
			v := reflect.ValueOf(&all).Elem()
			for i := range v.NumField() {
				if v.Field(i).Kind() == reflect.String {
					v.Field(i).SetString("x")
				}
			}
			if len(all.Get(setting.Name)) != 1 {
				t.Errorf("%s.%s has no field", s.Type, setting.Name)
			}
		}
	}
	fields := reflect.TypeFor[service.Settings]()
	for i := range fields.NumField() {
		if name := strings.ToLower(fields.Field(i).Name); !used[name] {
			t.Errorf("no service has the setting %s", name)
		}
	}
}

func TestCheck(t *testing.T) {
	const secret = "whsec_dGhpcyBpcyBhIGtleSBvZiAyNCBieXRlcyE="
	mail := service.Settings{Type: "email", Address: "mx.example.com:587", From: "vega@example.com", To: []string{"On call <ops@example.com>"}}
	with := func(change func(*service.Settings)) service.Settings {
		s := mail
		change(&s)
		return s
	}
	for _, c := range []struct {
		in   service.Settings
		want string
	}{
		{service.Settings{Type: "slack", URL: "https://hooks.slack.com/services/T/B/x"}, ""},
		{service.Settings{Type: "exec"}, "type"},
		{service.Settings{Type: "slack"}, "url"},
		{service.Settings{Type: "slack", URL: "hooks.slack.com"}, "url"},
		{service.Settings{Type: "slack", URL: "ftp://hooks.slack.com"}, "url"},
		{service.Settings{Type: "slack", URL: "https://hooks.slack.com/x\n"}, "url"},
		{service.Settings{Type: "slack", URL: "https://hooks.slack.com/" + strings.Repeat("x", 5000)}, "url"},
		{service.Settings{Type: "telegram", Token: "1:a", Chat: "-100"}, ""},
		{service.Settings{Type: "telegram", Token: "1:a/../x", Chat: "-100"}, "token"},
		{service.Settings{Type: "telegram", Token: "1:a%2f", Chat: "-100"}, "token"},
		{service.Settings{Type: "telegram", Token: "1:a"}, "chat"},
		{service.Settings{Type: "gotify", URL: "https://x.org", Token: "base64+/=="}, ""},
		{service.Settings{Type: "gotify", URL: "https://x.org", Token: "a b"}, "token"},
		{service.Settings{Type: "alertmanager", URL: "https://x.org", User: "a:b"}, "user"},
		{service.Settings{Type: "ntfy", URL: "https://ntfy.sh/"}, "url"},
		{service.Settings{Type: "ntfy", URL: "https://ntfy.sh/t", Password: "x"}, "password"},
		{service.Settings{Type: "matrix", URL: "https://m.org", Token: "x", Room: "#alias:m.org"}, "room"},
		{service.Settings{Type: "webhook", URL: "https://x.org", Secrets: []string{secret, secret}}, ""},
		{service.Settings{Type: "webhook", URL: "https://x.org"}, ""}, // unsigned
		{service.Settings{Type: "webhook", URL: "https://x.org", Secrets: []string{secret, secret, secret}}, "secrets"},
		{service.Settings{Type: "webhook", URL: "https://x.org", Secrets: []string{"whsec_!"}}, "secrets"},
		{service.Settings{Type: "webhook", URL: "https://x.org", Secrets: []string{"short"}}, "secrets"},
		{mail, ""},
		{with(func(s *service.Settings) { s.Address = "mx.example.com" }), "address"},
		{with(func(s *service.Settings) { s.Address = "mx.example.com:0" }), "address"},
		{with(func(s *service.Settings) { s.From = "vega\r\nBcc: x@example.com" }), "from"},
		{with(func(s *service.Settings) { s.To = []string{"ops"} }), "to"},
		{with(func(s *service.Settings) { s.To = nil }), "to"},
		{with(func(s *service.Settings) { s.TLS = "ssl" }), "tls"},
		{with(func(s *service.Settings) { s.TLS = "none" }), ""},
		{with(func(s *service.Settings) { s.TLS, s.User, s.Password = "none", "u", "p" }), "tls"},
		{with(func(s *service.Settings) { s.Address, s.TLS, s.User = "127.0.0.1:25", "none", "u" }), ""},
	} {
		got := ""
		if p := service.Check(c.in); p != nil {
			got = p.Setting
		}
		if got != c.want {
			t.Errorf("%+v: the problem is in %q, want %q", c.in, got, c.want)
		}
	}
}

// A problem does not quote what may be a secret.
func TestProblemsHoldNoValue(t *testing.T) {
	const secret = "Tr0ub4dor"
	for _, s := range service.Services {
		bad := service.Settings{
			Type: s.Type, URL: secret, Key: secret + "\n", Token: secret + "\n", User: secret, Password: secret + "\n",
			Chat: secret, Room: secret, Channel: secret, Address: secret, From: secret, TLS: secret, To: []string{secret}, Secrets: []string{"whsec_" + secret},
		}
		p := service.Check(bad)
		if p == nil || strings.Contains(p.Error(), secret) {
			t.Errorf("%s: %v", s.Type, p)
		}
	}
}

func TestDigest(t *testing.T) {
	a := service.Settings{Name: "chat", Type: "slack", URL: "https://example.com/1", At: "a:1"}
	moved, changed := a, a
	moved.At = "b:9"
	changed.URL = "https://example.com/2"
	if service.Digest(a) != service.Digest(moved) {
		t.Error("the place in a file changes the digest")
	}
	if service.Digest(a) == service.Digest(changed) {
		t.Error("another URL does not change the digest")
	}
	d := service.Settings{Name: "tg", Type: "telegram", Token: "1:a", Chat: "2"}
	if service.Digest(d) != service.Digest(d.WithDefaults()) {
		t.Error("a default changes the digest")
	}
	if n := len(service.Digest(a)); n != 32 {
		t.Errorf("%d characters", n)
	}
}

func ExampleCheck() {
	fmt.Println(service.Check(service.Settings{Type: "telegram", Token: "123:abc"}))
	// Output: chat is required
}

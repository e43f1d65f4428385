package secret

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"vega/plugins/manifest"
)

var probe = &manifest.Probe{Options: []manifest.Option{
	{Name: "url", Type: manifest.URL},
	{Name: "urls", Type: manifest.List, Of: manifest.URL},
	{Name: "address", Type: manifest.Address},
	{Name: "token", Type: manifest.String},
	{Name: "headers", Type: manifest.Map},
	{Name: "password", Type: manifest.String, Sensitive: true},
	{Name: "hook", Type: manifest.URL, Sensitive: true},
}}

func hidden(s string) manifest.Part { return manifest.Part{Text: s, Secret: true} }
func shown(s string) manifest.Part  { return manifest.Part{Text: s} }

func vault(t testing.TB, v manifest.Values) *Vault {
	t.Helper()
	vault, err := NewVault(probe, v)
	if err != nil {
		t.Fatal(err)
	}
	return vault
}

func maskedText(v *Vault, option string) string {
	return v.Masked()[option].(manifest.Text).Reveal()
}

// In the wanted masks, each ? is a byte of a placeholder.
func TestMask(t *testing.T) {
	for name, c := range map[string]struct {
		option string
		in     manifest.Text
		want   string
	}{
		"whole":               {"token", manifest.Text{hidden("abcd/efgh")}, "?????????"},
		"template":            {"token", manifest.Text{shown("Bearer "), hidden("abcdefgh"), shown(".")}, "Bearer ????????."},
		"plain":               {"token", manifest.Plain("abcdefgh"), "abcdefgh"},
		"sensitive":           {"password", manifest.Plain("abcdefgh"), "????????"},
		"sensitive and short": {"password", manifest.Plain("abcd"), "????"},
		"sensitive and tiny":  {"password", manifest.Plain("abc"), "abc"},
		"url in a string":     {"token", manifest.Text{hidden("https://h/abc")}, "?????????????"},
		"webhook":             {"url", manifest.Text{hidden("https://h.example:8443/services/T0/B0")}, "https://h.example:8443/??????????????"},
		"query at once":       {"url", manifest.Text{hidden("HTTPS://h?key=12345678")}, "HTTPS://h?????????????"},
		"short path":          {"url", manifest.Text{hidden("http://h/health")}, "http://h/health"},
		"no path":             {"url", manifest.Text{hidden("http://[::1]:80")}, "http://[::1]:80"},
		"userinfo":            {"url", manifest.Text{hidden("https://user:pass@h/")}, "https://?????????@h/"},
		"template in query":   {"url", manifest.Text{shown("https://h/v1?key="), hidden("12345678")}, "https://h/v1?key=????????"},
		"template in user":    {"url", manifest.Text{shown("https://u:"), hidden("12345678"), shown("@h/x")}, "https://u:????????@h/x"},
		"template of host":    {"url", manifest.Text{shown("https://"), hidden("h.example"), shown("/x")}, "https://h.example/x"},
		"template of base":    {"url", manifest.Text{hidden("https://h/long/path/"), shown("x?k="), hidden("12345678")}, "https://h/??????????x?k=????????"},
		"template from slash": {"url", manifest.Text{shown("https://h"), hidden("/services")}, "https://h/????????"},
		"sensitive url":       {"hook", manifest.Plain("https://u:p@h/12345678"), "https://u:p@h/????????"},
		"address":             {"address", manifest.Text{hidden("db.internal:5432")}, "db.internal:5432"},
		"address in parts":    {"address", manifest.Text{hidden("db.internal"), shown(":5432")}, "db.internal:5432"},
		"no address":          {"address", manifest.Text{hidden("nonsense")}, "????????"},
	} {
		t.Run(name, func(t *testing.T) {
			v := vault(t, manifest.Values{c.option: c.in})
			got := maskedText(v, c.option)
			if len(got) != len(c.want) {
				t.Fatalf("%q is not as long as %q", got, c.want)
			}
			real := c.in.Reveal()
			for i := range got {
				if w := c.want[i]; w != '?' && got[i] != w || w == '?' && real[i] != '?' && !strings.Contains(alphabet, got[i:i+1]) {
					t.Fatalf("got %q, want %q", got, c.want)
				}
			}
			if back, used := v.Reveal(Raw, []byte(got)); string(back) != real || used != strings.Contains(c.want, "??") {
				t.Errorf("revealed %q (used: %v), want %q", back, used, real)
			}
			if m := v.Masked()[c.option].(manifest.Text); m.HasSecret() {
				t.Error("the guest's view contains a part marked secret")
			}
		})
	}
}

// The guest sees the password in a literal URL, but no message shows it.
func TestRedactFindsThePasswordInALiteralURL(t *testing.T) {
	for _, url := range []string{"https://ada:pa%2Fss@h/x", "https://ada:pass-of-ada@h/x", "https://ada:a-longer-password@h/x"} {
		v := vault(t, manifest.Values{"url": manifest.Plain(url), "urls": []manifest.Value{manifest.Plain(url)}})
		if got := maskedText(v, "url"); got != url {
			t.Errorf("the guest sees %q, want %q", got, url)
		}
		if got, want := v.Redact("asked "+url+"."), "asked https://ada:(secret)@h/x."; got != want {
			t.Errorf("redacted %q, want %q", got, want)
		}
	}
}

func TestRefusesEmptySecrets(t *testing.T) {
	for name, v := range map[string]manifest.Values{
		"alone":    {"token": manifest.Text{hidden("")}},
		"in a map": {"headers": map[string]manifest.Value{"A": manifest.Text{shown("Basic of some length "), hidden("")}}},
	} {
		if _, err := NewVault(probe, v); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestShortSecrets checks what is hidden of a secret that is too short to be
// searched for everywhere: the guest has a placeholder from 4 bytes on, and
// messages hide it where it stands alone.
func TestShortSecrets(t *testing.T) {
	for name, v := range map[string]manifest.Values{
		"alone":         {"token": manifest.Text{hidden("geheim7")}},
		"in a map":      {"headers": map[string]manifest.Value{"A": manifest.Text{shown("Basic of some length "), hidden("geheim7")}}},
		"in a list":     {"urls": []manifest.Value{manifest.Text{shown("https://h/?k="), hidden("geheim7")}}},
		"userinfo":      {"url": manifest.Text{hidden("https://geheim7@h/")}},
		"written out":   {"password": manifest.Plain("geheim7")},
		"no url at all": {"url": manifest.Text{hidden("geheim7")}},
	} {
		v := vault(t, v)
		if strings.Contains(fmt.Sprint(v.Masked()), "geheim7") || v.Empty() {
			t.Errorf("%s: the guest sees %v", name, v.Masked())
		}
		for text, want := range map[string]string{
			"geheim7":               "(secret)",
			"password geheim7.":     "password (secret).",
			"token=geheim7&x=1":     "token=(secret)&x=1",
			`{"a":"geheim7"}`:       `{"a":"(secret)"}`,
			"geheim7x, xgeheim7":    "geheim7x, xgeheim7",
			"geheim7x and geheim7!": "geheim7x and (secret)!",
		} {
			if got := v.Redact(text); got != want {
				t.Errorf("%s: %q was changed to %q", name, text, got)
			}
		}
	}
	v := vault(t, manifest.Values{"token": manifest.Text{hidden("abcd")}})
	mask := maskedText(v, "token")
	if real, ok := v.Whole(mask); !ok || real != "abcd" {
		t.Errorf("%q stands for %q", mask, real)
	}
	if isLetter, isDigit := strings.IndexByte(alphabet, mask[0]) < letters, mask[1] >= '0' && mask[1] <= '9'; !isLetter || !isDigit {
		t.Errorf("the placeholder %q may be a word", mask)
	}
	tiny := vault(t, manifest.Values{"token": manifest.Text{hidden("pin")}})
	if maskedText(tiny, "token") != "pin" || tiny.Redact("pin") != "(secret)" || tiny.Redact("the pin") != "the pin" {
		t.Errorf("%v %q", tiny.Masked(), tiny.Redact("the pin"))
	}
}

func TestPlaceholders(t *testing.T) {
	values := manifest.Values{"token": manifest.Text{hidden("the same secret"), hidden("another of them"), hidden("the same secret")}}
	seen := map[string]bool{}
	for range 20 {
		m := maskedText(vault(t, values), "token")
		a, b, c := m[:15], m[15:30], m[30:]
		if a != c || a == b || seen[a] || seen[b] {
			t.Fatalf("%q %q %q", a, b, c)
		}
		seen[a], seen[b] = true, true
	}
}

func TestRevealForms(t *testing.T) {
	const real = "p&ss \"w/rd\"\n%+<"
	v := vault(t, manifest.Values{
		"token": manifest.Text{hidden(real)},
		"url":   manifest.Text{hidden("https://h/a%20b/c?d=e&f=g")},
	})
	token, target := maskedText(v, "token"), maskedText(v, "url")
	for _, c := range []struct {
		form     Form
		in, want string
	}{
		{Raw, "a " + token + token, "a " + real + real},
		{URL, "https://h/?q=" + token, "https://h/?q=p%26ss%20%22w%2Frd%22%0A%25%2B%3C"},
		{URL, target + "&t=" + token, "https://h/a%20b/c?d=e&f=g&t=" + percent(real)},
		{JSON, `{"a":"` + token + `"}`, `{"a":"p&ss \"w/rd\"\n%+<"}`},
		{FormBody, "a=" + token, "a=" + url.QueryEscape(real)},
	} {
		got, used := v.Reveal(c.form, []byte(c.in))
		if string(got) != c.want || !used {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestRedactFindsEveryEcho(t *testing.T) {
	const real = "p&ss \"w/rd\"é<"
	v := vault(t, manifest.Values{
		"token": manifest.Text{hidden(real)},
		"url":   manifest.Text{hidden("https://u%40x:passw0rd%21@h/services/T0123456/B0123456789abcdef?key=k%20k%20k%20k%20k")},
	})
	v.Also("dXNlcjpwYXNzdzByZA==")
	v.Also("short")
	for _, echo := range []string{
		real, percent(real), strings.ToLower(percent(real)), url.QueryEscape(real), url.PathEscape(real),
		`p\u0026ss \"w\/rd\"é\u003c`, `p\u0026ss \"w/rd\"é\u003C`, `p&ss \"w/rd\"é<`,
		"p&amp;ss &#34;w/rd&#34;é&lt;", "p&amp;ss &quot;w/rd&quot;é&lt;",
		"dXNlcjpwYXNzdzByZA==",
		"services/T0123456/B0123456789abcdef?key=k%20k%20k%20k%20k", "services/T0123456/B0123456789abcdef",
		strings.ToUpper(real), strings.ToUpper(percent(real)), `P\U0026SS \"W\/RD\"é\U003C`, "DXNLCJPWYXNZDZBYZA==",
		"B0123456789abcdef", "key=k%20k%20k%20k%20k", "k k k k k", "passw0rd%21", "passw0rd!", "u%40x:passw0rd%21",
	} {
		if got := v.Redact("x " + echo + " y"); got != "x (secret) y" {
			t.Errorf("redacted to %q", got)
		}
	}
	if s := "a short word, services, T0123456"; v.Redact(s) != s {
		t.Error("a text without secrets was changed")
	}
	if got := v.Redact(maskedText(v, "token") + maskedText(v, "url")); got != "(secret)https://(secret)@h/(secret)" {
		t.Errorf("placeholders redacted to %q", got)
	}
	overlap := vault(t, manifest.Values{"token": manifest.Text{hidden("aaaabbbb"), hidden("bbbbcccc")}})
	if got := overlap.Redact("aaaabbbbcccc"); got != "(secret)" {
		t.Errorf("overlapping secrets redacted to %q", got)
	}
}

// TestRedactFindsPartsOfASecret cuts every form of a secret at every place, as a guest
// does that quotes the beginning of what a peer says.
func TestRedactFindsPartsOfASecret(t *testing.T) {
	const real = "p&ss \"w/rd\"é<\nof two lines"
	v := vault(t, manifest.Values{"token": manifest.Text{hidden(real)}})
	quoted := append(forms(real), strings.ReplaceAll(real, "\n", " "), v.entries[0].placeholder)
	for _, form := range quoted {
		for n := minCut; n < len(form); n++ {
			for name, text := range map[string][2]string{
				"its beginning": {`said "x ` + form[:n] + `…"`, `said "x (secret)…"`},
				"its end":       {`said "…` + form[len(form)-n:] + ` x"`, `said "…(secret) x"`},
			} {
				if got := v.Redact(text[0]); got != text[1] && !strings.HasPrefix(form, "…") {
					t.Errorf("%s, %d bytes of %q: %q", name, n, form, got)
				}
			}
			if got := v.Redact("x " + form[:n] + "| y"); n >= telling && got != "x (secret)| y" {
				t.Errorf("%d bytes of %q without an ellipsis: %q", n, form, got)
			}
		}
	}
	for _, text := range []string{"p&s…", "p&ss", "…es of text", "two lines", "p&ss w/rd", "…nes"} {
		if got := v.Redact(text); got != text {
			t.Errorf("%q was changed to %q", text, got)
		}
	}
}

func TestWhole(t *testing.T) {
	v := vault(t, manifest.Values{
		"token":   manifest.Text{hidden("0123456789abcdef")},
		"headers": map[string]manifest.Value{"Cookie": manifest.Text{shown("session="), hidden("c00kie-c00kie")}},
	})
	token := maskedText(v, "token")
	cookie := v.Masked()["headers"].(map[string]manifest.Value)["Cookie"].(manifest.Text).Reveal()
	for text, want := range map[string]string{
		token: "0123456789abcdef", cookie: "session=c00kie-c00kie", strings.TrimPrefix(cookie, "session="): "c00kie-c00kie",
	} {
		if real, ok := v.Whole(text); !ok || real != want {
			t.Errorf("%q: %q, %v", text, real, ok)
		}
	}
	for _, text := range []string{token + "x", "x" + token, token + token, "{{'" + token + "'|b64}}", cookie + ";", strings.ToLower(token), "", "plain"} {
		if real, ok := v.Whole(text); ok {
			t.Errorf("%q was revealed as %q", text, real)
		}
	}
}

func TestConfiguredURL(t *testing.T) {
	v := vault(t, manifest.Values{
		"url":   manifest.Text{hidden("https://h.example/services/T0/B0123")},
		"urls":  []manifest.Value{manifest.Text{shown("https://i.example/?key="), hidden("12345678")}, manifest.Plain("https://plain.example/")},
		"token": manifest.Text{hidden("0123456789")},
	})
	hook, token := maskedText(v, "url"), maskedText(v, "token")
	list := v.Masked()["urls"].([]manifest.Value)[0].(manifest.Text).Reveal()
	for text, want := range map[string]string{
		hook: "https://h.example/services/T0/B0123", hook + "?a=b": "https://h.example/services/T0/B0123?a=b",
		list: "https://i.example/?key=12345678", list + "&x=1": "https://i.example/?key=12345678&x=1",
	} {
		if real, ok := v.URL(text); !ok || real != want {
			t.Errorf("%q: %q, %v", text, real, ok)
		}
	}
	secretPath := strings.TrimPrefix(hook, "https://h.example/")
	for _, text := range []string{
		hook[:len(hook)-1], "https://h.example/x/" + secretPath, "https://h.example/?" + secretPath, hook + token, list + token,
		"https://h.example/" + token, "https://plain.example/" + token, "https://plain.example/", "",
	} {
		if real, ok := v.URL(text); ok {
			t.Errorf("%q was revealed as %q", text, real)
		}
	}
}

func TestIn(t *testing.T) {
	for name, c := range map[string]struct {
		values manifest.Values
		want   bool
	}{
		"nothing":           {manifest.Values{"token": manifest.Plain("0123456789")}, false},
		"secret":            {manifest.Values{"token": manifest.Text{hidden("0123456789")}}, true},
		"in a map":          {manifest.Values{"headers": map[string]manifest.Value{"A": manifest.Text{hidden("0123456789")}}}, true},
		"address":           {manifest.Values{"address": manifest.Text{hidden("db.internal:5432")}}, false},
		"host of a URL":     {manifest.Values{"url": manifest.Text{hidden("https://h.example")}}, false},
		"path of a URL":     {manifest.Values{"url": manifest.Text{hidden("https://h.example/0123456789")}}, true},
		"written out":       {manifest.Values{"password": manifest.Plain("0123456789")}, true},
		"tiny and written":  {manifest.Values{"password": manifest.Plain("abc")}, false},
		"short and written": {manifest.Values{"password": manifest.Plain("abcd")}, true},
	} {
		if got := In(probe, c.values); got != c.want || got != !vault(t, c.values).Empty() {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestEmptyVaultCostsNothing(t *testing.T) {
	v := vault(t, manifest.Values{"token": manifest.Plain("plain"), "n": 1.5})
	b, r := []byte("some text"), strings.NewReader("x")
	if v.HideReader(r) != r || !v.Empty() {
		t.Error("an empty vault wraps its reader")
	}
	if n := testing.AllocsPerRun(100, func() { v.Reveal(Raw, b); v.Redact("s"); v.Hide("some text that is long enough") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := fmt.Sprint(v.Masked()["n"]); got != "1.5" {
		t.Errorf("a number was changed to %s", got)
	}
}

func BenchmarkNewVault(b *testing.B) {
	v := manifest.Values{"token": manifest.Text{hidden("ghp_0123456789abcdefghijklmnopqrstuvwxyz")}}
	b.ReportAllocs()
	for b.Loop() {
		vault(b, v)
	}
}

func BenchmarkNewVaultOfPunctuation(b *testing.B) {
	v := manifest.Values{"token": manifest.Text{hidden(`tok&en/"canary"`)}}
	b.ReportAllocs()
	for b.Loop() {
		vault(b, v)
	}
}

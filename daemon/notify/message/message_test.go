package message_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"  two\r\nlines\t":                 "two  lines",
		"a\x00b\x1b[31mc\x7f\u0085":        "ab[31mc",
		"\u202egnp.exe\u2066\u200f":        "gnp.exe",
		"z\u200be\u200dr\u2060o\ufeff":     "zero",
		"tag\U000E0041s":                   "tags",
		"icon\ue000 \u3164filler":          "icon filler",
		"wide\u00a0\u3000space":            "wide  space",
		"\xff\xfebad":                      "\ufffdbad",
		"cafe\u0301":                       "cafe\u0301",
		"z\u0301\u0302\u0303\u0304\u0305o": "z\u0301\u0302\u0303o",
		"größe ß 日本 🚒":                     "größe ß 日本 🚒",
	} {
		if got := message.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := message.Clean(strings.Repeat("ä", 1<<20)); len(got) > message.MaxField || !strings.HasSuffix(got, "ä…") {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\u202eb\xff\r\n")
	f.Add(strings.Repeat("\u0301", 3000))
	f.Fuzz(func(t *testing.T, s string) {
		got := message.Clean(s)
		if len(got) > message.MaxField || !utf8.ValidString(got) {
			t.Errorf("%d bytes of %q", len(got), got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
				t.Errorf("%q in %q", r, got)
			}
		}
		if again := message.Clean(got); again != got {
			t.Errorf("%q, cleaned again %q", got, again)
		}
	})
}

// Whatever the texts and the limit, the text fits, has no line of anything but a notice,
// and counts what it leaves out.
func FuzzFit(f *testing.F) {
	f.Add("db", "is unhealthy: <b>`x`</b>", 3, 100)
	f.Add("\U0001F692", strings.Repeat("日", 2000), 40, 1024)
	f.Fuzz(func(t *testing.T, name, text string, n, limit int) {
		n, limit = n&63, 300+limit&0xfff
		var all []incident.Notice
		for range n {
			i := incident.Incident{Subject: incident.Subject{Name: name}, Summary: text, Opened: time.Unix(1e9, 0)}
			i.Evidence.Now = &incident.Observation{Message: text, Details: map[string]string{name: text}}
			all = append(all, incident.Notice{Kind: incident.Opening, Incident: i})
		}
		composed := message.Compose(&incident.Message{Notices: all})
		for _, size := range []func(string) int{nil, message.UTF16} {
			got := message.Fit(composed.Notices, 0, message.Format{Limit: limit, Size: size, Title: "T", Escape: func(s string) string { return strings.ReplaceAll(s, "<", "&lt;") }})
			if size == nil {
				size = func(s string) int { return len(s) }
			}
			if size(got) > limit || !utf8.ValidString(got) {
				t.Errorf("%d of %d: %q", size(got), limit, got)
			}
			if n == 0 && got != "" {
				t.Errorf("%q about nothing", got)
			}
		}
	})
}

func TestFitCountsWhatItLeavesOut(t *testing.T) {
	var all []incident.Notice
	for range 50 {
		all = append(all, incident.Notice{Kind: incident.Opening, Incident: incident.Incident{Subject: incident.Subject{Name: "db"}, Severity: incident.Info, Summary: "db is down"}})
	}
	c := message.Compose(&incident.Message{Notices: all, Storm: 7})
	got := message.Fit(c.Notices, c.More, message.Format{Limit: 200, Details: -1})
	shown := strings.Count(got, "[info] db is down\n")
	if _, last, _ := strings.Cut(got, "... and "); shown == 0 || last != strconv.Itoa(57-shown)+" more" {
		t.Errorf("%d shown: %q", shown, got)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", -time.Hour: "0s", 999 * time.Millisecond: "1s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s", time.Hour: "1h",
		time.Hour + time.Second: "1h", 26*time.Hour + 5*time.Minute: "1d 2h", 1000 * time.Hour: "41d 16h",
	} {
		if got := message.Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}

// What ended is said to have recovered only if it did.
func TestHeads(t *testing.T) {
	base := incident.Incident{Subject: incident.Subject{Name: "orders"}, Severity: incident.Critical, Summary: "orders answered 503"}
	ended := func(end incident.End) incident.Incident {
		i := base
		i.Ended, i.End = time.Unix(1e9, 0), end
		return i
	}
	for want, n := range map[string]incident.Notice{
		"[critical] orders answered 503":                                                 {Kind: incident.Opening, Incident: base},
		"[critical] Still open after 4h: orders answered 503":                            {Kind: incident.Reminder, Incident: base, For: 4 * time.Hour},
		"[critical] Escalated after 15m: orders answered 503":                            {Kind: incident.Escalation, Incident: base, For: 15 * time.Minute},
		"[critical] Affected by another incident: orders answered 503":                   {Kind: incident.BelowRoot, Incident: base},
		"[recovered] orders after 5m":                                                    {Kind: incident.Resolve, Incident: ended(incident.Recovered), For: 5 * time.Minute},
		"[withdrawn] orders after 5m: its alert or integration was removed or disabled":  {Kind: incident.Resolve, Incident: ended(incident.Withdrawn), For: 5 * time.Minute},
		"[withdrawn] orders, open for 5m":                                                {Kind: incident.Resolve, Incident: base, For: 5 * time.Minute},
		"[missed] orders was in trouble for 5m while this notifier could not be reached": {Kind: incident.Missed, Incident: ended(incident.Recovered), For: 5 * time.Minute},
	} {
		if got := message.Compose(&incident.Message{Notices: []incident.Notice{n}}).Title; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	test := message.Compose(&incident.Message{Test: true, Notices: []incident.Notice{{Kind: incident.Opening, Incident: base}}})
	if test.Title != "Test: [critical] orders answered 503" {
		t.Error(test.Title)
	}
	if got := message.Compose(&incident.Message{Notices: []incident.Notice{
		{Kind: incident.Opening, Incident: base}, {Kind: incident.Resolve, Incident: ended(incident.Recovered)}, {Kind: incident.Missed, Incident: ended(incident.Recovered)},
	}}).Title; got != "[critical] Incidents: 1 opened (orders), 1 recovered (orders), 1 missed (orders)" {
		t.Error(got)
	}
	again := incident.Notice{Kind: incident.Opening, Incident: base, Note: incident.BeganAgain + " 2 times"}
	again.Incident.Reopened, again.Incident.Evidence.Now = 2, &incident.Observation{At: time.Unix(1, 0)}
	for _, f := range message.Compose(&incident.Message{Notices: []incident.Notice{again}}).Notices[0].Fields {
		if f.Name == "Began again" || f.Name == "At opening" {
			t.Errorf("%s: %s says nothing new", f.Name, f.Value)
		}
	}
	many := make([]incident.Notice, 5)
	for n := range many {
		many[n] = incident.Notice{Kind: incident.Opening, Incident: base}
	}
	for want, m := range map[string]incident.Message{
		"[critical] Incidents: 45 opened (orders, orders, orders and 42 more)": {Notices: many, Storm: 40},
		"Incidents: 40 opened, 1 recovered (orders)":                           {Notices: []incident.Notice{{Kind: incident.Resolve, Incident: ended(incident.Recovered)}}, Storm: 40},
	} {
		if got := message.Compose(&m).Title; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A link is an absolute http URL without credentials, in which markup finds nothing.
func TestLinks(t *testing.T) {
	for in, want := range map[string]string{
		"https://wiki.example.com/a?b=1&c=2":             "https://wiki.example.com/a?b=1&c=2",
		"https://x.example/a|b>c)d]e\"f`g h":             "https://x.example/a%7Cb%3Ec%29d%5De%22f%60g%20h",
		"javascript:alert(1)":                            "",
		"//x.example/a":                                  "",
		"https://user:password@x.example/":               "",
		"https://x.example/\nb":                          "",
		"https://x.example/" + strings.Repeat("a", 2000): "",
	} {
		links := message.Compose(&incident.Message{Notices: []incident.Notice{{Link: in}}}).Notices[0].Links
		got := ""
		if len(links) > 0 {
			got = links[0].URL
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

package ui_test

import (
	"math"
	"strings"
	"testing"
	"time"

	g "maragu.dev/gomponents"

	"vega/daemon/web/ui"
	"vega/policies/check"
)

func html(t *testing.T, n g.Node) string {
	t.Helper()
	var b strings.Builder
	if err := n.Render(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                            "0 ms",
		340 * time.Microsecond:       "0.34 ms",
		999_600 * time.Microsecond:   "1 s",
		340 * time.Millisecond:       "340 ms",
		2500 * time.Millisecond:      "2.5 s",
		59_960 * time.Millisecond:    "1 min",
		time.Minute:                  "1 min",
		200 * time.Second:            "3 min 20 s",
		2*time.Hour + 4*time.Minute:  "2 h 4 min",
		123 * time.Hour:              "5 d 3 h",
		-90 * time.Second:            "-1 min 30 s",
		time.Duration(math.MinInt64): "-106751 d 23 h",
	} {
		if got := ui.Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestLinkLeadsToWebSitesOnly(t *testing.T) {
	for address, linked := range map[string]bool{
		"https://example.com/a?b=c":     true,
		"HTTP://example.com":            true,
		"javascript:alert(1)":           false,
		"JaVaScRiPt:alert(1)":           false,
		" javascript:alert(1)":          false,
		"java\nscript:alert(1)":         false,
		"data:text/html,<script>":       false,
		"//example.com/":                false,
		"/admin":                        false,
		"https:":                        false,
		"https:///path":                 false,
		"vbscript:x":                    false,
		"file:///etc/passwd":            false,
		"https://a\"onclick=alert(1)//": true, // escaped
	} {
		got := html(t, ui.Link(address, "the <b>text</b>"))
		if strings.Contains(got, "href") != linked || linked && !strings.Contains(got, `rel="noreferrer"`) {
			t.Errorf("Link(%q): %s", address, got)
		}
		if !strings.Contains(got, "the &lt;b&gt;text&lt;/b&gt;") {
			t.Errorf("Link(%q): %s", address, got)
		}
	}
}

func TestTextIsBoundedAndInert(t *testing.T) {
	for name, s := range map[string]string{
		"markup":    `<script>alert(1)</script>"'&`,
		"direction": "user\u202Etxt.exe",
		"controls":  "\x00\x1b[31mred\x07\x7f",
		"not UTF-8": "\xff\xfe\xc0",
		"huge":      strings.Repeat("é", 5<<20),
		"one line":  strings.Repeat("<", 1000),
		"lines":     "a\nb\n</pre><script>",
		"no line":   strings.Repeat("\n", 100),
	} {
		t.Run(name, func(t *testing.T) {
			got := html(t, ui.Text(s))
			if len(got) > 6*64<<10 {
				t.Errorf("%d bytes", len(got))
			}
			if strings.Contains(got, "<script") || strings.ContainsAny(got, "\x00\x1b\x07\x7f\u202E") || strings.ToValidUTF8(got, "") != got {
				t.Errorf("%.300q", got)
			}
		})
	}
	if got := html(t, ui.Text("short")); got != "<bdi>short</bdi>" {
		t.Error(got)
	}
	if got := html(t, ui.Text(strings.Repeat("x", 100<<10))); !strings.Contains(got, "… and 36864 more bytes") {
		t.Error("it does not say how much is missing")
	}
}

func TestTimeIsUTC(t *testing.T) {
	got := html(t, ui.Time(time.Date(2026, 3, 1, 1, 2, 3, 9, time.FixedZone("", 7200))))
	if want := `<time datetime="2026-02-28T23:02:03Z" data-age>2026-02-28 23:02:03 UTC</time>`; got != want {
		t.Error(got)
	}
	if got := html(t, ui.Time(time.Time{})); got != `<span class="none">–</span>` {
		t.Error(got)
	}
}

func TestAtStaysADate(t *testing.T) {
	got := html(t, ui.At(time.Date(2026, 3, 1, 1, 2, 3, 9, time.FixedZone("", 7200))))
	if want := `<time datetime="2026-02-28T23:02:03Z">2026-02-28 23:02 UTC</time>`; got != want {
		t.Error(got)
	}
}

func TestStatusHasIconAndWord(t *testing.T) {
	want := `<span class="status unknown"><span aria-hidden="true">?</span> vega can&#39;t tell</span>`
	if got := html(t, ui.Status(check.Unknown)); got != want {
		t.Error(got)
	}
}

func TestTable(t *testing.T) {
	got := html(t, ui.Table("Runs", []string{"Name", "#Took"}, []ui.Row{{g.Text("a"), g.Text("1 ms")}}))
	for _, want := range []string{`aria-label="Runs"`, `<th scope="col">Name</th>`, `<th scope="col" class="num">Took</th>`, `<th scope="row">a</th>`, `<td class="num" data-label="Took">1 ms</td>`} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s: %s", want, got)
		}
	}
}

func TestBytesAndCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 64 << 20: "64 MiB", math.MaxInt64: "8 EiB"} {
		if got := ui.Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	if got := ui.Count(1, "run") + ui.Count(0, "run"); got != "1 run0 runs" {
		t.Error(got)
	}
}

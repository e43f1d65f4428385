package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/config/diag"
)

// TestEditsFixTheirDiagnostic applies every edit. Its diagnostic must be gone,
// and no syntax error may appear.
func TestEditsFixTheirDiagnostic(t *testing.T) {
	edited := 0
	for _, path := range badFiles(t) {
		if strings.HasPrefix(filepath.Base(path), "manifest_") {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			continue // the file shows that it cannot be read
		}
		before := loadBad(t, path)
		for i, d := range before {
			if len(d.Edits) == 0 {
				continue
			}
			edited++
			after, err := diag.Apply(src, d.Edits)
			if err != nil {
				t.Fatal(path, err)
			}
			c, ds := load(t, string(after), options(t, badEnv))
			if like(ds, d) >= like(before, d) || ds.CountCode(diag.Syntax) > before.CountCode(diag.Syntax) {
				t.Errorf("%s: diagnostic %d is not fixed (%v):\n%s", path, i, c != nil, after)
			}
		}
	}
	if edited < 20 {
		t.Errorf("only %d diagnostics have edits", edited)
	}
	t.Logf("%d diagnostics have edits", edited)
}

// like counts the diagnostics with the same code and text on the same line.
func like(ds diag.Diagnostics, d diag.Diagnostic) int {
	n := 0
	for _, x := range ds {
		if x.Code == d.Code && x.Detail == d.Detail && x.Range.Start.Line == d.Range.Start.Line {
			n++
		}
	}
	return n
}

func TestFix(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"nothing to do": {"data_dir = \"x\"\n", "data_dir = \"x\"\n"},
		"in turns":      {"sever {\n  prot = \"8000\" # why\n}\n", "server {\n  port = 8000 # why\n}\n"},
		"several": {
			"log {\n  level = \"inof\"\n}\nserver = {\n  drain_timeout = 5\n}\nintegration \"a\" {\n  probe = \"core.htp\"\n  config {\n    ulr = lm.base_url\n  }\n}\n",
			"log {\n  level = \"info\"\n}\nserver {\n  drain_timeout = \"5s\"\n}\nintegration \"a\" {\n  probe = core.http\n  config {\n    url = llm.base_url\n  }\n}\n",
		},
		"Windows":               {"\xef\xbb\xbfdata_dri = \"x\"\r\n", "\xef\xbb\xbfdata_dir = \"x\"\r\n"},
		"both are there":        {"server {\n  prot = 1\n  port = 2\n}\n", "server {\n  prot = 1\n  port = 2\n}\n"},
		"one that can't be":     {"server {\n  prot = 1\n  port = \"2\"\n}\n", "server {\n  prot = 1\n  port = 2\n}\n"},
		"a function":            {"server {\n  api_key = evn(\"TOKEN\")\n}\n", "server {\n  api_key = env(\"TOKEN\")\n}\n"},
		"a name too many":       {"log \"x\" {\n}\n", "log {\n}\n"},
		"a database in quotes":  {"database \"app\" {\n  driver = \"postgers\"\n  dsn = env(\"TOKEN\")\n}\nintegration \"a\" {\n  probe = core.database\n  config {\n    database = \"app\"\n  }\n}\n", "database \"app\" {\n  driver = \"postgres\"\n  dsn = env(\"TOKEN\")\n}\nintegration \"a\" {\n  probe = core.database\n  config {\n    database = database.app\n  }\n}\n"},
		"a missing grant stays": {"integration \"a\" {\n  probe = acme.orders\n}\n", "integration \"a\" {\n  probe = acme.orders\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "vega.hcl")
			if err := os.WriteFile(path, []byte(c.src), 0o600); err != nil {
				t.Fatal(err)
			}
			got := c.src
			fixed, _ := Fix(path, options(t, badEnv))
			for _, f := range fixed {
				got = string(f.After)
			}
			if got != c.want {
				t.Errorf("%q\nwant\n%q", got, c.want)
			}
		})
	}
}

// FuzzFix checks that Fix does not panic, never adds errors, changes nothing
// when it runs again, and shows no secret.
func FuzzFix(f *testing.F) {
	for _, path := range badFiles(f) {
		if b, err := os.ReadFile(path); err == nil && len(b) < 4<<10 {
			f.Add(b)
		}
	}
	f.Add([]byte("integration \"sho \" {\n  depends_on = [integration.sho0]\n}\n")) // cannot be referred to
	f.Add([]byte("\xef\xbb\xbfsever {\r\n  prot = \"1\"\r\n}\r\n"))
	o := options(f, map[string]string{"VEGA_API_KEY": canary, "TOKEN": canary})
	dir := f.TempDir()
	path := filepath.Join(dir, fmt.Sprintf("%d.hcl", os.Getpid()))
	f.Fuzz(func(t *testing.T, src []byte) {
		write := func(src []byte) {
			if err := os.WriteFile(path, src, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(src)
		_, before := Load(path, o)
		fixed, left := Fix(path, o)
		if left.Count(diag.Error) > before.Count(diag.Error) {
			t.Fatalf("%d errors were changed to %d in\n%s", before.Count(diag.Error), left.Count(diag.Error), src)
		}
		if len(fixed) == 0 {
			return
		}
		after := fixed[0].After
		if shown := Masked(after); strings.Contains(shown, canary) {
			t.Fatalf("a secret came out: %s", shown)
		}
		write(after)
		if again, _ := Fix(path, o); len(again) > 0 && before.CountCode(diag.More) == 0 {
			t.Fatalf("again:\n%s\nof\n%s", again[0].After, after)
		}
		if bytes.Contains(src, []byte("\r\n")) && !bytes.Contains(after, []byte("\r\n")) {
			t.Fatal("the line endings changed")
		}
	})
}

// TestFixCorrectsFirstMistakes checks that Fix corrects what a newcomer writes,
// where it is certain.
func TestFixCorrectsFirstMistakes(t *testing.T) {
	for before, want := range map[string]string{
		"expect_status = 200":                  "expect_status = [200]",
		"expect_status = \"200\"":              "expect_status = [200]",
		"expect_status = 200 # with a comment": "expect_status = [200] # with a comment",
		"method = 'GET'":                       `method = "GET"`,
		"method = “GET”":                       `method = "GET"`,
		"method = GET":                         `method = "GET"`,              // one of the allowed values
		"method = HTTP_METHOD":                 `method = env("HTTP_METHOD")`, // a name in upper case is most likely a variable's
		"headers = { A = 123456 }":             `headers = { A = "123456" }`,
		"max_latency = \"PT2S\"":               `max_latency = "2s"`,
		"max_latency = 5s":                     `max_latency = "5s"`,
		"max_latency = \"1s500\"":              `max_latency = "1s500ms"`,
		"max_latency = \"1,5s\"":               `max_latency = "1.5s"`,
		"max_latency = \"1 s, 500 ms\"":        `max_latency = "1s500ms"`,
		"follow_redirects = yes":               "follow_redirects = true",
		"follow_redirects = \"off\"":           "follow_redirects = false",
		"headers = { A = $TOKEN }":             `headers = { A = env("TOKEN") }`,
		"headers = { A = ${TOKEN} }":           `headers = { A = env("TOKEN") }`,
		"method = \"${TOKEN}\"":                `method = "${env("TOKEN")}"`,
		"headers = { A = env(TOKEN) }":         `headers = { A = env("TOKEN") }`,
		"headers = { A = \"${env.TOKEN}\" }":   `headers = { A = "${env("TOKEN")}" }`,
		"method = \"GET\",":                    `method = "GET"`,
		"method = \"GET\";":                    `method = "GET"`,
		"method \"GET\"":                       `method = "GET"`,
		"method => \"GET\"":                    `method = "GET"`,
		"method := \"GET\"":                    `method = "GET"`,
		"method\u00a0= \u200b\"GET\"":          `method = "GET"`,
		"method = \"\\d \\\\ \\\" \\w\"":       `method = "\\d \\ \" \\w"`,
		"-- a comment":                         "# a comment",
		"; a comment":                          "# a comment",
	} {
		dir := t.TempDir()
		src := func(line string) string {
			return "integration \"a\" {\n  probe = core.http\n  config {\n    url = \"https://example.com\"\n    " + line + "\n  }\n}\n"
		}
		path := lay(t, dir, "vega.hcl", src(before))
		o := options(t, map[string]string{"TOKEN": "0123456789abcdef", "HTTP_METHOD": "GET-method"})
		fixed, left := Fix(path, o)
		if len(fixed) != 1 || string(fixed[0].After) != src(want) {
			t.Errorf("%s:\n%s", before, shownText(t, left))
			if len(fixed) > 0 {
				t.Errorf("changed to %s", fixed[0].After)
			}
		}
	}
	for before, want := range map[string]string{
		"integration 'a' {\n  probe = core.tcp\n  config = {\n    address = \"http://example.com\"\n  }\n}\n":           "integration \"a\" {\n  probe = core.tcp\n  config {\n    address = \"example.com:80\"\n  }\n}\n",
		"integration \"Web 1\" = {\n  probe = tcp\n  config {\n    address = \"example.com:80:80\"\n  }\n}\n":           "integration \"web_1\" {\n  probe = core.tcp\n  config {\n    address = \"example.com:80\"\n  }\n}\n",
		"integration \"a\"\n{\n  probe = core.tcp\n  config\n  {\n    address = \"a:1\"\n  }\n}\n":                      "integration \"a\" {\n  probe = core.tcp\n  config {\n    address = \"a:1\"\n  }\n}\n",
		"integration \"a\" {\n  probe = core.memcached\n  config {\n    address = \"http://example.com:1/x\"\n  }\n}\n": "integration \"a\" {\n  probe = memcached.server\n  config {\n    address = \"example.com:1\"\n  }\n}\n",
	} {
		path := lay(t, t.TempDir(), "vega.hcl", before)
		if fixed, left := Fix(path, options(t, nil)); len(fixed) != 1 || string(fixed[0].After) != want {
			t.Errorf("%s\n%+v\n%s", before, fixed, shownText(t, left))
		}
	}
}

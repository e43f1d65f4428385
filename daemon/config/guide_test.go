package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vega/daemon/config/diag"
)

var (
	hclExample = regexp.MustCompile("(?ms)^```hcl\n(.*?)^```$")
	anyHeading = regexp.MustCompile("(?m)^## (.*)$")
)

// TestExamplesInTheGuide checks that the configuration in README.md, GUIDE.md and
// daemon/docs is written as vega reads it. Files that it names, and integrations that it
// depends on, are not there.
func TestExamplesInTheGuide(t *testing.T) {
	found, bundled := 0, shipped(t)
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md", "../GUIDE.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, example := range hclExample.FindAllStringSubmatch(string(text), -1) {
			found++
			_, ds := load(t, example[1], Options{Bundled: bundled, Env: exampleVariable, Scan: noPlugins})
			for _, d := range ds {
				if d.Code == diag.NoPlugin && strings.Contains(example[1], "stock.queue") { // the plugin that readers build
					continue
				}
				if d.Severity == diag.Error && d.Code != diag.Dangling && d.Code != diag.Unmatched && d.Code != diag.BadTLS && d.Code != diag.BadSSH && d.Code != diag.FileUnreadable {
					t.Errorf("%s: %s in\n%s", page, d.Code, example[1])
				}
			}
		}
	}
	if found < 6 {
		t.Errorf("%d examples", found)
	}
}

// gatusConditions is what a condition of Gatus can be made of.
var gatusConditions = []string{
	"[STATUS]", "[RESPONSE_TIME]", "[IP]", "[BODY]", "[CONNECTED]", "[CERTIFICATE_EXPIRATION]", "[DOMAIN_EXPIRATION]", "[DNS_RCODE]",
	"[BODY].", "len([BODY]", "has([BODY]", "pat(", "any(", "==", "<", ">",
}

// TestConditionsOfGatus checks that docs/from-gatus.md has a line for each placeholder
// and function of Gatus, and that what it names for vega is valid.
func TestConditionsOfGatus(t *testing.T) {
	text, err := os.ReadFile("../docs/from-gatus.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Conditions\n")
	table, _, _ = strings.Cut(table, "\n## ")
	probes := map[string]string{
		"core.http": `url = "https://example.com"`, "core.dns": `name = "example.com"`, "core.ssh": `address = "example.com:22"`,
		"domain_expiry.domain": "domain = \"example.com\"\nrdap_url = \"https://rdap.example.com/\"",
	}
	bundled, conditions := shipped(t), ""
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), " | ")
		if len(cells) != 2 {
			continue
		}
		conditions += cells[0] + "\n"
		probe := "core.http"
		for _, part := range strings.Split(strings.ReplaceAll(cells[1], "\x00", "|"), "`") {
			if probes[part] != "" {
				probe = part
			}
			if strings.HasPrefix(part, "exit_status") {
				probe = "core.ssh"
			}
			if strings.Contains(part, " = ") {
				_, ds := load(t, "integration \"a\" {\n probe = "+probe+"\n config {\n"+probes[probe]+"\n"+part+"\n}\n}\n", Options{Bundled: bundled, Scan: noPlugins})
				for _, d := range ds {
					t.Errorf("%s: %s %s", part, d.Code, d.Detail)
				}
			}
		}
	}
	for _, c := range gatusConditions {
		if !strings.Contains(conditions, c) {
			t.Errorf("there is no line for %s", c)
		}
	}
}

// exampleVariable returns a value for a variable in an example: a URL if its name says so.
func exampleVariable(name string) (string, bool) {
	if strings.HasSuffix(name, "_URL") {
		return "https://example.com/0123456789abcdef", true
	}
	return "0123456789abcdef" + name, true
}

// TestGuideHasContents checks that the guide's list of sections names each of
// them, in their order.
func TestGuideHasContents(t *testing.T) {
	text, err := os.ReadFile("../GUIDE.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, h := range anyHeading.FindAllStringSubmatch(string(text), -1) {
		anchor := strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(h[1], ",", "")), " ", "-")
		want.WriteString("- [" + h[1] + "](#" + anchor + ")\n")
	}
	if !strings.Contains(string(text), "\n\n"+want.String()+"\n") {
		t.Errorf("the contents are not\n%s", want.String())
	}
}

package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const shop = `
integration "orders" {
  probe = core.http
  group = "shop/eu"
  config {
    url     = "https://orders.example.com/health"
    headers = { "X-Token" = "a literal secret", Accept = env("CANARY") }
  }
  auth { token = env("CANARY") }
}
integration "web" {
  probe    = core.tcp
  labels   = { team = "core" }
  for_each = { eu = "10.0.0.1:80", us = "10.0.0.2:80" }
  config { address = each.value }
}
integration "hosts" {
  probe         = core.tcp
  for_each_file = "hosts.txt"
  config { address = each.value }
}
`

// loadShop loads the integrations of shop, after some text.
func loadShop(t *testing.T, before string) (c *Config, dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"vega.hcl": before, "policies/shop.hcl": shop, "policies/hosts.txt": "db1 = 10.0.0.3:5432\ndb2 = 10.0.0.4:5432\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, ds := Load(filepath.Join(dir, "vega.hcl"), options(t, map[string]string{"CANARY": canary}))
	if c == nil {
		t.Fatal(ds)
	}
	return c, dir
}

func TestStatusPage(t *testing.T) {
	c, _ := loadShop(t, `
status_page "public" {
  title        = "Shop"
  integrations = ["web", "group:shop/*", "label:team=core", "hosts.db2"]
  names        = { orders = "Orders", "web.eu" = "Shop in Europe" }
}
status_page "all" {
  integrations = ["*"]
}
`)
	if len(c.StatusPages) != 2 || c.StatusPages[0].Name != "all" || c.StatusPages[0].Title != "all" {
		t.Fatalf("%+v", c.StatusPages)
	}
	p := c.StatusPages[1]
	if want := []string{"web.eu", "web.us", "orders", "hosts.db2"}; p.Title != "Shop" || !slices.Equal(p.Integrations, want) {
		t.Errorf("%s: %v, want %v in the order of the selectors", p.Title, p.Integrations, want)
	}
	for name, want := range map[string]string{"orders": "Orders", "web.eu": "Shop in Europe", "web.us": "web.us"} {
		if got := p.Public(name); got != want {
			t.Errorf("%s is shown as %s, want %s", name, got, want)
		}
	}
	if got := c.StatusPages[0].Integrations; len(got) != 5 {
		t.Errorf("* selects %v", got)
	}
}

func TestDashboardSettings(t *testing.T) {
	c, _ := loadShop(t, "")
	if s := c.Server; !s.Dashboard || s.AuthHeader != "" || s.AuthScopes != nil {
		t.Errorf("by default: %+v", s)
	}
	c, _ = loadShop(t, `server {
  trusted_proxies = ["127.0.0.1"]
  auth_header     = "x-forwarded-user"
}`)
	if s := c.Server; s.AuthHeader != "X-Forwarded-User" || !slices.Equal(s.AuthScopes, []string{"read", "write"}) {
		t.Errorf("with auth_header: %+v", s)
	}
	c, _ = loadShop(t, "server { dashboard = false }")
	if c.Server.Dashboard {
		t.Error("the dashboard is on, but it is turned off")
	}
}

func TestBlockIsMasked(t *testing.T) {
	c, dir := loadShop(t, "")
	b, ok := c.Block("orders")
	if !ok || b.Line != 2 || filepath.Base(b.File) != "shop.hcl" || !strings.HasPrefix(b.Text, `integration "orders" {`) || !strings.HasSuffix(b.Text, "\n}\n") {
		t.Errorf("%+v %t", b, ok)
	}
	if !strings.Contains(b.Text, `url     = "https://orders.example.com/health"`) || strings.Contains(b.Text, "literal secret") || strings.Contains(b.Text, "web") {
		t.Errorf("the block: %s", b.Text)
	}
	for _, name := range []string{"web.eu", "web.us", "hosts.db1"} {
		b, ok := c.Block(name)
		of, _, _ := strings.Cut(name, ".")
		if !ok || !strings.HasPrefix(b.Text, `integration "`+of+`" {`) {
			t.Errorf("%s: %+v %t", name, b, ok)
		}
	}
	for _, name := range []string{"", "web", "web.asia", "orders.eu", "nothing", "hosts.db3"} {
		if b, ok := c.Block(name); ok {
			t.Errorf("%q has a block: %+v", name, b)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "policies", "shop.hcl"), []byte("integration \"orders\" { edited }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if after, _ := c.Block("orders"); after != b {
		t.Errorf("after an edit of the file: %s", after.Text)
	}
}

// TestBlockHidesEverySecret writes a secret of the environment where nobody expects one.
func TestBlockHidesEverySecret(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.hcl")
	text := "\xef\xbb\xbf" + `integration "orders" { # ` + canary + `
  probe       = core.http
  description = "` + canary + `" // token = "an old literal"
  /* password = "older" */
  labels      = { note = "is ` + canary + ` here", token = "shown?" }
  config {
    url     = "https://user:pa55word@orders.example.com/?key=` + canary + `"
    headers = {
      # Authorization = "Bearer an older literal"
      Authorization = "Bearer ${env("CANARY")}"
      "X-Long"      = "a secret with \"quotes\""
    }
  }
} # ` + canary + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, ds := Load(path, options(t, map[string]string{"CANARY": canary}))
	if c == nil {
		t.Fatal(ds)
	}
	b, ok := c.Block("orders")
	if !ok || b.Line != 1 {
		t.Fatalf("%+v %t", b, ok)
	}
	for _, secret := range []string{canary, "old literal", "older", "pa55word", "quotes"} {
		if strings.Contains(b.Text, secret) {
			t.Errorf("%q is in the block:\n%s", secret, b.Text)
		}
	}
	if !strings.Contains(b.Text, `env("CANARY")`) || !strings.Contains(b.Text, "core.http") {
		t.Errorf("the block does not show what is no secret:\n%s", b.Text)
	}
}

func TestLongBlockIsCut(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.hcl")
	targets := strings.Repeat("\n", 5000)
	text := "integration \"web\" {\n  probe = core.tcp\n  for_each = {" + targets + "eu = \"10.0.0.1:80\" }\n  config {\n    address = each.value\n  }\n  description = \"" + strings.Repeat("x", 500) + "\" # " + strings.Repeat("y", 5000) + "\n}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, ds := Load(path, options(t, nil))
	if c == nil {
		t.Fatal(ds)
	}
	b, ok := c.Block("web.eu")
	if lines := strings.Count(b.Text, "\n"); !ok || lines != 401 || len(b.Text) > 10_000 || !strings.Contains(b.Text, "  # … 4608 lines …\n") || !strings.HasSuffix(b.Text, "\n}\n") {
		t.Errorf("%d lines: %s", lines, b.Text)
	}
}

// TestLargeStatusPage has as many integrations as a page may have, and one more.
func TestLargeStatusPage(t *testing.T) {
	for _, count := range []int{1000, 1001} {
		var targets strings.Builder
		for n := range count {
			fmt.Fprintf(&targets, "h%d = \"10.0.0.1:22\"\n", n)
		}
		_, ds := load(t, "status_page \"all\" {\n  integrations = [\"*\"]\n}\nintegration \"hosts\" {\n  probe = core.tcp\n  for_each = {\n"+targets.String()+"}\n  config { address = each.value }\n}\n", options(t, nil))
		got := shownText(t, ds)
		if refused := strings.Contains(got, "The page selects 1001 integrations, more than 1000."); refused != (count > 1000) {
			t.Errorf("%d: %s", count, got)
		}
	}
}

package config

import "testing"

// TestPlainSecretIsKept checks that a recognized literal secret is also
// redacted, but not the authentication scheme before it.
func TestPlainSecretIsKept(t *testing.T) {
	c := good(t, `
llm { base_url = "http://u:literal-password@127.0.0.1" }
integration "a" {
  probe = core.http
  config {
    url     = llm.base_url
    headers = { Authorization = "bearer literal-token" }
  }
}
`, options(t, nil))
	if got := c.Redactor().Redact("literal-token, literal-password"); got != "(secret), (secret)" {
		t.Errorf("redacted: %s", got)
	}
}

// TestNoPlainSecret checks that values that grant no access are not reported.
func TestNoPlainSecret(t *testing.T) {
	_, ds := load(t, `
database "app" {
  driver = "postgres"
  dsn    = "postgres://vega@db/app?sslmode=require"
}
integration "a" {
  probe = core.http
  config {
    url     = "https://user@h.example/a:b@c"
    headers = { Accept = "text/plain", Authorization = "${env("SET")}" }
  }
}
integration "b" {
  probe = core.database
  config { database = database.app }
}
`, options(t, map[string]string{"SET": "a-long-secret"}))
	if len(ds) > 0 {
		t.Error(shownText(t, ds))
	}
}

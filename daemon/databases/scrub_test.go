package databases

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// TestErrorsContainNoPartOfASecretDSN checks errors of drivers and servers for
// parts of DSNs that come from env(), including some that a driver misreads.
func TestErrorsContainNoPartOfASecretDSN(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	type dsn struct{ driver, text string }
	dsns := []dsn{
		{"postgres", "postgres://canaryuser:canary@" + refused + "/canarydb"},
		{"postgres", "postgres://canaryuser:canary@canaryhost.invalid/canarydb"},
		{"postgres", "postgres://canaryuser:canary@canaryhost.invalid,canaryother.invalid/canarydb"},
		{"postgres", "postgres://canaryuser:1#canary@" + refused + "/canarydb"},
		{"postgres", "postgres://canaryuser@canary#X@" + refused + "/canarydb"},
		{"postgres", "host=canaryhost.invalid password=canary"},
		{"postgres", "postgres://canaryuser:canary@" + refused + "/x?sslmode=canary"},
		{"mysql", "canaryuser:canary@tcp(" + refused + ")/canarydb"},
		{"mysql", "canaryuser:canary@tcp(canaryhost.invalid:1)/canarydb"},
		{"mysql", "canaryuser:canary@canaryhost/canarydb"},
		{"mysql", "canaryuser:canary@tcp(" + refused + ")/x?canary=1&tls=canary"},
		{"sqlite", "/nowhere/canary.db"},
		{"canary", "canary"},
	}
	if !testing.Short() {
		for driver, real := range map[string]string{"postgres": realtest.Postgres(t), "mysql": realtest.MariaDB(t)} {
			for _, swap := range []string{"vega:" + realtest.Password, "/app"} {
				dsns = append(dsns, dsn{driver, strings.Replace(real, swap, map[bool]string{true: "/canarydb", false: "canaryuser:canarypassword"}[swap == "/app"], 1)})
			}
		}
	}
	for _, c := range dsns {
		d := testDatabases(t, Config{Name: "app", Driver: c.driver, DSN: secretDSN(c.text)})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, err := answer(ctx, d, "app", "SELECT 1")
		cancel()
		if err == nil || c.driver != "canary" && strings.Contains(strings.ToLower(err.Error()), "canary") || strings.Contains(err.Error(), refused) {
			t.Errorf("%s: %s: %v", c.driver, c.text, err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %s: %v", c.driver, c.text, err)
		}
		t.Logf("%s: %s: %v", c.driver, c.text, err)
	}
}

func TestUnusableDSNIsNotTheFaultOfTheDatabase(t *testing.T) {
	for _, c := range []Config{
		{Name: "app", Driver: "postgres", DSN: secretDSN("postgres://app@PW#X@127.0.0.1:1/x")},
		{Name: "app", Driver: "mysql", DSN: secretDSN("app:PW@127.0.0.1/x")},
		{Name: "app", Driver: "sqlite", DSN: secretDSN("file:x.db")},
		{Name: "app", Driver: "oracle", DSN: secretDSN("x")},
	} {
		d := testDatabases(t, c)
		if _, err := answer(t.Context(), d, "app", "SELECT 1"); shortage.Of(err) == nil {
			t.Errorf("%s: %v", c.Driver, err)
		}
	}
}

func TestScrubberKeepsWhatTheOperatorWrote(t *testing.T) {
	dsn := manifest.Text{{Text: "postgres://vega:"}, {Text: "secret#pw", Secret: true}, {Text: "@db.example.com:5432/shop"}}
	s := newScrubber(dsn, "secret#pw", "db.example.com", "vega", "shop")
	if got := s.replace(`lookup db.example.com for "vega" and "shop" with secret#pw`); got != `lookup db.example.com for "vega" and "shop" with (secret)` {
		t.Errorf("%q", got)
	}
	s = newScrubber(secretDSN(dsn.Reveal()), "secret#pw", "db.example.com", "vega", "shop", "")
	if got := s.replace(`lookup db.example.com for "vega" of vegan shop`); got != `lookup (secret) for "(secret)" of vegan (secret)` {
		t.Errorf("%q", got)
	}
}

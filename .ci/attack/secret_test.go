package attack

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// token is the secret that no plugin may learn.
const token = "xoxbcanarytoken0of0thirtybytes"

// steals runs a probe of the guest with the token and a grant for its target. It
// decodes the message and reports whether it contains the token.
func steals(t *testing.T, probe, before, config string, decode func(string) string) {
	t.Helper()
	hcl := before + bind("steal", "guest."+probe, config+"\n    token = env(\"TOKEN\")")
	d := home(t, hcl, guestFile(t))
	if !d.run(time.Minute, "", "TOKEN="+token) {
		if !strings.Contains(d.written(), "error[VEGA053]") {
			t.Fatalf("vega does not answer:\n%s", d.written())
		}
		report(t, d, true, "refused before the run: VEGA053")
		return
	}
	got := d.check(time.Minute)["steal"]
	d.answers(5)
	report(t, d, got.Name != "" && !strings.Contains(decode(got.Message), token), "%s %s: %.200s", got.Status, got.Cause, strings.ReplaceAll(got.Message, token[:len(token)-1], "(the token)"))
}

// Has SQLite encode the token in a query.
func TestDatabaseComputesOnSecret(t *testing.T) {
	steals(t, "hex", sqliteFile(t), `    database = database.app`, func(s string) string {
		b, _ := hex.DecodeString(s) // invalid text has no token
		return string(b)
	})
}

// Has Redis read the token byte by byte.
func TestRedisComputesOnSecret(t *testing.T) {
	addr := realtest.Redis(t, "")
	steals(t, "eval", "", fmt.Sprintf("address = %q", addr), func(s string) string {
		var all []byte
		for _, f := range strings.Fields(s) {
			n, _ := strconv.Atoi(f)
			all = append(all, byte(n))
		}
		return string(all)
	})
}

// Has a target evaluate the posted token, as a template engine would.
func TestWebComputesOnSecret(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, base64.StdEncoding.EncodeToString(b))
	}))
	t.Cleanup(web.Close)
	steals(t, "post", "", fmt.Sprintf("url = %q", web.URL), func(s string) string {
		b, _ := base64.StdEncoding.DecodeString(s) // invalid text has no token
		return string(b)
	})
}

// Guesses the token from how an echo of it is hidden.
func TestEchoTellsSecret(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(b)
	}))
	t.Cleanup(web.Close)
	steals(t, "guess", "", fmt.Sprintf("url = %q\n send = %q", web.URL, token[:4]), func(s string) string {
		return strings.Replace(s, token[:len(token)-1], token, 1) // the last letter is not held back; there are 36 possible ones
	})
}

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

// token is what no plugin may come to know.
const token = "xoxbcanarytoken0of0thirtybytes"

// steals runs a probe of the guest with the token and a grant to its target, and
// tells whether its message has what is taken out of it by decode.
func steals(t *testing.T, probe, before, config string, decode func(string) string) {
	t.Helper()
	hcl := before + bind("steal", "guest."+probe, config+"\n    token = env(\"TOKEN\")")
	d := home(t, hcl, guestFile(t))
	if !d.run(time.Minute, "", "TOKEN="+token) {
		if !strings.Contains(d.written(), "error[VEGA053]") {
			t.Fatalf("vega does not answer:\n%s", d.written())
		}
		told(t, d, true, "refused before it is run: VEGA053")
		return
	}
	got := d.check(time.Minute)["steal"]
	d.answers(5)
	told(t, d, got.Name != "" && !strings.Contains(decode(got.Message), token), "%s %s: %.200s", got.Status, got.Cause, strings.ReplaceAll(got.Message, token[:len(token)-1], "(the token)"))
}

// SQLite encodes what stands in a query.
func TestDatabaseComputesOnSecret(t *testing.T) {
	steals(t, "hex", sqliteFile(t), `    database = database.app`, func(s string) string {
		b, _ := hex.DecodeString(s) // what is none has no token
		return string(b)
	})
}

// Redis reads it byte by byte.
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

// A target evaluates what is posted, as one that renders templates does.
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
		b, _ := base64.StdEncoding.DecodeString(s) // what is none has no token
		return string(b)
	})
}

// An echo shows what is hidden by how it is hidden.
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
		return strings.Replace(s, token[:len(token)-1], token, 1) // the last letter is not held back, and is one of 36
	})
}

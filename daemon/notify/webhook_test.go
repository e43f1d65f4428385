package notify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"vega/daemon/notify/service"
)

// signature computes the signature of Standard Webhooks (spec/standard-webhooks.md,
// "Signature scheme", symmetric).
func signature(t testing.TB, secret, id, timestamp, body string) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

const (
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "whsec_dGhpcyBpcyBhIGtleSBvZiAyNCBieXRlcyE="
)

// The vector is that of the specification's reference libraries.
func TestSignatureOfTheVector(t *testing.T) {
	if got := signature(t, oldSecret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

func TestWebhookIsSignedWithBothSecrets(t *testing.T) {
	f := serve(t, 204, "")
	arrives(t, build(t, service.Settings{Type: "webhook", URL: f.URL + "/in", Secrets: []string{newSecret, oldSecret}, Token: "t0ken"}), opening())
	got := f.only(t)
	id, at := got.header.Get("Webhook-Id"), got.header.Get("Webhook-Timestamp")
	if id == "" || strings.Contains(id, ".") { // a dot separates what is signed
		t.Errorf("id %q", id)
	}
	want := []string{signature(t, newSecret, id, at, string(got.body)), signature(t, oldSecret, id, at, string(got.body))}
	if signed := strings.Fields(got.header.Get("Webhook-Signature")); !slices.Equal(signed, want) {
		t.Errorf("signatures %q, want %q", signed, want)
	}
	if got.header.Get("Authorization") != "Bearer t0ken" {
		t.Errorf("%v", got.header)
	}
	var body struct {
		Type, Timestamp string
		Data            struct {
			Title   string
			Notices []struct {
				Kind, Key, Head, Link string
				Below                 []string
				More                  int
				DurationMS            float64 `json:"duration_ms"`
				For                   *int
				Incident              struct {
					Key, Severity, Summary string
				}
			}
		}
	}
	if err := json.Unmarshal(got.body, &body); err != nil {
		t.Fatal(err)
	}
	if body.Type != "incident.notices" || body.Timestamp != "2026-03-01T14:03:15Z" || len(body.Data.Notices) != 1 {
		t.Fatalf("%s", got.body)
	}
	if n := body.Data.Notices[0]; n.Kind != "opening" || n.Key != "7.chat.1" || n.More != 3 || n.DurationMS != 10000 || n.For != nil || n.Incident.Key == "" || n.Head != body.Data.Title {
		t.Errorf("%+v", n)
	}
}

func TestWebhookWithoutSecrets(t *testing.T) {
	f := serve(t, 200, "")
	arrives(t, build(t, service.Settings{Type: "webhook", URL: f.URL}), opening())
	if h := f.only(t).header; h.Get("Webhook-Id") == "" || h["Webhook-Signature"] != nil {
		t.Errorf("%v", h)
	}
}

// What GUIDE.md says of a webhook is what is sent.
func TestWebhookInTheGuide(t *testing.T) {
	guide, err := os.ReadFile("../GUIDE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(guide), "### What a webhook receives")
	_, example, _ := strings.Cut(section, "```json\n")
	example, _, ok := strings.Cut(example, "```")
	if !ok {
		t.Fatal("the guide has no example")
	}
	f := serve(t, 204, "")
	arrives(t, build(t, service.Settings{Type: "webhook", URL: f.URL, Secrets: []string{newSecret}}), opening())
	contains(t, "", object(t, f.only(t).body), object(t, []byte(example)))
}

// contains fails if JSON lacks a field of an example, or has another type there.
func contains(t testing.TB, path string, got, example any) {
	t.Helper()
	if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", example) {
		t.Errorf("%s is %T, in the guide %T", path, got, example)
		return
	}
	switch example := example.(type) {
	case map[string]any:
		for name, value := range example {
			contains(t, path+"."+name, got.(map[string]any)[name], value)
		}
	case []any:
		if len(example) > 0 && len(got.([]any)) > 0 {
			contains(t, path+"[0]", got.([]any)[0], example[0])
		}
	}
}

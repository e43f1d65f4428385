package attack

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// objects returns JSON of that many bytes whose tree is as expensive as possible.
func objects(size int) []byte {
	body := append([]byte("["), bytes.Repeat([]byte(`{"":0},`), size/7)...)
	return append(body, '0', ']')
}

func serving(t *testing.T, body []byte) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// Runs sixty bundled checks concurrently, each with 1 MiB of JSON.
func TestSixtyJSONAnswers(t *testing.T) {
	url := serving(t, objects(1<<20))
	var hcl strings.Builder
	for n := range 60 {
		hcl.WriteString(bind(fmt.Sprintf("j%d", n), "core.http", fmt.Sprintf("    url = %q\n    expect_json = { \"5\" = \"x\" }", url)))
	}
	d := home(t, hcl.String(), nil).start()
	idle := d.settle()
	end := d.meanwhile()
	all := d.check(2 * time.Minute)
	end()
	d.measure()
	counts := map[string]int{}
	for _, r := range all {
		counts[strings.TrimSpace(r.Status+" "+r.Cause)]++
	}
	report(t, d, len(all) == 60 && counts["unhealthy target"] == 60 && d.peak-idle <= 120<<20, "+%d MiB over %d; %v", (d.peak-idle)>>20, idle>>20, counts)
}

// Keeps sixteen answers of 8 MiB in one run.
func TestSixteenJSONAnswersInOneRun(t *testing.T) {
	url := serving(t, objects(8<<20-8))
	d := home(t, bind("hold", "guest.hold", fmt.Sprintf("    url = %q", url)), guestFile(t)).start()
	idle := d.settle()
	end := d.meanwhile()
	got := d.check(2 * time.Minute)["hold"]
	end()
	d.measure()
	report(t, d, got.Name != "" && d.peak-idle <= 64<<20, "+%d MiB over %d; %s %s: %.120s", (d.peak-idle)>>20, idle>>20, got.Status, got.Cause, got.Message)
}

// Makes the host compute endlessly for a run.
func TestJSONForever(t *testing.T) {
	url := serving(t, objects(1<<20))
	computes(t, bind("spin", "guest.json", fmt.Sprintf("    url = %q", url)))
}

func TestSQLForever(t *testing.T) {
	computes(t, sqliteFile(t)+bind("spin", "guest.sql", "    database = database.app"))
}

func computes(t *testing.T, hcl string) {
	t.Helper()
	d := home(t, hcl, guestFile(t)).start()
	d.check(time.Minute) // compiling in the first run is not counted
	before := d.processor()
	end := d.meanwhile()
	got := d.check(time.Minute)["spin"]
	end()
	spent := d.processor() - before
	report(t, d, got.Name != "" && spent < 2*time.Second, "%.1f s of CPU time; %s %s: %.120s", spent.Seconds(), got.Status, got.Cause, got.Message)
}

// Uses a key twice in an object.
func TestJSONKeyTwice(t *testing.T) {
	url := serving(t, []byte(`{"state":"down","state":"up"}`))
	d := home(t, bind("twice", "core.http", fmt.Sprintf("    url = %q\n    expect_json = { state = \"up\" }", url)), nil).start()
	got := d.check(time.Minute)["twice"]
	report(t, d, got.Name != "" && got.Status != "healthy", "%s %s: %.120s", got.Status, got.Cause, got.Message)
}

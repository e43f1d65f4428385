package daemon_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
)

// A hundred checks are under way at once: the target answers nobody before all
// of them are there. One that never answers keeps nobody waiting but itself.
func TestHundredChecksRunAtOnce(t *testing.T) {
	var mu sync.Mutex
	there, all := 0, make(chan struct{})
	meeting := site(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if there++; there == 100 {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
			_, _ = w.Write([]byte("ok"))
		case <-r.Context().Done():
		}
	}))
	rows := make([]row, 101)
	for i := range rows {
		rows[i] = row{name: "meets", probe: "http", config: fmt.Sprintf("    url = %q", meeting), status: healthy}
	}
	rows[50] = row{name: "hangs", probe: "http", config: fmt.Sprintf("    url = %q", "http://"+fixtures.Hang(t)), status: unhealthy, cause: timeout, says: "did not answer in time"}
	got := runRows(t, "", rows)
	for i, r := range got {
		if r.Status != rows[i].status || r.Cause != rows[i].cause {
			t.Errorf("%s: %s/%s %q", r.Name, r.Status, r.Cause, r.Message)
		}
	}
	if late := got[50]; !realtest.Starved(late.Cause, late.Message) && !strings.Contains(late.Message, "did not answer in time") {
		t.Errorf("%+v", late)
	}
}

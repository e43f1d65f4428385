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

// TestHundredChecksRunAtOnce uses a target that responds only after all requests
// have arrived, and another that never responds.
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

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"vega/daemon"
)

// TestTermAnswersWhatIsInFlight stops a real daemon while a request waits for
// a slow check: the request is answered, in full, and the exit code is 0.
func TestTermAnswersWhatIsInFlight(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		time.Sleep(time.Second)
	}))
	t.Cleanup(target.Close)
	dir := t.TempDir()
	hcl := fmt.Sprintf("integration \"slow\" {\n  probe    = core.http\n  interval = \"0s\"\n  config {\n    url = %q\n  }\n}\n", target.URL)
	write(t, dir, "vega.hcl", hcl)
	vega := serveWith(t, dir, os.Environ())

	answered := make(chan error, 1)
	var h daemon.Health
	go func() {
		status, body, err := vega.ask("/admin/integrations/health")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d: %s", status, body)
		}
		answered <- errors.Join(err, json.Unmarshal([]byte(body), &h))
	}()
	<-asked
	if err := vega.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil || h.Status != "healthy" {
		t.Errorf("the request in flight: %v, %+v", err, h)
	}
	began := time.Now()
	if err := vega.cmd.Wait(); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("it ended with %v after %v", err, time.Since(began))
	}
}

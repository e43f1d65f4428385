package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	if err := os.WriteFile(filepath.Join(dir, "vega.hcl"), []byte(hcl), 0o644); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	vega := exec.CommandContext(t.Context(), self, "serve", "--port", "0")
	vega.Args[0], vega.Dir, vega.Stderr = "vega", dir, os.Stderr
	stdout, err := vega.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := vega.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	for lines := bufio.NewScanner(stdout); url == "" && lines.Scan(); {
		url, _ = strings.CutPrefix(lines.Text(), "vega answers on ")
		if !strings.HasPrefix(url, "http") {
			url = ""
		}
	}
	key, err := os.ReadFile(filepath.Join(dir, ".vega", "api_key"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/admin/integrations/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", strings.TrimSpace(string(key)))

	answered := make(chan error, 1)
	var h daemon.Health
	go func() {
		res, err := http.DefaultClient.Do(r)
		if err == nil {
			defer res.Body.Close()
			err = json.NewDecoder(res.Body).Decode(&h)
		}
		answered <- err
	}()
	<-asked
	if err := vega.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil || h.Status != "healthy" {
		t.Errorf("the request in flight: %v, %+v", err, h)
	}
	began := time.Now()
	if err := vega.Wait(); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("it ended with %v after %v", err, time.Since(began))
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// key is the key of vega's API, and secret a secret of the configuration.
const (
	key    = "a-key-that-no-exporter-may-send"
	secret = "a-secret-that-no-exporter-may-send"
)

const configuration = `
server {
  api_key = env("KEY")
  port    = %[5]s
}
network {
  ca_file = "%[2]s/ca.pem"
}
telemetry {
  otlp {
    endpoint = "http://%[1]s"
    headers  = { Authorization = "Bearer ${env("SECRET")}" }
    interval = "1s"
  }
}
integration "web" {
  probe    = core.http
  interval = "1h"
  config {
    url     = "%[3]s/health?token=${env("SECRET")}"
    headers = { X-Token = env("SECRET") }
  }
}
integration "refused" {
  probe    = core.tcp
  interval = "1h"
  config {
    address = "%[4]s"
  }
}
integration "store" {
  probe    = core.database
  interval = "1h"
  config {
    database = database.vega
    query    = "SELECT count(*) FROM runs WHERE message = 'a literal'"
  }
}
`

// vega is a running vega.
type vega struct {
	cmd    *exec.Cmd
	url    string
	dir    string
	target *httptest.Server
	out    bytes.Buffer
	parent chan string // traceparents that the target received
}

// start starts vega with a collector, and waits until it answers.
func start(ctx context.Context, program, collector string) (*vega, error) {
	v := &vega{parent: make(chan string, 1<<16)}
	v.target = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Token") == secret {
			v.parent <- r.Header.Get("Traceparent")
		}
		_, _ = io.WriteString(w, "fine")
	}))
	var err error
	if v.dir, err = os.MkdirTemp("", "vega"); err != nil {
		return nil, err
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.target.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(v.dir, "ca.pem"), ca, 0o600); err != nil {
		return nil, err
	}
	refused, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	own, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	v.url = "http://" + own
	text := fmt.Sprintf(configuration, collector, v.dir, v.target.URL, refused, own[len("127.0.0.1:"):])
	if err := os.WriteFile(filepath.Join(v.dir, "vega.hcl"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	v.cmd = exec.CommandContext(ctx, program, "serve")
	v.cmd.Dir, v.cmd.Stdout, v.cmd.Stderr = v.dir, &v.out, &v.out
	v.cmd.Env = append(os.Environ(), "KEY="+key, "SECRET="+secret)
	if err := v.cmd.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		if status, _, err := v.get(ctx, "/readyz", nil); err == nil && status == http.StatusOK {
			return v, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, fmt.Errorf("vega did not start: %w", v.stop())
}

func (v *vega) get(ctx context.Context, path string, header map[string]string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("X-API-Key", key)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// stop stops vega. Its error has what vega wrote, if it did not end well.
func (v *vega) stop() error {
	defer os.RemoveAll(v.dir)
	defer v.target.Close()
	err := v.cmd.Process.Signal(syscall.SIGTERM)
	if err = errors.Join(err, v.cmd.Wait()); err != nil {
		return fmt.Errorf("%w\n%s", err, v.out.String())
	}
	return nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// blackboxConfig is the module with which vega's check is compared: HTTP over IPv4.
const blackboxConfig = `modules:
  http_2xx:
    prober: http
    timeout: 10s
    http:
      preferred_ip_protocol: ip4
`

// blackbox is a running blackbox_exporter.
type blackbox struct {
	cmd    *exec.Cmd
	base   string
	client *http.Client
}

func startBlackbox(ctx context.Context, dir string) (*blackbox, error) {
	program, err := peer("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "blackbox.yml")
	if err := os.WriteFile(config, []byte(blackboxConfig), 0o600); err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	b := &blackbox{base: "http://" + address, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	b.cmd = exec.CommandContext(ctx, program, "--config.file="+config, "--web.listen-address="+address, "--log.level=error")
	b.cmd.Stderr = os.Stderr
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	for range 100 {
		if err = get(ctx, b.client, b.base+"/-/healthy", nil); err == nil {
			return b, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.stop()
	return nil, fmt.Errorf("blackbox_exporter does not answer: %w", err)
}

func (b *blackbox) cpu() time.Duration { return cpuOf(b.cmd.Process.Pid) }

func (b *blackbox) probe(ctx context.Context, target string) error {
	q := url.Values{"target": {target}, "module": {"http_2xx"}}
	return get(ctx, b.client, b.base+"/probe?"+q.Encode(), func(body []byte) error {
		if !bytes.Contains(body, []byte("\nprobe_success 1\n")) {
			return errors.New("the probe of blackbox_exporter failed")
		}
		return nil
	})
}

func (b *blackbox) stop() {
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait() // killed
}

// freeAddress returns an unused address.
func freeAddress(ctx context.Context) (string, error) {
	l, err := listen(ctx)
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

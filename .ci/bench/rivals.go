package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var errMissing = errors.New("left out")

// entries returns the contenders of peers.
func (b *bench) entries() []*entry {
	return []*entry{{name: "vega"}, {name: "Gatus", program: b.gatus}, {name: "Cloudprober", program: b.cloudprober}}
}

func (v *vega) pid() int                 { return v.cmd.Process.Pid }
func (v *vega) readyAt() time.Time       { return v.ready }
func (v *vega) startedIn() time.Duration { return v.started }

// end stops the daemon; a run that was not healthy is an error.
func (v *vega) end() error {
	runs, err := v.stop()
	return errors.Join(err, healthyAll(runs))
}

func (b *bench) enterVega(ctx context.Context, l load, target string) (daemon, error) {
	var hcl strings.Builder
	for i := range l.checks {
		hcl.WriteString(webBlock(fmt.Sprintf("check-%04d", i), target, l.every))
	}
	return b.serve(ctx, "peers "+l.name, hcl.String(), nil)
}

// rival is a running peer.
type rival struct {
	cmd     *exec.Cmd
	ended   chan struct{}
	ready   time.Time
	started time.Duration
}

func (r *rival) pid() int                 { return r.cmd.Process.Pid }
func (r *rival) readyAt() time.Time       { return r.ready }
func (r *rival) startedIn() time.Duration { return r.started }

func (r *rival) end() error {
	_ = r.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-r.ended:
	case <-time.After(15 * time.Second):
		_ = r.cmd.Process.Kill() // it may have ended
		<-r.ended
	}
	return nil
}

// enterPeer starts Gatus or Cloudprober and waits until it answers. Their
// configurations store nothing, as their defaults do.
func (b *bench) enterPeer(ctx context.Context, e *entry, l load) (daemon, error) {
	program, err := exec.LookPath(e.program)
	if err != nil {
		return nil, fmt.Errorf("%w: %s, because %s is not a program here; -gatus and -cloudprober name them", errMissing, e.name, e.program)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(b.dir, "peers "+l.name, e.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, text := filepath.Join(dir, "config.yaml"), gatusConfig(l, e.target.url, port)
	cmd := exec.CommandContext(ctx, program)
	if e.name == "Cloudprober" {
		file, text = filepath.Join(dir, "config.cfg"), cloudproberConfig(l, e.target.url, port)
		cmd.Args = append(cmd.Args, "--config_file="+file)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	cmd.Env = append(os.Environ(), "GATUS_CONFIG_PATH="+file, "GATUS_LOG_LEVEL=ERROR")
	return startRival(ctx, cmd, dir, "http://"+address+"/health")
}

func startRival(ctx context.Context, cmd *exec.Cmd, dir, healthy string) (*rival, error) {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &rival{cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // a peer's exit code means nothing
		close(r.ended)
	}()
	for time.Since(began) < time.Minute {
		select {
		case <-r.ended:
			text, _ := os.ReadFile(log.Name()) // for the message
			return nil, fmt.Errorf("it ended at its start: %s", text)
		case <-time.After(2 * time.Millisecond):
		}
		if get(ctx, http.DefaultClient, healthy, nil) == nil {
			r.ready, r.started = time.Now(), time.Since(began)
			return r, nil
		}
	}
	return nil, errors.Join(errors.New("it does not answer"), r.end())
}

func gatusConfig(l load, target, port string) string {
	var c strings.Builder
	fmt.Fprintf(&c, "web:\n  address: 127.0.0.1\n  port: %s\nconcurrency: 0\nendpoints:\n", port)
	for i := range l.checks {
		fmt.Fprintf(&c, "  - name: check-%04d\n    url: %s/check-%04d\n    interval: %v\n    client: {timeout: 5s}\n    conditions: [\"[STATUS] == 200\"]\n", i, target, i, l.every)
	}
	return c.String()
}

func cloudproberConfig(l load, target, port string) string {
	u, err := url.Parse(target)
	if err != nil {
		panic(err) // our own server's
	}
	var c strings.Builder
	fmt.Fprintf(&c, "host: \"127.0.0.1\"\nport: %s\nsurfacer { type: PROMETHEUS }\n", port)
	for i := range l.checks {
		fmt.Fprintf(&c, "probe {\n  name: \"check-%04d\"\n  type: HTTP\n  targets { host_names: %q }\n  interval: %q\n  timeout: %q\n  http_probe { port: %s relative_url: \"/check-%04d\" }\n}\n",
			i, u.Hostname(), l.every.String(), min(5*time.Second, l.every).String(), u.Port(), i)
	}
	return c.String()
}

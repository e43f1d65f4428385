package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vega/policies/incident"
)

// peer is a program other than vega, started and ended by a story.
type peer struct {
	stage   *stage
	name    string
	program string
	args    []string
	env     []string
	ready   string // a URL that answers 200 when the peer is ready

	cmd   *exec.Cmd
	ended chan struct{}
}

// start starts the peer in the directory of the stage and waits until it is ready.
func (p *peer) start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(p.stage.dir, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, p.program, p.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = p.stage.dir, log, log, append(os.Environ(), p.env...)
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait() // ProcessState has the result
		close(ended)
	}(p.ended)
	return p.stage.await(ctx, time.Minute, p.name+" is ready", func() (bool, error) {
		select {
		case <-p.ended:
			text, _ := os.ReadFile(log.Name()) // the error is about the start
			return false, fmt.Errorf("%s ended at its start: %s\n%s", p.name, cmd.ProcessState, text)
		default:
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.ready, nil)
		if err != nil {
			return false, err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return false, nil //nolint:nilerr // not yet
		}
		return answer.StatusCode == http.StatusOK, answer.Body.Close()
	})
}

// end ends the peer with a signal.
func (p *peer) end(s syscall.Signal) {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(s) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
	}
}

// installed returns the path of a program, or prints that it is missing.
func installed(program string) (string, bool) {
	path, err := exec.LookPath(program)
	if err != nil {
		fmt.Println("skipped:", program, "is missing")
	}
	return path, err == nil
}

// write writes a file of a peer.
func (s *stage) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600)
}

// fromVega reads the notices about integrations from vega's webhook.
func fromVega(body []byte) []word {
	var m struct {
		Data struct{ Notices []incident.Notice }
	}
	if json.Unmarshal(body, &m) != nil {
		return nil
	}
	var all []word
	for i := range m.Data.Notices {
		n := &m.Data.Notices[i]
		if n.Incident.Subject.Kind == incident.OfIntegration {
			all = append(all, word{n.Incident.Subject.Name, n.Kind == incident.Resolve, n.Kind == incident.Reminder})
		}
	}
	return all
}

// fromPager reads an event of PagerDuty's Events API v2.
func fromPager(body []byte) []word {
	var e struct {
		Action string `json:"event_action"`
		Key    string `json:"dedup_key"`
	}
	if json.Unmarshal(body, &e) != nil {
		return nil
	}
	return []word{{subject: e.Key[strings.LastIndexByte(e.Key, '/')+1:], over: e.Action == "resolve"}}
}

// fromGatus reads the body that its configuration here has.
func fromGatus(body []byte) []word {
	var m struct{ State, Name string }
	if json.Unmarshal(body, &m) != nil {
		return nil
	}
	return []word{{subject: m.Name, over: m.State == "RESOLVED"}}
}

// fromAlertmanager reads Alertmanager's webhook. It repeats in each message all that is
// open in the group, so each is counted every time.
func fromAlertmanager(body []byte) []word {
	var m struct {
		Alerts []struct {
			Status string
			Labels map[string]string
		}
	}
	if json.Unmarshal(body, &m) != nil {
		return nil
	}
	var all []word
	for _, a := range m.Alerts {
		name := a.Labels["target"] // of Prometheus
		if name == "" {
			name = a.Labels["integration"] // of vega
		}
		all = append(all, word{subject: name, over: a.Status == "resolved"})
	}
	return all
}

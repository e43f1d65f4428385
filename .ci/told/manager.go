package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"syscall"
	"time"
)

const managerConfig = `
route:
  receiver: inbox
  group_by: [alertname]
  group_wait: 1s
  group_interval: 5s
  repeat_interval: 4h
receivers:
  - name: inbox
    webhook_configs:
      - url: {{.Inbox}}
        send_resolved: true
`

// managed is a vega that notifies a real Alertmanager, and what is behind that.
type managed struct {
	*stage
	target *target
	am     *peer
	inbox  *inbox
	port   int
	began  time.Time
}

// manager notifies a real Alertmanager, and counts what a receiver behind it gets.
func manager(ctx context.Context, s *stage) error {
	if _, ok := installed("prometheus-alertmanager"); !ok {
		return nil
	}
	m := &managed{stage: s}
	var err error
	if m.target, err = startTarget(ctx); err != nil {
		return err
	}
	defer m.target.close()
	var v values
	if m.inbox, err = s.open(ctx, &v, fromAlertmanager); err != nil {
		return err
	}
	if m.port, err = freePort(ctx); err != nil {
		return err
	}
	if m.am, err = s.alertmanager(filled(managerConfig, v), m.port); err != nil {
		return err
	}
	defer m.am.end(syscall.SIGKILL)
	err = s.configure(quiet + fmt.Sprintf("notifier \"am\" {\n  type = \"alertmanager\"\n  url = %q\n}\n", local(m.port, "")) +
		fmt.Sprintf("integration \"api\" {\n  probe = core.http\n  interval = \"10s\"\n  timeout = \"5s\"\n  config {\n    url = %q\n  }\n}\n", m.target.url()))
	if err == nil {
		err = m.am.start(ctx)
	}
	if err == nil {
		err = s.start(ctx)
	}
	if err == nil {
		err = pause(ctx, 15*time.Second)
	}
	for _, part := range []func(context.Context) error{m.opening, m.restarts, m.silence, m.resolve} {
		if err == nil {
			err = part(ctx)
		}
	}
	return err
}

// gets waits for a message behind Alertmanager.
func (m *managed) gets(ctx context.Context, over bool, limit time.Duration, what string) error {
	began := m.began
	err := m.await(ctx, limit, what, func() (bool, error) {
		return !first(m.inbox.between(began, time.Now()), "api", over).IsZero(), nil
	})
	if err == nil {
		fmt.Printf("%s: after %.1f s\n", what, first(m.inbox.between(began, time.Now()), "api", over).Sub(began).Seconds())
	}
	return err
}

// getsNothing waits, and reports messages behind Alertmanager.
func (m *managed) getsNothing(ctx context.Context, what string, lasts time.Duration) error {
	began := time.Now()
	if err := pause(ctx, lasts); err != nil {
		return err
	}
	n := totalsOf(m.inbox.between(began, time.Now()))
	fmt.Printf("%s, %v: %d messages (%d openings, %d resolves)\n", what, lasts, n.messages, n.openings, n.resolves)
	if n.messages > 0 {
		return errNotHeld
	}
	return nil
}

// opening lets the target fail, and watches how the alert is kept open.
func (m *managed) opening(ctx context.Context) error {
	m.began = time.Now()
	m.target.down.Store(true)
	if err := m.gets(ctx, false, time.Minute, "opening"); err != nil {
		return err
	}
	least, updates, seen := time.Hour, 0, ""
	for end := time.Now().Add(200 * time.Second); time.Now().Before(end); {
		all, err := m.alerts(ctx)
		if err != nil {
			return err
		}
		if len(all) != 1 {
			return fmt.Errorf("there are %d alerts in Alertmanager", len(all))
		}
		least = min(least, time.Until(all[0].EndsAt))
		if all[0].UpdatedAt != seen {
			seen = all[0].UpdatedAt
			updates++
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	n := totalsOf(m.inbox.between(m.began, time.Now()))
	fmt.Printf("200 s: updated %d times, endsAt at least %.0f s ahead; %d messages behind Alertmanager\n", updates, least.Seconds(), n.messages)
	if least < 2*time.Minute || n.messages != 1 {
		return errNotHeld
	}
	return nil
}

// restarts restarts vega and Alertmanager, which keeps no alerts in its storage.
func (m *managed) restarts(ctx context.Context) error {
	m.stop()
	if err := m.start(ctx); err != nil {
		return err
	}
	if err := m.getsNothing(ctx, "vega restarted", 30*time.Second); err != nil {
		return err
	}
	m.am.end(syscall.SIGTERM)
	if err := m.am.start(ctx); err != nil {
		return err
	}
	began := time.Now()
	err := m.await(ctx, 90*time.Second, "Alertmanager has the alert again", func() (bool, error) {
		all, err := m.alerts(ctx)
		return len(all) == 1, err
	})
	if err != nil {
		return err
	}
	fmt.Printf("Alertmanager restarted: it has the alert again after %.0f s\n", time.Since(began).Seconds())
	return m.getsNothing(ctx, "after that", 30*time.Second)
}

// silence kills vega, so that nobody keeps the alert open, and starts it again.
func (m *managed) silence(ctx context.Context) error {
	m.began = time.Now()
	m.kill()
	if err := m.gets(ctx, true, 5*time.Minute, "vega killed: resolve by Alertmanager"); err != nil {
		return err
	}
	m.began = time.Now()
	if err := m.start(ctx); err != nil {
		return err
	}
	return m.gets(ctx, false, 90*time.Second, "vega started: opening")
}

// resolve lets the target recover.
func (m *managed) resolve(ctx context.Context) error {
	m.began = time.Now()
	m.target.recover()
	if err := m.gets(ctx, true, time.Minute, "resolve"); err != nil {
		return err
	}
	return m.getsNothing(ctx, "after that", 90*time.Second)
}

// alertOf is an alert that Alertmanager has open.
type alertOf struct {
	EndsAt    time.Time
	UpdatedAt string
}

func (m *managed) alerts(ctx context.Context) ([]alertOf, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, local(m.port, "/api/v2/alerts"), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var all []alertOf
	return all, json.NewDecoder(answer.Body).Decode(&all)
}

package doctor

import (
	"context"
	"errors"
	"time"

	"vega/daemon"
	"vega/daemon/alerting"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/monitor"
)

// The errors of a Daemon.
var (
	ErrNoDaemon    = errors.New("no daemon answers")
	ErrRefused     = errors.New("the daemon refuses the key")
	ErrNotReady    = errors.New("the daemon is not ready")
	ErrStranger    = errors.New("another program answers")
	ErrCertificate = errors.New("the certificate is not valid for this address")
)

// answers is what a running daemon says.
type answers struct {
	base       string // URL that was asked, "" if the configuration names none
	reached    bool   // a vega answered
	err        error  // why there is no answer, or why the daemon is not ready
	refused    error  // why it does not answer what needs a key
	outcome    daemon.Outcome
	system     *monitor.System // nil: not known, and so the others
	validation *daemon.Validation
	plugins    []catalog.Report
	notifiers  []alerting.NotifierReport
}

// url returns the URL of the daemon, or "" if none answered.
func (a answers) url() string {
	if !a.reached {
		return ""
	}
	return a.base
}

// another reports whether the vega that answered is certainly not the one of the
// configuration: it refuses the key, and its process does not have the store open,
// not even a deleted one. It is false where that can't be seen.
func (a answers) another(c *config.Config) bool {
	if !a.reached || a.refused == nil {
		return false
	}
	pid := listeningProcess(c.Server.Host, c.Server.Port)
	return pid != 0 && !hasOpen(pid, storePath(c))
}

// askTime limits each request.
const askTime = 3 * time.Second

// ask asks the daemon everything that the checks need.
func ask(ctx context.Context, connect func(*config.Config) (Daemon, error), c *config.Config) answers {
	client, err := connect(c)
	if err != nil {
		return answers{err: err}
	}
	a := answers{base: client.URL()}
	var ready struct {
		Config daemon.Outcome `json:"config"`
		Status string         `json:"status"`
	}
	a.err = get(ctx, client, "/readyz", &ready)
	a.reached, a.outcome = a.err == nil && ready.Status == "ready" || errors.Is(a.err, ErrNotReady), ready.Config
	if a.err == nil && !a.reached {
		a.err = ErrStranger
	}
	if !a.reached {
		return a
	}
	var system monitor.System
	if a.refused = get(ctx, client, "/admin/diagnostics/system", &system); a.refused != nil {
		return a
	}
	a.system = &system
	var validation daemon.Validation
	if get(ctx, client, "/admin/config/validate", &validation) == nil { // a key without the scope admin may not
		a.validation = &validation
	}
	var plugins struct {
		Plugins []catalog.Report `json:"plugins"`
	}
	if get(ctx, client, "/admin/plugins", &plugins) == nil {
		a.plugins = plugins.Plugins
	}
	var notifiers struct {
		Notifiers []alerting.NotifierReport `json:"notifiers"`
	}
	if get(ctx, client, "/admin/notifiers", &notifiers) == nil {
		a.notifiers = notifiers.Notifiers
	}
	return a
}

func get(ctx context.Context, client Daemon, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return client.Get(ctx, path, into)
}

package daemon

import (
	"cmp"
	"errors"
	"fmt"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
)

// File descriptors that vega reserves for itself.
const (
	reservedServing = 40 // further store connections, a reload, diagnostics, a compiler
	reservedCommand = 12 // a short-lived command
	reservedServer  = 6  // connections to a database server, including those for its statistics
	reservedFile    = 10 // a SQLite database and its log, for as many connections as may read it
)

const (
	// maxClients limits client connections if the configuration does not.
	maxClients = 1024
	// minPerClient is the lowest limit on the connections of one client, provided
	// that it leaves a connection for others.
	minPerClient = 8
	// openAtStart is about how many descriptors a daemon has open when it divides them.
	openAtStart = 24
	// unlimited is the number of descriptors to divide if the process has no limit.
	unlimited = 1 << 20
)

// division assigns the file descriptors of this process to client connections,
// checks and vega itself, so that none can use up those of another.
type division struct {
	limit   int // of the process; 0: no limit
	clients Clients
	checks  int // descriptors
}

// Clients limits client connections. Up to Connections are served, at most PerClient
// of them from one client, and up to Spare more are accepted only to send a refusal.
type Clients struct{ Connections, PerClient, Spare int }

// clientsWithin returns the client connections that a number of descriptors allows.
func clientsWithin(descriptors int) Clients {
	spare := max(1, min(16, descriptors/8))
	return Clients{Connections: descriptors - spare, Spare: spare}
}

// descriptorsFor returns how many descriptors clientsWithin needs for n connections.
func descriptorsFor(n int) int { return n + max(1, min(16, n/7)) }

// divideDescriptors divides the descriptors that are neither open nor reserved.
// Clients get a third, unless the configuration says otherwise. Checks get at least
// a quarter.
func divideDescriptors(limit, open int, cfg *config.Config, serving bool) (division, error) {
	left := limit - open
	if limit == 0 {
		left = unlimited
	}
	left -= min(reserved(cfg, serving), left/2) // at most half of a low limit
	s := division{limit: limit, checks: left}
	if serving {
		limit := left - max(left/4, engine.SocketsPerRun)
		wanted := min(left/3, descriptorsFor(maxClients))
		if n := cfg.Server.MaxConnections; n > 0 {
			wanted = descriptorsFor(n)
		}
		s.clients = clientsWithin(min(wanted, limit))
		s.checks -= s.clients.Connections + s.clients.Spare
	}
	if s.checks < engine.SocketsPerRun || serving && s.clients.Connections < 1 {
		return s, fmt.Errorf("the limit of %d file descriptors is too low: vega already has %d open; %s, to 256 or more", limit, open, shortage.MoreDescriptors)
	}
	return s, nil
}

// reserved returns how many descriptors vega needs for itself, beyond those that
// are open after the start.
func reserved(cfg *config.Config, serving bool) int {
	n := reservedCommand
	if serving {
		n = reservedServing
	}
	for _, d := range cfg.Databases {
		if d.Driver == "sqlite" {
			n += reservedFile
		} else {
			n += reservedServer
		}
	}
	return n
}

// maxRunning returns how many checks can run concurrently.
func (s division) maxRunning() int {
	return min(config.MaxRunning, max(1, s.checks/engine.SocketsPerRun))
}

// outcome summarizes the division for the startup log.
func (s division) outcome(serving bool) string {
	text := "no limit"
	if s.limit > 0 {
		text = fmt.Sprintf("limit %d", s.limit)
	}
	if serving {
		text += fmt.Sprintf(": %d client connections,", s.clients.Connections)
	} else {
		text += ":"
	}
	return text + fmt.Sprintf(" %d concurrent checks", s.maxRunning())
}

// shortfall returns an error if a configuration asks for more than the division
// allows.
func (s division) shortfall(cfg *config.Config) error {
	var errs []error
	enabled := 0
	for _, i := range cfg.Integrations {
		if i.Enabled {
			enabled++
		}
	}
	if n := s.maxRunning(); n < min(enabled, config.MaxRunning) {
		errs = append(errs, fmt.Errorf("the limit on file descriptors is too low to run all %d checks concurrently, so some may have to wait; %s", enabled, shortage.MoreDescriptors))
	}
	if n := cfg.Server.MaxConnections; n > s.clients.Connections && s.clients.Connections > 0 {
		errs = append(errs, fmt.Errorf("server.max_connections is %d, but the limit on file descriptors allows only %d; %s", n, s.clients.Connections, shortage.MoreDescriptors))
	}
	return errors.Join(errs...)
}

// descriptors holds the file descriptors of this process.
type descriptors struct {
	limit   int           // of the process; 0: no limit
	opened  int           // how many were open at the time of the division
	checks  *sockets.Pool // supplies the descriptors of checks
	serving bool          // vega serves clients, and is not a command
}

// share raises the descriptor limit of this process as far as possible, divides the
// descriptors and gives the engine its share. It returns a summary. A shortfall is
// an error of type warning.
func (d *descriptors) share(cfg *config.Config, e *engine.Engine) (string, error) {
	d.limit, _ = shortage.Raise()
	d.opened, _ = shortage.Open()
	s, err := d.divide(cfg)
	if err != nil {
		return "", err
	}
	e.Share(s.checks, s.limit)
	if short := s.shortfall(cfg); short != nil {
		return s.outcome(d.serving), warning{short}
	}
	return s.outcome(d.serving), nil
}

// divide divides the descriptors for a configuration.
func (d *descriptors) divide(cfg *config.Config) (division, error) {
	return divideDescriptors(d.limit, d.opened, cfg, d.serving)
}

// ClientsOf returns the limits of client connections under a configuration.
func (d *Daemon) ClientsOf(cfg *config.Config) Clients { return d.descriptors.clientsOf(cfg) }

func (d *descriptors) clientsOf(cfg *config.Config) Clients {
	s, _ := d.divide(cfg) // startup has already reported the error
	if n := cfg.Server.MaxConnections; n > 0 {
		s.clients.Connections = min(s.clients.Connections, n)
	}
	s.clients.Connections = max(s.clients.Connections, 1)
	share := max(min(minPerClient, s.clients.Connections-1), s.clients.Connections/2, 1)
	s.clients.PerClient = min(cmp.Or(cfg.Server.MaxPerClient, share), s.clients.Connections)
	return s.clients
}

// FitDescriptors returns how a daemon with this configuration divides so many file
// descriptors. The error says what the limit is too low for.
func FitDescriptors(cfg *config.Config, limit int) (summary string, short error) {
	s, err := divideDescriptors(limit, openAtStart, cfg, true)
	if err != nil {
		return "", err
	}
	return s.outcome(true), s.shortfall(cfg)
}

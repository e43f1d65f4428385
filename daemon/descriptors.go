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

// What vega holds back of its descriptors for itself.
const (
	ownServing = 40 // further connections of the store, a reload, a look at the machine, a compiler
	ownCommand = 12 // of a command that ends soon
	ownServer  = 6  // connections to a database server, those for its statistics included
	ownFile    = 10 // a SQLite database and its log, by as many connections as may read it
)

const (
	// maxClients bounds the connections of clients where the configuration does
	// not.
	maxClients = 1024
	// minPerClient is how many of them one client may have at least, where that
	// leaves one for others.
	minPerClient = 8
	// unlimited is what is shared out where the system sets no limit.
	unlimited = 1 << 20
)

// division is how the descriptors of this process are divided: neither connections
// of clients nor checks can take those of the other, nor those of the store, the
// log and the plugins.
type division struct {
	limit   int // of the process; 0: the system sets none
	clients Clients
	checks  int // descriptors
}

// Clients is how many connections of clients there may be: those that are
// served, of which one client may have PerClient, and a few to spare, for those
// who are told that there are too many.
type Clients struct{ Connections, PerClient, Spare int }

// clientsWithin is what so many descriptors are enough for.
func clientsWithin(descriptors int) Clients {
	spare := max(1, min(16, descriptors/8))
	return Clients{Connections: descriptors - spare, Spare: spare}
}

// descriptorsFor is how many descriptors clientsWithin needs for n connections.
func descriptorsFor(n int) int { return n + max(1, min(16, n/7)) }

// shareOut divides what a limit leaves beyond the descriptors that are open. Of
// that a third is for clients, unless the configuration says otherwise; but at
// least a quarter is for checks.
func shareOut(limit, open int, cfg *config.Config, serving bool) (division, error) {
	left := limit - open
	if limit == 0 {
		left = unlimited
	}
	left -= min(ownShare(cfg, serving), left/2) // of a tight limit, half
	s := division{limit: limit, checks: left}
	if serving {
		most := left - max(left/4, engine.SocketsPerRun)
		wanted := min(left/3, descriptorsFor(maxClients))
		if n := cfg.Server.MaxConnections; n > 0 {
			wanted = descriptorsFor(n)
		}
		s.clients = clientsWithin(min(wanted, most))
		s.checks -= s.clients.Connections + s.clients.Spare
	}
	if s.checks < engine.SocketsPerRun || serving && s.clients.Connections < 1 {
		return s, fmt.Errorf("a limit of %d file descriptors is too low for vega, which has %d open already: %s, to 256 or more", limit, open, shortage.MoreDescriptors)
	}
	return s, nil
}

// ownShare is what vega keeps for itself beyond what is open after its start.
func ownShare(cfg *config.Config, serving bool) int {
	own := ownCommand
	if serving {
		own = ownServing
	}
	for _, d := range cfg.Databases {
		if d.Driver == "sqlite" {
			own += ownFile
		} else {
			own += ownServer
		}
	}
	return own
}

// atOnce is how many checks may run at once.
func (s division) atOnce() int { return min(config.MaxRunning, max(1, s.checks/engine.SocketsPerRun)) }

// outcome is the share in a few words, for the start.
func (s division) outcome(serving bool) string {
	text := "no limit"
	if s.limit > 0 {
		text = fmt.Sprintf("limit %d", s.limit)
	}
	if serving {
		text += fmt.Sprintf(": %d connections of clients,", s.clients.Connections)
	} else {
		text += ":"
	}
	return text + fmt.Sprintf(" %d checks at once", s.atOnce())
}

// tight is what a configuration wants beyond its share, nil if nothing.
func (s division) tight(cfg *config.Config) error {
	var errs []error
	enabled := 0
	for _, i := range cfg.Integrations {
		if i.Enabled {
			enabled++
		}
	}
	if n := s.atOnce(); n < min(enabled, config.MaxRunning) {
		errs = append(errs, fmt.Errorf("some of the %d checks will wait for others: %s", enabled, shortage.MoreDescriptors))
	}
	if n := cfg.Server.MaxConnections; n > s.clients.Connections && s.clients.Connections > 0 {
		errs = append(errs, fmt.Errorf("server.max_connections is %d, and there is room for %d: %s", n, s.clients.Connections, shortage.MoreDescriptors))
	}
	return errors.Join(errs...)
}

// descriptors are the file descriptors of this process.
type descriptors struct {
	limit   int           // how many there may be; 0: the system sets no limit
	opened  int           // how many were open when they were shared out
	checks  *sockets.Pool // those for checks
	serving bool          // clients are served, rather than one command run
}

// share finds the limit of this process, raises it as far as possible, and gives the
// engine its share. It returns the shares in a few words; an error marked as a warning
// says what is scarce.
func (d *descriptors) share(cfg *config.Config, e *engine.Engine) (string, error) {
	d.limit, _ = shortage.Raise()
	d.opened, _ = shortage.Open()
	s, err := d.divide(cfg)
	if err != nil {
		return "", err
	}
	e.Share(s.checks, s.limit)
	if tight := s.tight(cfg); tight != nil {
		return s.outcome(d.serving), warning{tight}
	}
	return s.outcome(d.serving), nil
}

// divide shares the descriptors out for a configuration.
func (d *descriptors) divide(cfg *config.Config) (division, error) {
	return shareOut(d.limit, d.opened, cfg, d.serving)
}

// ClientsOf returns how many connections of clients there may be under a
// configuration.
func (d *Daemon) ClientsOf(cfg *config.Config) Clients { return d.descriptors.clientsOf(cfg) }

func (d *descriptors) clientsOf(cfg *config.Config) Clients {
	s, _ := d.divide(cfg) // too few is an error at the start only
	if n := cfg.Server.MaxConnections; n > 0 {
		s.clients.Connections = min(s.clients.Connections, n)
	}
	s.clients.Connections = max(s.clients.Connections, 1)
	share := max(min(minPerClient, s.clients.Connections-1), s.clients.Connections/2, 1)
	s.clients.PerClient = min(cmp.Or(cfg.Server.MaxPerClient, share), s.clients.Connections)
	return s.clients
}

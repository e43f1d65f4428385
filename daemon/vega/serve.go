package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/api"
	"vega/daemon/config"
	"vega/daemon/telemetry"
)

func serveCommand() *cobra.Command {
	var o overrides
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run every integration at its interval and answer over HTTP",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.portGiven = cmd.Flags().Changed("port")
			return serve(cmd, configPath(cmd), o)
		},
	}
	cmd.Flags().StringVar(&o.host, "host", "", "listen on `HOST` instead of server.host")
	cmd.Flags().Uint16Var(&o.port, "port", 0, "listen on `PORT` instead of server.port; 0 is any that is free, which references to server.port don't follow")
	return cmd
}

// overrides are what the command line says instead of the configuration.
type overrides struct {
	host      string
	port      uint16
	portGiven bool
}

// apply says that any port will do, which no configuration can.
func (o overrides) apply(cfg *config.Config) {
	if o.portGiven {
		cfg.Server.Port = int(o.port)
	}
}

// service is a daemon that is served.
type service struct {
	hup    <-chan os.Signal
	logs   *telemetry.Log
	daemon *daemon.Daemon
	api    *api.API
	server *api.Server
	key    string       // where vega keeps the key it made, "" if the configuration has keys
	limit  atomic.Int64 // the drain timeout in force
	hiding hiding       // what the log does not show
}

// serve starts everything, shows each step, and ends when it is told to.
func serve(cmd *cobra.Command, path string, o overrides) error {
	stops := make(chan os.Signal, 2) // the first one drains, the second one does not wait
	signal.Notify(stops, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(stops)
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	go func() {
		select {
		case <-stops:
			cancel()
		case <-ctx.Done():
		}
	}()
	show := &steps{out: cmd.OutOrStdout(), symbols: onTerminal(cmd.OutOrStdout())}
	hup := make(chan os.Signal, 1) // from the first moment on: by default it ends the process
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	s := &service{hup: hup, logs: telemetry.NewLog(cmd.ErrOrStderr(), !onTerminal(cmd.ErrOrStderr()))}
	cfg, err := s.start(ctx, show, path, o)
	switch {
	case ctx.Err() != nil && (errors.Is(err, daemon.ErrClosing) || errors.Is(err, context.Canceled)): // and there is nothing to drain
		s.logs.Info("told to end while starting")
		return nil
	case err != nil:
		return err
	}
	s.greet(cmd.OutOrStdout(), cfg)
	err = s.run(ctx)
	cancel()
	return failed(errors.Join(err, s.drain(time.Duration(s.limit.Load()), stops)))
}

// start does every step up to listening.
func (s *service) start(ctx context.Context, show *steps, path string, o overrides) (*config.Config, error) {
	read, err := reader(path, o)
	if err != nil {
		return nil, err
	}
	cfg, err := show.configuration(path, read)
	if err != nil {
		return nil, failed(err)
	}
	s.daemon, err = daemon.Open(ctx, cfg, daemon.Options{Log: s.logs.Logger, Step: show.show, Compiler: compiler, Read: read, Apply: s.apply})
	if err != nil {
		return nil, failed(err)
	}
	roomForGuests()
	err = show.do("server", func() (string, error) { return s.listen(ctx, cfg) })
	if err != nil {
		return nil, failed(errors.Join(err, s.daemon.Close()))
	}
	return cfg, nil
}

// apply puts a configuration in force in what the daemon does not own. Where
// its keys can't be had, nothing is changed.
func (s *service) apply(cfg *config.Config) error {
	if s.api != nil {
		if err := s.setKeys(cfg); err != nil {
			return err
		}
	}
	s.limit.Store(int64(cfg.Server.DrainTimeout))
	if s.server != nil {
		s.server.SetLimits(s.limits(cfg))
	}
	s.logs.SetLevel(slog.Level(cfg.Log.Level))
	s.logs.SetScrub(s.hiding.with(cfg.Secrets(), time.Now()))
	return nil
}

func (s *service) setKeys(cfg *config.Config) error {
	keys := make([]api.Key, 0, 1)
	for _, k := range cfg.Server.Keys {
		keys = append(keys, api.Key{Name: k.Name, Value: k.Value.Reveal()})
	}
	made := ""
	if len(keys) == 0 {
		made = filepath.Join(cfg.DataDir, "api_key")
		value, _, err := api.OwnKey(made)
		if err != nil {
			return err
		}
		keys = append(keys, api.Key{Name: "own", Value: value})
	}
	s.key = made
	s.api.SetKeys(keys)
	return nil
}

func (s *service) listen(ctx context.Context, cfg *config.Config) (string, error) {
	s.api = api.New(s.daemon, s.logs.Logger)
	if err := s.setKeys(cfg); err != nil {
		return "", err
	}
	o := api.ServerOptions{Host: cfg.Server.Host, Port: cfg.Server.Port, Limits: s.limits(cfg), Log: s.logs.Logger}
	if t := cfg.Server.TLS; t != nil {
		o.CertFile, o.KeyFile = t.CertFile, t.KeyFile
	}
	var err error
	if s.server, err = api.Listen(ctx, s.api, o); err != nil {
		return "", err
	}
	return s.server.URL(), nil
}

// limits are those of a configuration, within the share of the descriptors.
func (s *service) limits(cfg *config.Config) api.Limits {
	c := s.daemon.ClientsOf(cfg)
	return api.Limits{Connections: c.Connections, PerClient: c.PerClient, Spare: c.Spare, Trusted: cfg.Server.TrustedProxies}
}

// greet says where vega answers and what to try.
func (s *service) greet(out io.Writer, cfg *config.Config) {
	fmt.Fprintf(out, "\nvega answers on %s\n", s.server.URL())
	key := "KEY"
	if s.key == "" {
		fmt.Fprintf(out, "its API keys are those of %s\n", short(cfg.Path))
		if slices.ContainsFunc(cfg.Server.Keys, func(k config.Key) bool { return k.Value.Reveal() == os.Getenv("VEGA_API_KEY") }) {
			key = "$VEGA_API_KEY"
		}
	} else {
		fmt.Fprintf(out, "its API key is in %s\n", short(s.key))
		key = "$(cat " + short(s.key) + ")"
	}
	fmt.Fprintf(out, "try: curl -H \"X-API-Key: %s\" %s/admin/integrations/health\n", key, s.server.URL())
}

// short is the path from here, if it is below here.
func short(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// run serves until a signal, or until it can't.
func (s *service) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		if err := s.server.Serve(); err != nil {
			cancel(err)
		}
	}()
	go s.reloadOnSignal(ctx)
	if err := s.daemon.Run(ctx); err != nil {
		return err
	}
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// roomForGuests lets as many threads more run Go code as guests may compute at
// once. Native code of a guest can't be interrupted by Go's scheduler, but the
// kernel shares a core between threads: so a guest that spins takes its share
// and not a whole processor from the daemon.
func roomForGuests() { runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0)) }

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/api"
	"vega/daemon/config"
	"vega/daemon/config/input"
	"vega/daemon/telemetry"
	"vega/daemon/telemetry/metrics"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/daemon/vega/plugin"
)

func serveCommand() *cobra.Command {
	var o cli.Overrides
	var logs string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run every integration at its interval, with the dashboard and the HTTP API",
		Long: `Run every integration at its interval, store the results, and serve the dashboard
and the HTTP API until SIGTERM or Ctrl-C. It reloads the configuration when its files change and
on SIGHUP. The first lines show each step of the start, where vega answers and
where its API key is.`,
		Example: `  vega serve                     with the vega.hcl of this directory
  vega serve -c other.hcl        with another one
  vega serve --port 8001         on another port`,
		SuggestFor: []string{"run", "start", "daemon", "server", "up"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.SetPort = cmd.Flags().Changed("port")
			return serve(cmd, cli.ConfigPath(cmd), o, logs == "json" || logs == "auto" && !console.IsTerminal(cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().StringVar(&o.Host, "host", "", "listen on `HOST` instead of server.host")
	cli.Complete(cmd, "host", cobra.FixedCompletions([]string{"127.0.0.1", "0.0.0.0", "::1", "::"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().Uint16Var(&o.Port, "port", 0, "listen on `PORT` instead of server.port; 0 picks a free port, which references to server.port do not see")
	cli.Choice(cmd, &logs, "log-format", "format of the log: auto is text on a terminal and JSON elsewhere", "auto", "text", "json")
	return cmd
}

// service is a daemon and the HTTP server in front of it.
type service struct {
	hup       <-chan os.Signal
	logs      *telemetry.Log
	daemon    *daemon.Daemon
	api       *api.API
	server    *api.Server
	scrapes   *metrics.Server // nil while vega starts
	keys      *acceptedKeys
	limit     atomic.Int64 // the current drain timeout
	redaction redaction

	supervisor supervisor
}

// serve starts the daemon and the HTTP server, prints each step, and runs until a
// signal.
func serve(cmd *cobra.Command, path string, o cli.Overrides, jsonLogs bool) error {
	stops := make(chan os.Signal, 2) // the first drains, the second stops waiting
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
	show := console.NewSteps(cmd.OutOrStdout())
	hup := make(chan os.Signal, 1) // registered first, because an unhandled SIGHUP kills the process
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	keepBrokenPipes()
	s := &service{hup: hup, supervisor: findSupervisor()}
	lines := telemetry.NewLines(cmd.ErrOrStderr(), func(n int) {
		s.logs.Warn("log lines are missing here, because they could not be written", "lines", n)
	})
	defer closeLines(lines)
	s.logs = telemetry.NewLog(lines, jsonLogs)
	cfg, err := s.start(ctx, show, path, o)
	switch {
	case ctx.Err() != nil && (errors.Is(err, daemon.ErrClosing) || errors.Is(err, context.Canceled)): // there is nothing to drain yet
		s.logs.Info("stopped by a signal while starting")
		return nil
	case err != nil:
		return err
	}
	s.greet(cmd.OutOrStdout(), cfg)
	s.tell(stateReady, "answers on "+s.server.URL())
	err = s.run(ctx)
	cancel()
	return cli.Failed(errors.Join(err, s.drain(time.Duration(s.limit.Load()), stops)))
}

// lastLines limits how long vega waits for the reader of its log when it ends.
const lastLines = 2 * time.Second

// closeLines writes the last lines of the log.
func closeLines(lines *telemetry.Lines) {
	ctx, cancel := context.WithTimeout(context.Background(), lastLines)
	defer cancel()
	lines.Close(ctx)
}

// keepBrokenPipes makes writing to a standard stream whose reader is gone fail,
// instead of ending the process. Unlike signal.Ignore, it has no effect on children.
func keepBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// start performs every step up to listening.
func (s *service) start(ctx context.Context, show *console.Steps, path string, o cli.Overrides) (*config.Config, error) {
	read, err := cli.Reader(path, o)
	if err != nil {
		return nil, err
	}
	cfg, err := show.Configuration(path, read)
	if err != nil {
		return nil, cli.Failed(err)
	}
	s.daemon, err = daemon.Open(ctx, cfg, daemon.Options{Log: s.logs.Logger, Step: show.Show, Compiler: plugin.Compiler, Read: read, Apply: s.apply})
	if err != nil {
		return nil, cli.Failed(err)
	}
	s.scrapes = metrics.NewServer(s.daemon.Metrics(), s.logs.Logger)
	addThreadsForGuests()
	err = show.Do("server", func() (string, error) { return s.listen(ctx, cfg) })
	if err == nil && cfg.Telemetry.Metrics.Listen != "" {
		err = show.Do("metrics", func() (string, error) { return s.listenForScrapes(ctx, cfg) })
	}
	if err != nil {
		return nil, cli.Failed(errors.Join(err, s.daemon.Close()))
	}
	return cfg, nil
}

// apply applies a configuration to the parts that the daemon does not own: keys,
// limits, the log and the address for scrapes. If it can't read the keys or listen on that
// address, it changes nothing.
func (s *service) apply(cfg *config.Config) error {
	move, err := s.moveScrapes(cfg)
	if err != nil {
		return err
	}
	if s.api != nil {
		if err := s.setAccess(cfg); err != nil {
			if move != nil {
				move.Undo()
			}
			return err
		}
	}
	if move != nil {
		move.Commit()
	}
	s.limit.Store(int64(cfg.Server.DrainTimeout))
	if s.server != nil {
		s.server.SetLimits(s.limits(cfg))
	}
	s.logs.SetLevel(slog.Level(cfg.Log.Level))
	if s.api == nil {
		s.logs.SetScrub(s.redaction.with(cfg.Secrets(), time.Now()))
	}
	return nil
}

// setAccess applies the keys, which the log hides from then on, and the external URL.
func (s *service) setAccess(cfg *config.Config) error {
	if err := s.keys.configure(cfg); err != nil {
		return err
	}
	s.logs.SetScrub(s.redaction.with(slices.Concat(cfg.Secrets(), s.keys.secrets()), time.Now()))
	if err := s.api.SetExternal(cfg.Server.ExternalURL); err != nil {
		return err
	}
	api.SetPages(s.api, pagesOf(cfg))
	return nil
}

func (s *service) listen(ctx context.Context, cfg *config.Config) (string, error) {
	s.api = api.New(s.daemon, s.logs.Logger)
	s.keys = newAcceptedKeys(cfg, s.api, s.logs.Logger)
	if err := s.setAccess(cfg); err != nil {
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

// limits returns the configured limits, bounded by the share of the file
// descriptors that the daemon leaves to clients.
func (s *service) limits(cfg *config.Config) api.Limits {
	c := s.daemon.ClientsOf(cfg)
	return api.Limits{Connections: c.Connections, PerClient: c.PerClient, Spare: c.Spare, Trusted: cfg.Server.TrustedProxies}
}

// greet prints where vega answers and a request to try.
func (s *service) greet(out io.Writer, cfg *config.Config) {
	fmt.Fprintf(out, "\nvega answers on %s\n", s.server.URL())
	if cfg.Server.ExternalURL != "" {
		fmt.Fprintf(out, "behind a proxy: %s\n", cfg.Server.ExternalURL)
	}
	key, login := "KEY", "one of its API keys"
	if own := s.keys.own(); own == "" {
		fmt.Fprintf(out, "API keys: see %s\n", console.RelativePath(cfg.Path))
		if slices.ContainsFunc(cfg.Server.Keys, func(k config.Key) bool { return k.Value.Reveal() == input.WithoutNewline(os.Getenv("VEGA_API_KEY")) }) {
			key = "$VEGA_API_KEY"
		}
	} else {
		fmt.Fprintf(out, "API key: in %s\n", console.RelativePath(own))
		key, login = "$(cat "+console.RelativePath(own)+")", "this key"
	}
	here := local(s.server.URL())
	if cfg.Server.Dashboard {
		fmt.Fprintf(out, "dashboard: %s/ (log in with %s)\n", strings.TrimSuffix(cmp.Or(cfg.Server.ExternalURL, here), "/"), login)
	}
	fmt.Fprintf(out, "try: curl -H \"X-API-Key: %s\" %s/admin/integrations/health\n", key, here)
}

// local returns the URL at which this machine reaches a server: no browser opens the
// address that stands for all.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.String()
}

// run serves until a signal or a failure.
func (s *service) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		if err := s.server.Serve(); err != nil {
			cancel(err)
		}
	}()
	go s.reloadOnSignal(ctx)
	go s.keys.follow(ctx)
	if err := s.daemon.Run(ctx); err != nil {
		return err
	}
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// addThreadsForGuests raises GOMAXPROCS by the number of guests that may compute
// concurrently. Go's scheduler can't preempt a guest's native code, but the
// kernel can preempt its thread, so a spinning guest takes only its share of a
// CPU from the daemon.
func addThreadsForGuests() { runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0)) }

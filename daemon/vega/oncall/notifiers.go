package oncall

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/alerting"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
)

func alertsCommand() *cobra.Command {
	var o remote
	c := &cobra.Command{
		Use:   "alerts",
		Short: "List the alerts, and what they watch that is not good",
		Long: `List the alerts of the running daemon with their conditions and notifiers, also the
built-in ones. Below an alert is each subject that is not good: pending (not yet
bad for long enough), firing, or recovering.`,
		Example: `  vega alerts
  vega alerts --format json`,
		SuggestFor: []string{"alert", "rules", "watches"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer, err := o.ask(cmd, http.MethodGet, "/admin/alerts", nil)
			if err != nil {
				return err
			}
			var all struct{ Alerts []alerting.AlertReport }
			return show(cmd, o.format, answer, &all, func() error { return console.WriteAlerts(cmd.OutOrStdout(), all.Alerts, time.Now()) })
		},
	}
	o.flags(c)
	return c
}

func notifiersCommand() *cobra.Command {
	var o remote
	c := &cobra.Command{
		Use:   "notifiers",
		Short: "List the notifiers, and how well they work",
		Example: `  vega notifiers
  vega notifiers retry chat     send what was given up`,
		SuggestFor: []string{"notifier", "receivers", "channels"},
		Args:       cli.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer, err := o.ask(cmd, http.MethodGet, "/admin/notifiers", nil)
			if err != nil {
				return err
			}
			var all struct{ Notifiers []alerting.NotifierReport }
			return show(cmd, o.format, answer, &all, func() error { return console.WriteNotifiers(cmd.OutOrStdout(), all.Notifiers) })
		},
	}
	o.flags(c)
	c.AddCommand(retryCommand())
	return c
}

func retryCommand() *cobra.Command {
	var o remote
	c := &cobra.Command{
		Use:   "retry NAME",
		Short: "Send what was given up for a notifier",
		Long: `Send what was given up for a notifier: messages that its service would not accept, or
that failed for a day.

Exits 1 if there is no such notifier, 2 if the daemon can't be asked.`,
		Example:           `  vega notifiers retry chat`,
		SuggestFor:        []string{"resend"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: notifierNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.change(cmd, http.MethodPost, "/admin/notifiers/"+url.PathEscape(args[0])+"/retry"); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "what was given up for %s is sent again\n", console.OneLine(args[0]))
			return err
		},
	}
	c.Flags().StringVar(&o.server, "server", "", "ask the daemon at this `URL` (default: the one the configuration names)")
	return c
}

func testCommand() *cobra.Command {
	c := &cobra.Command{
		Use:        "test",
		Short:      "Test a notifier",
		Example:    `  vega test notifier chat`,
		SuggestFor: []string{"try"},
		Args:       cli.Subcommand,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(testNotifierCommand())
	return c
}

func testNotifierCommand() *cobra.Command {
	var o remote
	c := &cobra.Command{
		Use:   "notifier NAME",
		Short: "Send a test through a notifier: an opening, then its resolve",
		Long: `Make the running daemon send two messages through a notifier, marked as a test: the
opening of an incident, and its resolve.

Exits 0 if both arrived, 1 if one did not or if there is no such notifier, 2 if the
daemon can't be asked. vega validate config --online tests all notifiers of a file
without a daemon.`,
		Example: `  vega test notifier chat
  vega test notifier oncall --format json`,
		Args:              cli.Args(1, 1),
		ValidArgsFunction: notifierNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := o.ask(cmd, http.MethodPost, "/admin/notifiers/"+url.PathEscape(args[0])+"/test", nil)
			if err != nil {
				return err
			}
			var r alerting.TestReport
			if err := json.Unmarshal(answer, &r); err != nil {
				return fmt.Errorf("the daemon runs another version: %w", err)
			}
			err = show(cmd, o.format, answer, &r, func() error { return console.WriteTest(cmd.OutOrStdout(), r) })
			if err == nil && !r.OK {
				err = &cli.Exit{Code: cli.ExitError}
			}
			return err
		},
	}
	o.flags(c)
	return c
}

// notifierNames completes the name of a notifier that -c has.
func notifierNames(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	bundled, err := catalog.Bundled()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	cfg, _ := config.LoadLenient(cli.ConfigPath(cmd), config.Options{Bundled: bundled})
	if cfg == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, n := range cfg.Notifiers {
		names = append(names, cobra.CompletionWithDesc(n.Name, n.Type))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

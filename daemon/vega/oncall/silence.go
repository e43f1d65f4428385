package oncall

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/policies/check"
	"vega/policies/incident"
)

func silenceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "silence",
		Short: "Hold back messages for a time",
		Long: `Hold back messages about some integrations or alerts for a time. The end of an
incident is still sent to each notifier that was sent its opening. What is still
wrong when the silence ends is sent then. For recurring windows, write a
maintenance block.`,
		Example: `  vega silence add 'orders-*' --for 2h --comment "moving the database"
  vega silence list
  vega silence end 3`,
		SuggestFor: []string{"silences", "mute", "downtime", "maintenance", "pause", "snooze"},
		Args:       cli.Subcommand,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(silenceAddCommand(), silenceListCommand(), silenceEndCommand())
	return c
}

// silenceFlags holds the flags of silence add.
type silenceFlags struct {
	remote
	alerts      []string
	duration    time.Duration
	by, comment string
}

func silenceAddCommand() *cobra.Command {
	var o silenceFlags
	c := &cobra.Command{
		Use:   "add [INTEGRATION…]",
		Short: "Begin a silence",
		Long: `Begin a silence. INTEGRATION is a name, a glob on names, or group:GLOB or
label:NAME=GLOB. With --alert, only messages of these alerts are held back. A
silence lasts 30 days at most, and needs a comment, because it is what others see
when nothing is sent.

Exits 1 if the daemon refuses it, such as for a name that it does not have, 2 if the
daemon can't be asked.`,
		Example: `  vega silence add orders --for 2h --comment "moving the database"
  vega silence add 'group:payments/*' label:team=core --for 1d --comment "network change"
  vega silence add --alert memory --for 30m --comment "load test"`,
		SuggestFor:        []string{"create", "new", "begin"},
		ValidArgsFunction: cli.Integrations,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.flags(c)
	c.Flags().StringSliceVar(&o.alerts, "alert", nil, "only messages of the alert `NAME`; repeat the flag or separate names with commas")
	cli.Complete(c, "alert", cli.Alerts)
	cli.Span(c, &o.duration, "for", 0, "how long: 30m, 2h, 7d; required")
	c.Flags().StringVar(&o.by, "by", "", "your `NAME` (default: that of your user)")
	c.Flags().StringVar(&o.comment, "comment", "", "`TEXT`: why; required")
	return c
}

func (o silenceFlags) run(cmd *cobra.Command, integrations []string) error {
	switch {
	case len(integrations)+len(o.alerts) == 0:
		return errors.New("name integrations, or alerts with --alert; '*' selects all integrations")
	case o.duration == 0:
		return errors.New("say how long: --for 2h")
	case o.comment == "":
		return errors.New(`say why: --comment "moving the database"`)
	}
	body := map[string]any{"integrations": integrations, "alerts": o.alerts, "duration": check.Span(o.duration), "by": cmp.Or(o.by, me()), "comment": o.comment}
	answer, err := o.ask(cmd, http.MethodPost, "/admin/silences", body)
	if err != nil {
		return err
	}
	var s incident.Silence
	return show(cmd, o.format, answer, &s, func() error {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "silence %d holds back messages until %s; end it with vega silence end %[1]d\n", s.ID, console.Moment(s.Until))
		return err
	})
}

func silenceListCommand() *cobra.Command {
	var o remote
	all := false
	c := &cobra.Command{
		Use:   "list",
		Short: "List active and future silences",
		Example: `  vega silence list
  vega silence list --all     also those that have ended`,
		SuggestFor: []string{"ls", "show"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := "/admin/silences?limit=500"
			if !all {
				path += "&active=true"
			}
			answer, err := o.ask(cmd, http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			var page struct{ Silences []incident.Silence }
			return show(cmd, o.format, answer, &page, func() error { return console.WriteSilences(cmd.OutOrStdout(), page.Silences, time.Now()) })
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&all, "all", false, "also those that have ended")
	return c
}

func silenceEndCommand() *cobra.Command {
	var o remote
	c := &cobra.Command{
		Use:   "end ID",
		Short: "End a silence now",
		Long: `End a silence now. What is still wrong is sent.

Exits 1 if there is no such silence or if it has ended, 2 if the daemon can't be
asked.`,
		Example:           `  vega silence end 3`,
		SuggestFor:        []string{"remove", "delete", "expire", "rm", "stop"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := entry(args[0])
			if err != nil {
				return err
			}
			if err := o.change(cmd, http.MethodDelete, "/admin/silences/"+id); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "silence %s has ended\n", id)
			return err
		},
	}
	c.Flags().StringVar(&o.server, "server", "", "ask the daemon at this `URL` (default: the one the configuration names)")
	return c
}

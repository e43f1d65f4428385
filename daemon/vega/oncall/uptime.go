package oncall

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/trends"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
)

// uptimeFlags holds the flags of uptime.
type uptimeFlags struct {
	remote
	since  time.Duration
	window string
}

func uptimeCommand() *cobra.Command {
	var o uptimeFlags
	c := &cobra.Command{
		Use:   "uptime [NAME…]",
		Short: "Show which part of a period integrations were up",
		Long: `Show which part of a period all integrations, or the named ones, were up. A run
speaks until the next one, for two intervals at most. What no run speaks for is
unknown, such as while vega was stopped, and so is what vega could not find out. So
there are two bounds: up for certain, and up unless the unknown time was down.
Maintenance does not count. The period begins with the first run, if that is later.

--window 90d begins with a step of the history, so that it is exact also where the
runs themselves are not stored any longer.

Exits 1 if there is no integration NAME, 2 if the daemon can't be asked.`,
		Example: `  vega uptime                     all integrations, 30 days
  vega uptime orders --since 7d
  vega uptime --window 90d
  vega uptime --format json`,
		SuggestFor:        []string{"availability", "sla", "slo"},
		ValidArgsFunction: cli.Integrations,
		RunE:              func(cmd *cobra.Command, names []string) error { return o.run(cmd, names) },
	}
	o.flags(c)
	cli.Span(c, &o.since, "since", 30*24*time.Hour, "how far back the period begins: 24h, 7d")
	c.Flags().StringVar(&o.window, "window", "", "a `PERIOD` of the history: 24h, 7d, 30d or 90d")
	cli.Complete(c, "window", cobra.FixedCompletions([]string{"24h", "7d", "30d", "90d"}, cobra.ShellCompDirectiveNoFileComp))
	cli.Exclusive(c, "since", "window")
	return c
}

func (o *uptimeFlags) run(cmd *cobra.Command, names []string) (err error) {
	period := "?since=" + o.since.String()
	if o.window != "" {
		if _, ok := trends.Windows[o.window]; !ok {
			return fmt.Errorf("--window %q is not one of 24h, 7d, 30d, 90d; for another period, use --since", o.window)
		}
		period = "?window=" + o.window
	}
	if len(names) == 0 {
		if names, err = o.names(cmd); err != nil {
			return err
		}
	}
	all := []trends.UptimeReport{}
	for _, name := range names {
		answer, err := o.ask(cmd, http.MethodGet, "/admin/integrations/"+url.PathEscape(name)+"/uptime"+period, nil)
		if err != nil {
			return err
		}
		var r trends.UptimeReport
		if err := json.Unmarshal(answer, &r); err != nil {
			return fmt.Errorf("the daemon runs another version: %w", err)
		}
		all = append(all, r)
	}
	if o.format == "json" {
		return writeJSON(cmd.OutOrStdout(), map[string]any{"integrations": all})
	}
	return console.WriteUptime(cmd.OutOrStdout(), all)
}

// names returns the names of the integrations that the daemon has.
func (o *uptimeFlags) names(cmd *cobra.Command) (names []string, err error) {
	answer, err := o.ask(cmd, http.MethodGet, "/admin/integrations", nil)
	if err != nil {
		return nil, err
	}
	var known struct {
		Integrations []struct{ Name, Status string }
	}
	if err := json.Unmarshal(answer, &known); err != nil {
		return nil, fmt.Errorf("the daemon runs another version: %w", err)
	}
	for _, i := range known.Integrations {
		if i.Status != "disabled" {
			names = append(names, i.Name)
		}
	}
	return names, nil
}

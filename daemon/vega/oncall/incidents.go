package oncall

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/alerting"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/policies/check"
)

// incidentsFlags holds the flags of incidents.
type incidentsFlags struct {
	remote
	all            bool
	subject, alert string
	since          time.Duration
	limit          uint16
}

func incidentsCommand() *cobra.Command {
	var o incidentsFlags
	c := &cobra.Command{
		Use:   "incidents [ID]",
		Short: "List the open incidents, or show one with its evidence",
		Long: `List the open incidents of the running daemon, the last opened first. With ID, show
one: what was seen when it opened and when all was well before, its timeline, and
what each notifier was sent.

Exits 0 also if incidents are open, 1 if there is no incident ID, 2 if the daemon
can't be asked.`,
		Example: `  vega incidents                      what is wrong now
  vega incidents 7                    everything about one
  vega incidents --all --since 7d     also those that have ended
  vega incidents --subject orders     of one integration`,
		SuggestFor:        []string{"incident", "problems", "events", "status", "down", "list", "ps"},
		Args:              cli.Args(0, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.list(cmd)
			}
			return o.one(cmd, args[0])
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&o.all, "all", false, "also those that have ended")
	c.Flags().StringVar(&o.subject, "subject", "", "only those of this integration, figure or event: `NAME`")
	c.Flags().StringVar(&o.alert, "alert", "", "only those of this alert: `NAME`")
	cli.Span(c, &o.since, "since", 0, "only those that were open within this time, such as 7d (default: any)")
	c.Flags().Uint16Var(&o.limit, "limit", 50, "list `N` incidents at most, up to 500")
	cli.Complete(c, "subject", cli.Integrations)
	cli.Complete(c, "alert", cli.Alerts)
	return c
}

func (o incidentsFlags) list(cmd *cobra.Command) error {
	q := url.Values{"limit": {strconv.Itoa(int(o.limit))}}
	if !o.all {
		q.Set("open", "true")
	}
	for name, value := range map[string]string{"subject": o.subject, "alert": o.alert} {
		if cmd.Flags().Changed(name) {
			q.Set(name, value)
		}
	}
	if o.since > 0 {
		q.Set("since", o.since.String())
	}
	answer, err := o.ask(cmd, http.MethodGet, "/admin/incidents?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	var page alerting.IncidentPage
	return show(cmd, o.format, answer, &page, func() error {
		err := console.WriteIncidents(cmd.OutOrStdout(), page, time.Now())
		if page.Next != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "there are more than %d; list more with --limit, or fewer with --since, --subject or --alert\n", o.limit)
		}
		return err
	})
}

func (o incidentsFlags) one(cmd *cobra.Command, id string) error {
	id, err := entry(id)
	if err != nil {
		return err
	}
	for _, flag := range []string{"all", "subject", "alert", "since", "limit"} {
		if cmd.Flags().Changed(flag) {
			return fmt.Errorf("--%s selects from the list; remove it or the ID", flag)
		}
	}
	answer, err := o.ask(cmd, http.MethodGet, "/admin/incidents/"+id, nil)
	if err != nil {
		return err
	}
	var r alerting.IncidentReport
	return show(cmd, o.format, answer, &r, func() error { return console.WriteIncident(cmd.OutOrStdout(), r, time.Now()) })
}

// ackFlags holds the flags of ack.
type ackFlags struct {
	remote
	by, comment string
	duration    time.Duration
	undo        bool
}

func ackCommand() *cobra.Command {
	var o ackFlags
	c := &cobra.Command{
		Use:   "ack ID",
		Short: "Acknowledge an incident: hold back its reminders and escalations",
		Long: `Acknowledge an open incident: say that you take care of it. Its reminders and
escalations are held back until it ends, becomes more severe, or --for has passed.
Its end is sent as always. --undo takes the acknowledgement back.

Exits 1 if there is no such incident or if it has ended, 2 if the daemon can't be
asked.`,
		Example: `  vega ack 7
  vega ack 7 --comment ordered --for 2d
  vega ack 7 --undo`,
		SuggestFor:        []string{"acknowledge", "unack"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.by, "by", "", "your `NAME` (default: that of your user)")
	c.Flags().StringVar(&o.comment, "comment", "", "`TEXT` for the others")
	cli.Span(c, &o.duration, "for", 0, "until when: 4h, 2d (default: until the incident ends)")
	c.Flags().BoolVar(&o.undo, "undo", false, "take an acknowledgement back")
	for _, other := range []string{"by", "comment", "for"} {
		cli.Exclusive(c, "undo", other)
	}
	return c
}

func (o ackFlags) run(cmd *cobra.Command, id string) error {
	id, err := entry(id)
	if err != nil {
		return err
	}
	path := "/admin/incidents/" + id + "/ack"
	if o.undo {
		if err := o.change(cmd, http.MethodDelete, path); err != nil {
			return err
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "incident %s is not acknowledged\n", id)
		return err
	}
	body := map[string]string{"by": cmp.Or(o.by, me()), "comment": o.comment}
	if o.duration > 0 {
		body["duration"] = check.Span(o.duration)
	}
	answer, err := o.ask(cmd, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	var r alerting.IncidentReport
	return show(cmd, o.format, answer, &r, func() error {
		a := r.Acknowledged
		if a == nil {
			return errors.New("the daemon did not keep the acknowledgement; the incident has become more severe or has ended meanwhile")
		}
		until := "it ends"
		if !a.Until.IsZero() {
			until = console.Moment(a.Until)
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "incident %s is acknowledged by %s until %s\n", id, console.OneLine(a.By), until)
		return err
	})
}

// Package oncall implements the commands for the person on call: what is wrong
// (incidents, alerts, notifiers, metrics), what to do about messages (ack, silence, test
// notifier), and what was (uptime, history, replay). All but replay ask the running daemon.
// Commands returns them.
package oncall

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/user"
	"strconv"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/client"
)

// Commands returns the commands.
func Commands() []*cobra.Command {
	return []*cobra.Command{incidentsCommand(), ackCommand(), silenceCommand(), alertsCommand(), notifiersCommand(), testCommand(), uptimeCommand(), historyCommand(), metricsCommand(), replayCommand()}
}

// remote holds the flags that say which daemon to ask, and how to print its answer.
type remote struct {
	server, format string
	client         *client.Client // nil before the first request
}

// flags adds the flags to a command.
func (r *remote) flags(c *cobra.Command) {
	c.Flags().StringVar(&r.server, "server", "", "ask the daemon at this `URL` (default: the one the configuration names)")
	cli.Choice(c, &r.format, "format", "output format", "text", "json")
}

// ask sends a request to the daemon, and returns its answer.
func (r *remote) ask(cmd *cobra.Command, method, path string, body any) (answer json.RawMessage, _ error) {
	err := r.send(cmd, method, path, body, &answer)
	return answer, err
}

// change sends a request to the daemon whose answer is empty.
func (r *remote) change(cmd *cobra.Command, method, path string) error {
	return r.send(cmd, method, path, nil, nil)
}

// send sends a request to the daemon. If the daemon refuses it, vega exits with 1.
func (r *remote) send(cmd *cobra.Command, method, path string, body, into any) error {
	if err := r.connect(cmd); err != nil {
		return err
	}
	err := r.client.Do(cmd.Context(), method, path, body, into)
	if _, refused := errors.AsType[*client.ProblemError](err); refused {
		return cli.Failed(err)
	}
	return err
}

// connect finds the daemon, once for all requests of a command.
func (r *remote) connect(cmd *cobra.Command) error {
	if r.client != nil {
		return nil
	}
	cfg, _, err := cli.LoadLenient(cmd)
	if err != nil {
		return &cli.Exit{Code: cli.ExitUsage, Err: err}
	}
	r.client, err = client.New(cfg, r.server)
	return err
}

// show prints an answer of the daemon as it is, or by write, which decodes it into v.
func show(cmd *cobra.Command, format string, answer json.RawMessage, v any, write func() error) error {
	if format == "json" {
		var indented bytes.Buffer
		if err := json.Indent(&indented, answer, "", "  "); err != nil {
			return fmt.Errorf("print the answer: %w", err)
		}
		fmt.Fprintln(cmd.OutOrStdout(), indented.String())
		return nil
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("the daemon runs another version: %w", err)
	}
	return write()
}

// writeJSON prints a value.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// entry reads the ID of an incident or a silence.
func entry(text string) (string, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err != nil || n < 1 || strconv.FormatInt(n, 10) != text {
		return "", fmt.Errorf("%q is not an ID; use the number in the first column of the list", text)
	}
	return text, nil
}

// me returns the name of the user, "" if it is not known: then the daemon takes the name
// of the key.
func me() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

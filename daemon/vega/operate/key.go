package operate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/keys"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
)

func keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "Add, list, rotate and revoke API keys, without a restart",
		Long: `Add, list, rotate and revoke the API keys in keys.json in data_dir, next to those
in vega.hcl. The file holds a digest of each key, and never a key. A running vega
follows it within a second. Run these commands as the user that vega runs as, or as
root.`,
		Example: `  vega key add grafana --scopes read
  vega key list
  vega key rotate grafana
  vega key revoke grafana`,
		SuggestFor: []string{"keys", "apikey", "api-key", "token", "tokens"},
		Args:       cli.Subcommand,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(keyAddCommand(), keyListCommand(), keyRotateCommand(), keyRevokeCommand())
	return c
}

// keyFlags holds the flags of the commands that print a key.
type keyFlags struct {
	scopes   []string
	lifetime time.Duration
	grace    time.Duration
	now      bool
	format   string
}

func keyAddCommand() *cobra.Command {
	var o keyFlags
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Create an API key and print it once",
		Long: `Create an API key and print it, alone on a line of the standard output. It is not
shown again: vega stores only its digest. NAME appears in the access log.

A scope says what the key may be used for: read (states, history and statistics; no
configuration, conversations or memories), write (run checks, acknowledge, silence,
test notifiers), conversations (conversations and memories), metrics (GET /metrics,
for Prometheus), probe (GET /probe, in place of blackbox_exporter), admin (everything).

Exits 1 if the key can't be added, such as for a name that is taken, 2 if the
configuration can't be read.`,
		Example: `  vega key add grafana --scopes read
  vega key add deploy --scopes read,write --expires 90d
  vega key add prometheus --scopes metrics,probe
  KEY=$(vega key add backup --scopes read)`,
		SuggestFor:        []string{"create", "new", "generate"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.add(cmd, args[0]) },
	}
	c.Flags().StringSliceVar(&o.scopes, "scopes", nil, "what the key may be used for: `SCOPES`, separated by commas; required")
	cli.Complete(c, "scopes", cobra.FixedCompletions(schema.LiveScopes(), cobra.ShellCompDirectiveNoFileComp))
	cli.Span(c, &o.lifetime, "expires", 0, "how long the key is accepted, such as 90d (default: forever)")
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	return c
}

// target is where a command finds the keys.
type target struct {
	cfg  *config.Config
	file string
}

func targetOf(cmd *cobra.Command) (target, error) {
	cfg, _, err := cli.LoadLenient(cmd)
	if err != nil {
		return target{}, &cli.Exit{Code: cli.ExitUsage, Err: err}
	}
	return target{cfg, filepath.Join(cfg.DataDir, keys.File)}, nil
}

// configured reports whether the configuration has a key of that name.
func (t target) configured(name string) bool {
	return slices.ContainsFunc(t.cfg.Server.Keys, func(k config.Key) bool { return k.Name == name })
}

// change changes the keys, and says what an error is about.
func (t target) change(name string, change func(*keys.Set) error) error {
	err := keys.Change(t.cfg.DataDir, change)
	shown := diag.Clip(name)
	switch {
	case errors.Is(err, keys.ErrName):
		return cli.Failed(fmt.Errorf("%q is not a valid name for a key: %w", shown, err))
	case errors.Is(err, keys.ErrTaken):
		return cli.Failed(fmt.Errorf("there is a key %q already; choose another name, or use vega key rotate %s", shown, shown))
	case errors.Is(err, keys.ErrUnknown):
		return cli.Failed(t.unknown(name))
	case errors.Is(err, os.ErrPermission):
		return cli.Failed(fmt.Errorf("%w; run this as the user that vega runs as, or as root", err))
	default:
		return cli.Failed(err)
	}
}

// unknown says where a key is that is not in keys.json.
func (t target) unknown(name string) error {
	where := console.RelativePath(t.cfg.Path)
	switch {
	case name == "default" && t.configured(name):
		return fmt.Errorf("the key %q is api_key in %s; change it there", name, where)
	case t.configured(name):
		return fmt.Errorf("the key %q is in %s; change it there", name, where)
	case name == "own":
		own := console.RelativePath(filepath.Join(t.cfg.DataDir, "api_key"))
		return fmt.Errorf("the key %q is the one that vega created in %s; remove that file and restart vega, which then creates another", name, own)
	default:
		return fmt.Errorf("there is no key %q in %s; vega key list shows all keys", diag.Clip(name), console.RelativePath(t.file))
	}
}

func (o keyFlags) add(cmd *cobra.Command, name string) error {
	if err := o.checkScopes(cmd.ErrOrStderr()); err != nil {
		return err
	}
	t, err := targetOf(cmd)
	if err != nil {
		return err
	}
	if t.configured(name) {
		return cli.Failed(fmt.Errorf("%s has a key %q already; choose another name", console.RelativePath(t.cfg.Path), name))
	}
	if err := t.prepare(cmd.ErrOrStderr()); err != nil {
		return cli.Failed(err)
	}
	var value string
	var k keys.Key
	err = t.change(name, func(s *keys.Set) (err error) {
		if value, err = s.Add(name, o.scopes, time.Now(), o.lifetime); err == nil {
			k = *s.Named(name)
		}
		return err
	})
	if err != nil {
		return err
	}
	return o.print(cmd, t, value, k, "added")
}

// checkScopes refuses unknown scopes, and warns of those that give nothing.
func (o keyFlags) checkScopes(hints io.Writer) error {
	list := strings.Join(schema.Scopes, ", ")
	if len(o.scopes) == 0 {
		return fmt.Errorf("say what the key may be used for: --scopes read; the scopes are %s", list)
	}
	for _, s := range o.scopes {
		if !slices.Contains(schema.Scopes, s) {
			return fmt.Errorf("there is no scope %q; the scopes are %s", diag.Clip(s), list)
		}
		if slices.Contains(schema.IdleScopes, s) {
			fmt.Fprintf(hints, "No route of this version needs the scope %s, so it gives the key nothing.\n", s)
		}
	}
	return nil
}

// prepare creates the data directory if vega has not run yet.
func (t target) prepare(hints io.Writer) error {
	if _, err := os.Stat(t.cfg.DataDir); err == nil {
		return nil
	}
	if err := os.MkdirAll(t.cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("create data_dir: %w; run this as the user that vega runs as", err)
	}
	if os.Geteuid() == 0 {
		fmt.Fprintf(hints, "Created %s. If vega runs as another user, give it to that user (chown).\n", console.RelativePath(t.cfg.DataDir))
	}
	return nil
}

// printed is a key as JSON, the only time that it is shown.
type printed struct {
	Name     string      `json:"name"`
	Key      string      `json:"key"`
	Scopes   []string    `json:"scopes"`
	Created  time.Time   `json:"created"`
	Expires  time.Time   `json:"expires,omitzero"`
	Previous []time.Time `json:"previous"`
}

// print prints the key on the standard output, and what to know on the error
// stream.
func (o keyFlags) print(cmd *cobra.Command, t target, value string, k keys.Key, done string) error {
	var err error
	if o.format == "json" {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(printed{k.Name, value, k.Scopes, k.Created, k.Expires, untils(k)})
	} else {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), value)
	}
	if err != nil {
		return cli.Failed(fmt.Errorf("the key %q was stored, but could not be printed, so nobody knows it: run vega key rotate %s --now: %w", k.Name, k.Name, err))
	}
	expires := ""
	if !k.Expires.IsZero() {
		expires = ", expires " + console.Moment(k.Expires)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "The key %s (%s%s) was %s: see %s. A running vega accepts it within a second.\nIt is not shown again. Send it in the header X-API-Key, or as Authorization: Bearer.\n",
		k.Name, strings.Join(k.Scopes, ", "), expires, done, console.RelativePath(t.file))
	for _, p := range k.Previous {
		fmt.Fprintf(cmd.ErrOrStderr(), "The previous value is accepted until %s.\n", console.Moment(p.Until))
	}
	return nil
}

func untils(k keys.Key) []time.Time {
	all := []time.Time{}
	for _, p := range k.Previous {
		all = append(all, p.Until)
	}
	return all
}

func keyRotateCommand() *cobra.Command {
	var o keyFlags
	c := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Give an API key a new value and print it once",
		Long: `Give an API key in keys.json a new value, with the same name and scopes, and print it
as vega key add does. The previous value stays accepted for the grace period, so that
clients can be changed one by one; the access log shows its name as "NAME (previous)".
A key that expires gets the same lifetime again. After a leak, use --now.`,
		Example: `  vega key rotate grafana
  vega key rotate grafana --grace 7d
  vega key rotate grafana --now`,
		SuggestFor:        []string{"renew", "replace", "change"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: keyNames,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.rotate(cmd, args[0]) },
	}
	cli.Span(c, &o.grace, "grace", 24*time.Hour, "how long the previous value stays accepted")
	c.Flags().BoolVar(&o.now, "now", false, "refuse the previous value at once")
	cli.Span(c, &o.lifetime, "expires", 0, "how long the key is accepted, such as 90d (default: as before)")
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	cli.Exclusive(c, "grace", "now")
	return c
}

func (o keyFlags) rotate(cmd *cobra.Command, name string) error {
	t, err := targetOf(cmd)
	if err != nil {
		return err
	}
	if o.now {
		o.grace = 0
	}
	var value string
	var k keys.Key
	err = t.changeExisting(name, func(s *keys.Set) (err error) {
		if value, err = s.Rotate(name, time.Now(), o.grace, o.lifetime); err == nil {
			k = *s.Named(name)
		}
		return err
	})
	if err != nil {
		return err
	}
	return o.print(cmd, t, value, k, "rotated")
}

// changeExisting is change for a key that exists, and so for a data directory that
// does.
func (t target) changeExisting(name string, change func(*keys.Set) error) error {
	if _, err := os.Stat(t.cfg.DataDir); errors.Is(err, os.ErrNotExist) {
		return cli.Failed(t.unknown(name))
	}
	return t.change(name, change)
}

func keyRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "Remove an API key",
		Long: `Remove an API key from keys.json, with its previous value. A running vega refuses it
within a second, also on connections that are open.`,
		Example:           "  vega key revoke grafana",
		SuggestFor:        []string{"remove", "delete", "rm", "del"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: keyNames,
		RunE:              func(cmd *cobra.Command, args []string) error { return revokeKey(cmd, args[0]) },
	}
}

func revokeKey(cmd *cobra.Command, name string) error {
	t, err := targetOf(cmd)
	if err != nil {
		return err
	}
	err = t.changeExisting(name, func(s *keys.Set) error { return s.Revoke(name) })
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "The key %s was revoked. A running vega refuses it within a second.\n", name)
	if t.configured(name) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has a key of the same name, which is still accepted.\n", console.RelativePath(t.cfg.Path))
	}
	return nil
}

func keyListCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the API keys, without their values",
		Long: `List the API keys in keys.json, those in vega.hcl, and the one that vega created. The
daemon need not run.`,
		Example:           "  vega key list\n  vega key list --format json",
		SuggestFor:        []string{"ls", "show"},
		Args:              cli.Args(0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return listKeys(cmd, format) },
	}
	cli.Choice(c, &format, "format", "output format", "text", "json")
	return c
}

func listKeys(cmd *cobra.Command, format string) error {
	t, err := targetOf(cmd)
	if err != nil {
		return err
	}
	set, broken := keys.Read(t.cfg.DataDir)
	now := time.Now()
	all := t.list(set, now)
	switch {
	case format == "json":
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(map[string][]console.Key{"keys": all})
	case broken == nil || len(all) > 0:
		err = console.WriteKeys(cmd.OutOrStdout(), all, now)
	}
	return cli.Failed(errors.Join(broken, err))
}

// list returns all keys, those in keys.json first. set is nil if that can't be used.
func (t target) list(set *keys.Set, now time.Time) []console.Key {
	all := []console.Key{}
	if set != nil {
		for _, k := range set.Keys {
			row := console.Key{Name: k.Name, Scopes: k.Scopes, Created: k.Created, Expires: k.Expires, Expired: k.Expired(now), Foreign: k.Foreign(), Previous: []time.Time{}, Where: t.file}
			for _, until := range untils(k) {
				if now.Before(until) {
					row.Previous = append(row.Previous, until)
				}
			}
			if row.Scopes == nil {
				row.Scopes = []string{}
			}
			all = append(all, row)
		}
	}
	for _, k := range t.cfg.Server.Keys {
		all = append(all, console.Key{Name: k.Name, Scopes: orAdmin(k.Scopes), Previous: []time.Time{}, Where: t.cfg.Path})
	}
	own := filepath.Join(t.cfg.DataDir, "api_key")
	if info, err := os.Lstat(own); err == nil && len(t.cfg.Server.Keys) == 0 {
		all = append(all, console.Key{Name: "own", Scopes: orAdmin(nil), Created: info.ModTime().UTC().Truncate(time.Second), Previous: []time.Time{}, Where: own})
	}
	return all
}

// orAdmin returns the scopes of a key in the configuration, whose default is
// everything.
func orAdmin(scopes []string) []string {
	if len(scopes) == 0 {
		return []string{"admin"}
	}
	return scopes
}

// keyNames completes the names of the keys in keys.json.
func keyNames(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	cfg, _ := config.LoadLenient(cli.ConfigPath(cmd), config.Options{})
	if cfg == nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	set, err := keys.Read(cfg.DataDir)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, k := range set.Keys {
		names = append(names, cobra.CompletionWithDesc(k.Name, strings.Join(k.Scopes, ",")))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

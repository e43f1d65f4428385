package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/engine"
	"vega/daemon/vega/cli"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// noIntegration reports a name that no integration has. One with for_each has
// instances with names of their own.
func noIntegration(cfg *config.Config, name string) error {
	for _, i := range cfg.Integrations {
		if strings.HasPrefix(i.Name, name+".") {
			return fmt.Errorf("integration %q has for_each; name one of its instances, such as %s", name, i.Name)
		}
	}
	if near := nearestName(cfg, name); near != "" {
		return fmt.Errorf("no integration %q in %s; did you mean %s?", name, cfg.Path, near)
	}
	return fmt.Errorf("no integration %q in %s", name, cfg.Path)
}

// nearestName returns the name of an integration, or of one with for_each, that
// is similar to what was written, or "".
func nearestName(cfg *config.Config, written string) string {
	var all []string
	for _, i := range cfg.Integrations {
		group, _, isInstance := strings.Cut(i.Name, ".")
		if isInstance && !slices.Contains(all, group) {
			all = append(all, group)
		}
		all = append(all, i.Name)
	}
	return diag.Nearest(written, all)
}

// explain prints the grants of an integration and where each comes from,
// without running anything.
func explain(cmd *cobra.Command, name string) error {
	cfg, err := cli.LoadAndWarn(cmd)
	if err != nil {
		return cli.Unchecked(err)
	}
	n := slices.IndexFunc(cfg.Integrations, func(i config.Integration) bool { return i.Name == name })
	if n < 0 {
		return cli.Unchecked(noIntegration(cfg, name))
	}
	i := cfg.Integrations[n]
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\truns %s.%s\t(%s)\n", i.Name, i.Plugin, i.Probe, i.Position)
	if !i.Enabled {
		fmt.Fprintf(w, "disabled\t%s\t\n", i.Disabled)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	grants := joined(engine.Grants(i.Grants))
	if len(grants) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "no grants: the probe can reach nothing")
		return nil
	}
	fmt.Fprintln(cmd.OutOrStdout(), "grants:")
	for _, g := range grants {
		fmt.Fprintf(w, "  %s\t%s\tfrom %s\n", g.Kind, g.Allow, g.From)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	hops := hopsOf(cfg, i)
	if len(hops) == 0 {
		return nil
	}
	fmt.Fprintln(cmd.OutOrStdout(), "vega itself also contacts, for this integration:")
	for _, h := range hops {
		fmt.Fprintf(w, "  %s\t%s\tfrom %s\n", h.address, h.purpose, h.from)
	}
	return w.Flush()
}

// joined returns the grants with one for all methods of an origin or socket.
func joined(grants []engine.Grant) []engine.Grant {
	var out []engine.Grant
	for _, g := range grants {
		if n := len(out) - 1; n >= 0 && (g.Kind == string(manifest.HTTP) || g.Kind == string(manifest.Unix)) && out[n].Kind == g.Kind && out[n].From == g.From && !strings.HasPrefix(g.Allow, "/") {
			methods, origin, _ := strings.Cut(g.Allow, " ")
			if before, same := strings.CutSuffix(out[n].Allow, " "+origin); same {
				out[n].Allow = before + ", " + methods + " " + origin
				continue
			}
		}
		out = append(out, g)
	}
	return out
}

// hop is an address that vega contacts on behalf of a probe.
type hop struct{ address, purpose, from string }

// hopsOf returns what vega contacts for an integration besides the targets that
// the grants name.
func hopsOf(cfg *config.Config, i config.Integration) (all []hop) {
	if o := i.Transport; o != nil && o.ConnectTo != "" {
		all = append(all, hop{o.ConnectTo, "in place of the target's own address", "connect_to"})
	}
	if o := i.Transport; o != nil && o.Auth.Client != nil {
		all = append(all, hop{originOf(o.Auth.Client.TokenURL), "to get an access token", "auth.token_url"})
	}
	if o := i.Transport; o != nil && o.SSH.IsSet() {
		did := "to log in as " + strconv.Quote(o.SSH.User.String())
		if command := o.SSH.Command.String(); command != "" {
			did += " and run " + strconv.Quote(command)
		}
		for _, r := range i.Grants.Rules {
			if r.Kind == manifest.SSH {
				all = append(all, hop{r.String(), did, "the ssh block"})
			}
		}
	}
	usesHTTP := slices.ContainsFunc(i.Grants.Rules, func(r grant.Rule) bool { return r.Kind == manifest.HTTP || r.Kind == manifest.WebSocket })
	if proxy := cfg.Network.Proxy; len(proxy) > 0 && usesHTTP {
		purpose := "for HTTP requests to other machines"
		if len(cfg.Network.NoProxy) > 0 {
			purpose += ", except those in no_proxy"
		}
		all = append(all, hop{originOf(proxy.Reveal()), purpose, "network.proxy"})
	}
	if r := cfg.Network.Resolver; r != "" {
		all = append(all, hop{r, "to resolve names", "network.resolver"})
	}
	return all
}

// originOf returns scheme, host and port of a URL, without what may be secret.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an invalid URL"
	}
	return u.Scheme + "://" + u.Host
}

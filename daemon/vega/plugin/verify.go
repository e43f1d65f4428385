package plugin

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/vega/cli"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

func verifyCommand() *cobra.Command {
	var keys, files []string
	c := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Verify the signatures of plugins",
		Long: `Verify reads FILE.minisig next to each plugin and judges it like a daemon that
trusts the keys given with -P or -p. Without either, it uses the keys in
plugins.trusted_keys of the configuration (-c).`,
		Example: `  vega plugin verify plugins/*.wasm               by plugins.trusted_keys
  vega plugin verify -p vega.pub stock.wasm      by a key in a file`,
		Args:              cli.Args(1, -1),
		ValidArgsFunction: cli.Extensions("wasm"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			trusted, err := trustedKeys(cmd, keys, files)
			if err != nil {
				return err
			}
			refused := 0
			for _, path := range paths {
				wasm, err := manifest.ReadFile(path)
				if err != nil {
					return err
				}
				key, err := signature.Read(path, wasm).By(trusted)
				if err != nil {
					refused++
					fmt.Fprintf(cmd.OutOrStdout(), "%s  refused: %v\n", path, err)
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  signed by %s\n", path, key.Name())
			}
			if refused > 0 {
				return &cli.Exit{Code: cli.ExitError}
			}
			return nil
		},
	}
	c.Flags().StringSliceVarP(&keys, "key", "P", nil, "trust this public `KEY`")
	c.Flags().StringSliceVarP(&files, "public", "p", nil, "trust the public key in this `FILE`")
	return c
}

// trustedKeys returns the keys that the flags give, or those of the
// configuration if they give none.
func trustedKeys(cmd *cobra.Command, keys, files []string) ([]signature.Key, error) {
	var all []signature.Key
	for _, text := range keys {
		k, err := signature.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("-P %s: %w", text, err)
		}
		all = append(all, k)
	}
	for _, path := range files {
		k, err := signature.ReadKey(path)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	if len(all) > 0 {
		return all, nil
	}
	cfg, err := loadPlugins(cmd)
	if err != nil {
		return nil, err
	}
	if !cfg.Plugins.Trust.Signed {
		return nil, fmt.Errorf("%s trusts no keys; give one with -P KEY or -p FILE", cli.ConfigPath(cmd))
	}
	return cfg.Plugins.Trust.Keys, nil
}

// loadPlugins loads the configuration as far as it concerns plugins. Mistakes
// elsewhere in it, such as an integration whose plugin is refused, do not stop
// the command.
func loadPlugins(cmd *cobra.Command) (*config.Config, error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, cli.Failed(err)
	}
	cfg, diags := config.LoadLenient(cli.ConfigPath(cmd), config.Options{Bundled: bundled})
	if cfg == nil || slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == diag.BadTrustedKey }) {
		return nil, cli.Failed(&config.InvalidError{Diagnostics: diags})
	}
	return cfg, nil
}

package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
)

// Files completes one file with one of the extensions.
func Files(extensions ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// Words completes one of the words that list returns, once.
func Words(list func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list(), cobra.ShellCompDirectiveNoFileComp
	}
}

// Integrations completes the names of the integrations that -c has and that args
// does not name yet.
func Integrations(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	cfg, _ := config.LoadLenient(ConfigPath(cmd), config.Options{Bundled: bundled})
	if cfg == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, i := range cfg.Integrations {
		if !slices.Contains(args, i.Name) {
			names = append(names, cobra.CompletionWithDesc(i.Name, i.Plugin+"."+i.Probe))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// Alerts completes the names of the alerts.
func Alerts(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	cfg, _ := config.LoadLenient(ConfigPath(cmd), config.Options{Bundled: bundled})
	if cfg == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, a := range cfg.Alerts {
		names = append(names, cobra.CompletionWithDesc(a.Name, string(a.Severity)))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

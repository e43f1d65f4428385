package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/policies"
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
	return ofConfig(cmd, func(cfg *config.Config) (names []cobra.Completion) {
		for _, i := range cfg.Integrations {
			if !slices.Contains(args, i.Name) {
				names = append(names, cobra.CompletionWithDesc(i.Name, i.Plugin+"."+i.Probe))
			}
		}
		return names
	})
}

// Alerts completes the names of the alerts.
func Alerts(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return ofConfig(cmd, func(cfg *config.Config) (names []cobra.Completion) {
		for _, a := range cfg.Alerts {
			names = append(names, cobra.CompletionWithDesc(a.Name, string(a.Severity)))
		}
		return names
	})
}

// Metrics completes the names of the metric blocks that args does not name yet.
func Metrics(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return ofConfig(cmd, func(cfg *config.Config) (names []cobra.Completion) {
		for _, m := range cfg.Telemetry.Measures {
			if !slices.Contains(args, m.Name) {
				names = append(names, cobra.CompletionWithDesc(m.Name, m.Help))
			}
		}
		return names
	})
}

// Charts completes what has a history: an integration, or metric.NAME.
func Charts(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, directive := Integrations(cmd, args, prefix)
	blocks, _ := Metrics(cmd, args, prefix)
	for _, m := range blocks {
		names = append(names, policies.MetricPrefix+m)
	}
	return names, directive
}

// ofConfig returns what list finds in the configuration that -c names.
func ofConfig(cmd *cobra.Command, list func(*config.Config) []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	cfg, _ := config.LoadLenient(ConfigPath(cmd), config.Options{Bundled: bundled})
	if cfg == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return list(cfg), cobra.ShellCompDirectiveNoFileComp
}

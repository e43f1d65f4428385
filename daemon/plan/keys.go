package plan

import (
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// key compares a setting of vega itself in two configurations.
type key struct {
	name     string
	restart  bool // whether a change needs a restart, such as a change of the listen address
	was, now any
}

func keys(old, next *config.Config) []Key {
	out := []Key{}
	for _, k := range []key{
		{"data_dir", true, old.DataDir, next.DataDir},
		{"watch", false, old.Watch, next.Watch},
		{"server.host", true, old.Server.Host, next.Server.Host},
		{"server.port", true, old.Server.Port, next.Server.Port},
		{"server.tls", true, old.Server.TLS, next.Server.TLS},
		{"server.api_key", false, old.Server.Keys, next.Server.Keys},
		{"server.external_url", false, old.Server.ExternalURL, next.Server.ExternalURL},
		{"server.drain_timeout", false, old.Server.DrainTimeout, next.Server.DrainTimeout},
		{"server.max_connections", false, old.Server.MaxConnections, next.Server.MaxConnections},
		{"server.max_connections_per_client", false, old.Server.MaxPerClient, next.Server.MaxPerClient},
		{"server.trusted_proxies", false, old.Server.TrustedProxies, next.Server.TrustedProxies},
		{"server.dashboard", false, old.Server.Dashboard, next.Server.Dashboard},
		{"server.auth_header", false, old.Server.AuthHeader, next.Server.AuthHeader},
		{"server.auth_scopes", false, strings.Join(old.Server.AuthScopes, ", "), strings.Join(next.Server.AuthScopes, ", ")},
		{"log.level", false, slog.Level(old.Log.Level), slog.Level(next.Log.Level)},
		{"store.path", true, old.Store.Path, next.Store.Path},
		{"store.slow_query", true, old.Store.SlowQuery, next.Store.SlowQuery},
		{"store.keep_runs", false, old.Store.KeepRuns, next.Store.KeepRuns},
		{"store.keep_conversations", false, old.Store.KeepConversations, next.Store.KeepConversations},
		{"store.max_size", false, manifest.Size(old.Store.MaxSize), manifest.Size(next.Store.MaxSize)},
		{"llm", false, old.LLM, next.LLM},
		{"network", true, old.Network, next.Network},
		{"metrics.max_series", false, old.Telemetry.Metrics.MaxSeries, next.Telemetry.Metrics.MaxSeries},
		{"metrics.listen", false, old.Telemetry.Metrics.Listen, next.Telemetry.Metrics.Listen},
		{"telemetry.otlp", false, old.Telemetry.OTLP, next.Telemetry.OTLP},
		{"telemetry.statsd", false, old.Telemetry.StatsD, next.Telemetry.StatsD},
		{"plugins.dir", false, old.Plugins.Dir, next.Plugins.Dir},
		{"sandbox.host_memory", false, old.Sandbox.HostMemory, next.Sandbox.HostMemory},
	} {
		if !reflect.DeepEqual(k.was, k.now) {
			out = append(out, Key{k.name, k.restart, shown(k.was), shown(k.now)})
		}
	}
	return out
}

// shown formats a value as in a configuration file. It returns nil for values other
// than figures, levels and paths, because they may contain a secret.
func shown(v any) *string {
	var s string
	switch v := v.(type) {
	case bool:
		s = strconv.FormatBool(v)
	case int:
		s = strconv.Itoa(v)
	case string:
		s = v
	case time.Duration:
		s = check.Span(v)
	case manifest.Size:
		s = v.String()
	case slog.Level:
		s = strings.ToLower(v.String())
	default:
		return nil
	}
	return &s
}

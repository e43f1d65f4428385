package config

import (
	"strings"

	"vega/plugins/manifest"
)

func attribute(name string, t manifest.Type, doc string, more ...func(*row)) row {
	r := row{Option: manifest.Option{Name: name, Type: t, Description: doc}}
	for _, m := range more {
		m(&r)
	}
	return r
}

// public: neither a secret nor bound to be one when it comes from env().
func public(r *row)    { r.public = true }
func required(r *row)  { r.Required = true }
func sensitive(r *row) { r.Sensitive = true }

func preset(v any) func(*row)               { return func(r *row) { r.Default = v } }
func of(t manifest.Type) func(*row)         { return func(r *row) { r.Of = t } }
func oneOf(allowed ...string) func(*row)    { return func(r *row) { r.OneOf = allowed } }
func within(least, most float64) func(*row) { return func(r *row) { r.Min, r.Max = &least, &most } }

// wanted: an enabled integration that refers to it needs it set.
func wanted(r *row) { r.wanted = true }

// login: a secret only for the password in it, if there is one.
func login(r *row) { r.login = true }

// about: a value outside of these bounds is allowed, but likely a slip.
func about(least, most float64, why string) func(*row) {
	return func(r *row) { r.usual = &usual{least, most, why} }
}

const (
	integer  = wholeType
	duration = manifest.DurationType
	size     = manifest.SizeType
	text     = manifest.String
)

// table is vega.hcl. Adding an attribute is one row here, and a field where
// the configuration is built.
var table = &schema{
	rows: []row{
		attribute("data_dir", pathType, "Where vega keeps everything it writes.", public, preset(".vega")),
		attribute("watch", manifest.Bool, "Whether vega loads its configuration by itself when the files change; else only at SIGHUP and POST /admin/config/reload.", preset(true)),
	},
	blocks: []*schema{
		{name: "server", doc: "Where vega answers HTTP.", rows: []row{
			attribute("host", text, "The address to listen on.", public, preset("127.0.0.1")),
			attribute("port", integer, "The port to listen on.", public, preset(8000.0), within(1, 65535)),
			attribute("api_key", text, "The key that /admin and /v1 ask for. On a loopback host vega makes one where none is given.", sensitive),
			attribute("drain_timeout", duration, "How long requests in flight may take to end after SIGTERM.", public, preset("10s"), within(0, 600),
				about(1, 90, "Shorter, what is in flight is cut off; longer, whoever stops vega loses patience first: systemd after 90s, Kubernetes after 30s, unless told otherwise.")),
			attribute("max_connections", integer, "How many connections clients may have open. Where there are more, an idle one of the client that has the most is closed. A third of the file descriptors that vega has left after its start, at most 1024, unless set.", public, within(1, 100_000)),
			attribute("max_connections_per_client", integer, "How many of them one client may have, and how many requests in flight: an IPv4 address, or the /64 of an IPv6 address. Half of all, but at least 8 where that leaves one for others, unless set.", public, within(1, 100_000)),
			attribute("trusted_proxies", manifest.List, "Addresses or ranges of proxies, such as \"10.0.0.0/8\", whose X-Forwarded-For or Forwarded is believed: the client is the right-most address in it that is no trusted proxy. It is logged, and its requests count for max_connections_per_client; the proxy's own connections don't.", public, of(text)),
		}, blocks: []*schema{
			{name: "key", label: "name", doc: "One of several API keys, so that they can be rotated.", rows: []row{
				attribute("value", text, "The key.", required, sensitive),
			}},
			{name: "tls", doc: "The certificate to serve HTTPS with.", rows: []row{
				attribute("cert_file", pathType, "The certificate chain, PEM.", public, required),
				attribute("key_file", pathType, "Its private key, PEM.", public, required),
			}},
		}},
		{name: "log", doc: "What is logged.", rows: []row{
			attribute("level", text, "The least level that is written.", public, preset("info"), oneOf(levelNames...)),
		}},
		{name: "store", doc: "Where vega keeps what it must not forget.", rows: []row{
			attribute("path", pathType, "The database file; vega.db in data_dir unless set.", public),
			attribute("slow_query", duration, "From when on a query is slow, in vega's own and in every database: its plan is kept, and advice given.", public, preset("100ms"), within(0.001, 3600)),
			attribute("keep_runs", duration, "How long the runs of probes are kept.", public, preset("720h"), within(3600, 10*365*24*3600)),
			attribute("keep_conversations", duration, "How long conversations are kept; for ever unless set.", public, within(3600, 100*365*24*3600)),
			attribute("max_size", size, "How large the file may get: beyond it, the oldest runs go.", public, preset("1GiB"), within(1<<20, 1<<46)),
		}},
		{name: "llm", doc: "The language model backend, for the integrations that refer to it.", rows: []row{
			attribute("backend", text, "What serves the model.", public, preset("ollama"), oneOf("ollama", "hf")),
			attribute("model_name", text, "The model.", public, wanted),
			attribute("base_url", manifest.URL, "Where the backend answers.", preset("http://127.0.0.1:11434")),
			attribute("temperature", manifest.Number, "How freely the model answers, for integrations that refer to it; 0 is not at all.", public, preset(0.7), within(0, 2)),
			attribute("top_p", manifest.Number, "How much of what is likely the model chooses from, for integrations that refer to it; 1 is all of it.", public, preset(0.9), within(0, 1)),
			attribute("timeout", duration, "How long an answer of the model may take, for integrations that refer to it.", public, preset("60s"), within(0.001, 3600),
				about(5, 300, "A model that has to be loaded first answers after seconds, and after minutes nobody waits for it.")),
		}},
		{name: "network", doc: "How names are resolved and certificates trusted.", rows: []row{
			attribute("resolver", manifest.Address, "The DNS server, host:port; the system's unless set.", public, func(r *row) { r.dns = true }),
			attribute("ca_file", pathType, "Certificates trusted besides the system's, PEM.", public),
		}},
		{name: "plugins", doc: "Where plugins are dropped.", rows: []row{
			attribute("dir", pathType, "The directory that is watched for .wasm files.", public, preset("plugins")),
			attribute("replace", manifest.List, "Plugins that ship with vega, besides core, whose place a file in dir may take. Without it, a file of such a name is refused.", public, of(text)),
			attribute("trusted_keys", manifest.List, "Public keys, as vega plugin keygen shows them. Where it is set, a plugin in dir that none of them signed is refused.", public, of(text)),
		}},
		{name: "sandbox", doc: "Limits that all running probes share.", rows: []row{
			attribute("host_memory", size, "The most memory that vega holds on behalf of probes: answers that are read, rows, buffers of connections. A quarter of it is for the bundled plugin alone. What a probe holds counts as its own memory, too.", public, preset("256MiB"), within(16<<20, 1<<46)),
		}},
		{name: "database", label: "name", doc: "A database that probes may be granted, as database.NAME.", rows: []row{
			attribute("driver", text, "What speaks to it.", public, required, oneOf("postgres", "mysql", "sqlite")),
			attribute("dsn", text, "How to reach it; for sqlite, the path of its file.", required, sensitive, login),
		}},
		{name: "integration", label: "name", doc: "A probe bound to a target.", rows: []row{
			attribute("probe", probeType, "What checks it, as plugin.probe.", required),
			attribute("enabled", manifest.Bool, "Whether it is checked.", preset(true)),
			attribute("interval", duration, "How often it is checked; \"0s\" is only when asked. The probe's own, or 1m.", public),
			attribute("timeout", duration, "How long a check may take. The probe's own, or 10s.", public, within(1, 30)),
			attribute("memory", size, "The most memory the probe may use.", public, preset("32MiB"), within(1<<16, 4<<30)),
			attribute("sha256", text, "The digest of the plugin's module, as vega plugin inspect shows it: no other is run for this integration.", public),
			attribute("depends_on", manifest.List, "Integrations whose targets its own leans on, as [integration.NAME]: when one of them is unhealthy, it is named as the root cause.", public, of(integrationType)),
		}, blocks: []*schema{
			{name: "config", doc: "The probe's options.", open: true},
			{name: "grant", doc: "What the probe may use beyond the targets in config.", rows: []row{
				attribute("http", manifest.List, "Methods and origins, such as \"GET https://example.com\".", public, of(text)),
				attribute("net", manifest.List, "Connections, such as \"tcp://example.com:25\" (tcp, tls, udp).", public, of(text)),
				attribute("dns", manifest.List, "Names to resolve, such as \"example.com\"; a server is \"@10.0.0.2:53\".", public, of(text)),
				attribute("sql", manifest.List, "Databases to read, such as database.app.", of(manifest.Database)),
				attribute("kv", size, "How much it may keep between checks.", public),
				attribute("plaintext", manifest.Bool, "Whether secrets may travel unencrypted to hosts other than this one."),
				attribute("secrets", text, "Where a plugin that does not come with vega may send secrets. Without it, a secret goes to its own target alone, as the whole value of a header, in basic auth or in the configured URL. \"anywhere\" also allows request bodies, connections, queries, and every destination granted here.", public, oneOf("anywhere")),
			}},
		}},
		{name: "threshold", label: "name", doc: "From where on a figure is a warning, and an error. It takes the place of vega's own threshold of that name, or for that figure.", rows: []row{
			attribute("resource", figureType, "What is judged: a figure of system, of one database (database.NAME) or of each (databases). vega docs config figures lists them.", required),
			attribute("warning", amountType, "From which value on there is a warning.", public),
			attribute("error", amountType, "From which value on there is an error.", public),
			attribute("clear", amountType, "How far it has to come back for what has begun to end: at this value a warning ends, and an error as far from where it began. Unless set, each ends where it began.", public),
			attribute("when", text, "Whether more is worse, or less: \"above\" or \"below\" the values. Less is of what is left, such as system.disk.free; else more.", public, oneOf("above", "below")),
			attribute("enabled", manifest.Bool, "Whether it judges.", preset(true)),
		}},
	},
}

// pluginTable is plugin.hcl, a plugin's manifest beside its source.
var pluginTable = &schema{
	rows: []row{
		attribute("abi", text, "The probe ABI that it speaks; \"nagios\" is a WASI command that was written for Nagios.", preset(manifest.V1), oneOf(manifest.V1, manifest.Nagios)),
		attribute("name", text, "Its name, the first part of plugin.probe.", required),
		attribute("version", text, "Its version.", required),
		attribute("description", text, "What it is for."),
	},
	blocks: []*schema{
		{name: "probe", label: "name", doc: "One check that it can run.", rows: []row{
			attribute("summary", text, "What it checks, in a line."),
			attribute("needs_any", manifest.List, "Options of which one must be set, else the integration is disabled.", of(text)),
			attribute("timeout", duration, "How long a check may take unless the operator says."),
			attribute("interval", duration, "How often it is checked unless the operator says."),
		}, blocks: []*schema{
			{name: "option", label: "name", doc: "One thing the config block may set.", rows: []row{
				attribute("type", text, "Its type.", required, oneOf("string", "number", "bool", "duration", "size", "url", "address", "database", "list", "map")),
				attribute("of", text, "The type of a list's or map's elements; string unless set.", oneOf("string", "number", "bool", "duration", "size", "url", "address", "any")),
				attribute("required", manifest.Bool, "Whether it must be set."),
				attribute("sensitive", manifest.Bool, "Whether it is kept out of every output."),
				attribute("sql", manifest.Bool, "Whether its text is SQL, in which env() and file() are refused."),
				attribute("description", text, "What it does."),
				attribute("default", valueType, "Its value when it is not set."),
				attribute("one_of", manifest.List, "The only strings allowed.", of(text)),
				attribute("pattern", text, "A regular expression that a string must match in full."),
				attribute("min", boundType, "The least allowed."),
				attribute("max", boundType, "The most allowed."),
			}},
			{name: "capability", label: "kind", repeat: true, doc: "Something it may ask of the host.", rows: []row{
				attribute("reason", text, "Why, for the operator to judge.", required),
				attribute("from", manifest.List, "The options that hold its targets.", of(text)),
				attribute("hosts", manifest.List, "Fixed targets, as in a grant block.", of(text)),
				attribute("methods", manifest.List, "HTTP methods, or networks to dial.", of(text)),
				attribute("optional", manifest.Bool, "Whether the probe does its job without it."),
			}},
		}},
	},
}

// levelNames are Go's levels and those of Python's logging.
var levelNames = []string{"debug", "info", "warn", "error", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}

// level is the slog level of one of levelNames.
func level(name string) int {
	switch strings.ToLower(name) {
	case "debug":
		return -4
	case "warn", "warning":
		return 4
	case "error", "critical":
		return 8
	default:
		return 0
	}
}

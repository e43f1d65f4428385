package schema

import (
	"vega/plugins/manifest"
)

func attribute(name string, t manifest.Type, doc string, more ...func(*Row)) Row {
	r := Row{Option: manifest.Option{Name: name, Type: t, Description: doc}}
	for _, m := range more {
		m(&r)
	}
	return r
}

// public: neither a secret nor bound to be one when it comes from env().
func public(r *Row)    { r.Public = true }
func required(r *Row)  { r.Required = true }
func sensitive(r *Row) { r.Sensitive = true }

func preset(v any) func(*Row)               { return func(r *Row) { r.Default = v } }
func of(t manifest.Type) func(*Row)         { return func(r *Row) { r.Of = t } }
func oneOf(allowed ...string) func(*Row)    { return func(r *Row) { r.OneOf = allowed } }
func within(least, most float64) func(*Row) { return func(r *Row) { r.Min, r.Max = &least, &most } }

// wanted: an enabled integration that refers to it needs it set.
func wanted(r *Row) { r.Wanted = true }

// login: a secret only for the password in it, if there is one.
func login(r *Row) { r.Login = true }

// about: a value outside of these bounds is allowed, but likely a slip.
func about(least, most float64, why string) func(*Row) {
	return func(r *Row) { r.Usual = &usual{least, most, why} }
}

const (
	integer  = Whole
	duration = manifest.DurationType
	size     = manifest.SizeType
	text     = manifest.String
)

// Table is vega.hcl. Adding an attribute is one row here, and a field where
// the configuration is built.
var Table = &Block{
	Rows: []Row{
		attribute("data_dir", Path, "Where vega keeps everything it writes.", public, preset(".vega")),
		attribute("watch", manifest.Bool, "Whether vega loads its configuration by itself when the files change; else only at SIGHUP and POST /admin/config/reload.", preset(true)),
	},
	Blocks: []*Block{
		{Name: "server", Doc: "Where vega answers HTTP.", Rows: []Row{
			attribute("host", text, "The address to listen on.", public, preset("127.0.0.1")),
			attribute("port", integer, "The port to listen on.", public, preset(8000.0), within(1, 65535)),
			attribute("api_key", text, "The key that /admin and /v1 ask for. On a loopback host vega makes one where none is given.", sensitive),
			attribute("drain_timeout", duration, "How long requests in flight may take to end after SIGTERM.", public, preset("10s"), within(0, 600),
				about(1, 90, "Shorter, what is in flight is cut off; longer, whoever stops vega loses patience first: systemd after 90s, Kubernetes after 30s, unless told otherwise.")),
			attribute("max_connections", integer, "How many connections clients may have open. Where there are more, an idle one of the client that has the most is closed. A third of the file descriptors that vega has left after its start, at most 1024, unless set.", public, within(1, 100_000)),
			attribute("max_connections_per_client", integer, "How many of them one client may have, and how many requests in flight: an IPv4 address, or the /64 of an IPv6 address. Half of all, but at least 8 where that leaves one for others, unless set.", public, within(1, 100_000)),
			attribute("trusted_proxies", manifest.List, "Addresses or ranges of proxies, such as \"10.0.0.0/8\", whose X-Forwarded-For or Forwarded is believed: the client is the right-most address in it that is no trusted proxy. It is logged, and its requests count for max_connections_per_client; the proxy's own connections don't.", public, of(text)),
		}, Blocks: []*Block{
			{Name: "key", Label: "name", Doc: "One of several API keys, so that they can be rotated.", Rows: []Row{
				attribute("value", text, "The key.", required, sensitive),
			}},
			{Name: "tls", Doc: "The certificate to serve HTTPS with.", Rows: []Row{
				attribute("cert_file", Path, "The certificate chain, PEM.", public, required),
				attribute("key_file", Path, "Its private key, PEM.", public, required),
			}},
		}},
		{Name: "log", Doc: "What is logged.", Rows: []Row{
			attribute("level", text, "The least level that is written.", public, preset("info"), oneOf(levelNames...)),
		}},
		{Name: "store", Doc: "Where vega keeps what it must not forget.", Rows: []Row{
			attribute("path", Path, "The database file; vega.db in data_dir unless set.", public),
			attribute("slow_query", duration, "From when on a query is slow, in vega's own and in every database: its plan is kept, and advice given.", public, preset("100ms"), within(0.001, 3600)),
			attribute("keep_runs", duration, "How long the runs of probes are kept.", public, preset("720h"), within(3600, 10*365*24*3600)),
			attribute("keep_conversations", duration, "How long conversations are kept; for ever unless set.", public, within(3600, 100*365*24*3600)),
			attribute("max_size", size, "How large the file may get: beyond it, the oldest runs go.", public, preset("1GiB"), within(1<<20, 1<<46)),
		}},
		{Name: "llm", Doc: "The language model backend, for the integrations that refer to it.", Rows: []Row{
			attribute("backend", text, "What serves the model.", public, preset("ollama"), oneOf("ollama", "hf")),
			attribute("model_name", text, "The model.", public, wanted),
			attribute("base_url", manifest.URL, "Where the backend answers.", preset("http://127.0.0.1:11434")),
			attribute("temperature", manifest.Number, "How freely the model answers, for integrations that refer to it; 0 is not at all.", public, preset(0.7), within(0, 2)),
			attribute("top_p", manifest.Number, "How much of what is likely the model chooses from, for integrations that refer to it; 1 is all of it.", public, preset(0.9), within(0, 1)),
			attribute("timeout", duration, "How long an answer of the model may take, for integrations that refer to it.", public, preset("60s"), within(0.001, 3600),
				about(5, 300, "A model that has to be loaded first answers after seconds, and after minutes nobody waits for it.")),
		}},
		{Name: "network", Doc: "How names are resolved and certificates trusted.", Rows: []Row{
			attribute("resolver", manifest.Address, "The DNS server, host:port; the system's unless set.", public, func(r *Row) { r.DNS = true }),
			attribute("ca_file", Path, "Certificates trusted besides the system's, PEM.", public),
		}},
		{Name: "plugins", Doc: "Where plugins are dropped.", Rows: []Row{
			attribute("dir", Path, "The directory that is watched for .wasm files.", public, preset("plugins")),
			attribute("replace", manifest.List, "Plugins that ship with vega, besides core, whose place a file in dir may take. Without it, a file of such a name is refused.", public, of(text)),
			attribute("trusted_keys", manifest.List, "Public keys, as vega plugin keygen shows them. Where it is set, a plugin in dir that none of them signed is refused.", public, of(text)),
		}},
		{Name: "sandbox", Doc: "Limits that all running probes share.", Rows: []Row{
			attribute("host_memory", size, "The most memory that vega holds on behalf of probes: answers that are read, rows, buffers of connections. A quarter of it is for the bundled plugin alone. What a probe holds counts as its own memory, too.", public, preset("256MiB"), within(16<<20, 1<<46)),
		}},
		{Name: "database", Label: "name", Doc: "A database that probes may be granted, as database.NAME.", Rows: []Row{
			attribute("driver", text, "What speaks to it.", public, required, oneOf("postgres", "mysql", "sqlite")),
			attribute("dsn", text, "How to reach it; for sqlite, the path of its file.", required, sensitive, login),
		}},
		{Name: "integration", Label: "name", Doc: "A probe bound to a target.", Rows: []Row{
			attribute("probe", Probe, "What checks it, as plugin.probe.", required),
			attribute("enabled", manifest.Bool, "Whether it is checked.", preset(true)),
			attribute("interval", duration, "How often it is checked; \"0s\" is only when asked. The probe's own, or 1m.", public),
			attribute("timeout", duration, "How long a check may take. The probe's own, or 10s.", public, within(1, 30)),
			attribute("memory", size, "The most memory the probe may use.", public, preset("32MiB"), within(1<<16, 4<<30)),
			attribute("sha256", text, "The digest of the plugin's module, as vega plugin inspect shows it: no other is run for this integration.", public),
			attribute("depends_on", manifest.List, "Integrations whose targets its own leans on, as [integration.NAME]: when one of them is unhealthy, it is named as the root cause.", public, of(Integration)),
		}, Blocks: []*Block{
			{Name: "config", Doc: "The probe's options.", Open: true},
			{Name: "grant", Doc: "What the probe may use beyond the targets in config.", Rows: []Row{
				attribute("http", manifest.List, "Methods and origins, such as \"GET https://example.com\".", public, of(text)),
				attribute("net", manifest.List, "Connections, such as \"tcp://example.com:25\" (tcp, tls, udp).", public, of(text)),
				attribute("dns", manifest.List, "Names to resolve, such as \"example.com\"; a server is \"@10.0.0.2:53\".", public, of(text)),
				attribute("sql", manifest.List, "Databases to read, such as database.app.", of(manifest.Database)),
				attribute("kv", size, "How much it may keep between checks.", public),
				attribute("plaintext", manifest.Bool, "Whether secrets may travel unencrypted to hosts other than this one."),
				attribute("secrets", text, "Where a plugin that does not come with vega may send secrets. Without it, a secret goes to its own target alone, as the whole value of a header, in basic auth or in the configured URL. \"anywhere\" also allows request bodies, connections, queries, and every destination granted here.", public, oneOf("anywhere")),
			}},
		}},
		{Name: "threshold", Label: "name", Doc: "When a metric is a warning, and when it is an error. A threshold replaces the built-in one of the same name or for the same metric.", Renamed: map[string]string{"resource": "metric"}, Rows: []Row{
			attribute("metric", Figure, "What is judged: a figure of system, of one database (database.NAME) or of each (databases). vega docs config figures lists them.", required),
			attribute("warning", Quantity, "From which value on there is a warning.", public),
			attribute("error", Quantity, "From which value on there is an error.", public),
			attribute("clear", Quantity, "How far it has to come back for what has begun to end: at this value a warning ends, and an error as far from where it began. Unless set, each ends where it began.", public),
			attribute("when", text, "Whether more is worse, or less: \"above\" or \"below\" the values. Less is of what is left, such as system.disk.free; else more.", public, oneOf("above", "below")),
			attribute("enabled", manifest.Bool, "Whether it judges.", preset(true)),
		}},
	},
}

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

// public marks a value of env() as not secret.
func public(r *Row)    { r.Public = true }
func required(r *Row)  { r.Required = true }
func sensitive(r *Row) { r.Sensitive = true }

func preset(v any) func(*Row)             { return func(r *Row) { r.Default = v } }
func of(t manifest.Type) func(*Row)       { return func(r *Row) { r.Of = t } }
func oneOf(allowed ...string) func(*Row)  { return func(r *Row) { r.OneOf = allowed } }
func within(low, high float64) func(*Row) { return func(r *Row) { r.Min, r.Max = &low, &high } }

// wanted marks an attribute that must be set if an enabled integration refers
// to it.
func wanted(r *Row) { r.Wanted = true }

// login marks a value whose password is its only secret.
func login(r *Row) { r.Login = true }

// about sets the usual bounds. A value outside them is allowed but probably a
// mistake.
func about(low, high float64, why string) func(*Row) {
	return func(r *Row) { r.Usual = &usual{low, high, why} }
}

const (
	integer  = Whole
	duration = manifest.DurationType
	size     = manifest.SizeType
	text     = manifest.String
)

// Table describes vega.hcl. A new attribute needs one row here, and a field where
// the configuration is built.
var Table = withPages(withTelemetry(withAlerting(withDefaults(&Block{
	Rows: []Row{
		attribute("data_dir", Path, "The directory that vega writes its data to.", public, preset(".vega")),
		attribute("watch", manifest.Bool, "Whether vega reloads the configuration when its files change. Otherwise it reloads only on SIGHUP and POST /admin/config/reload.", preset(true)),
		attribute("include", manifest.List, "More configuration files, as literal paths or patterns such as \"conf.d/*.hcl\", relative to the directory of the file that includes them. They are read as if they were part of this file, in order of name. An included file may include others. vega reloads when a pattern matches a new file.", public, of(text)),
	},
	Blocks: []*Block{
		{Name: "server", Doc: "The HTTP server.", Rows: []Row{
			attribute("host", text, "The address to listen on.", public, preset("127.0.0.1")),
			attribute("port", integer, "The port to listen on.", public, preset(8000.0), within(1, 65535)),
			attribute("api_key", text, "The key that /admin and /v1 require. On a loopback host vega generates one if none is set.", sensitive),
			attribute("drain_timeout", duration, "How long requests in flight may take to finish after SIGTERM.", public, preset("10s"), within(0, 600),
				about(1, 90, "A shorter value cuts off requests in flight. With a longer one the supervisor kills vega first: by default, systemd after 90s and Kubernetes after 30s.")),
			attribute("max_connections", integer, "Maximum number of open client connections. Beyond it, vega closes an idle connection of the client with the most connections. Default: a third of the file descriptors left after start, at most 1024.", public, within(1, 100_000)),
			attribute("max_connections_per_client", integer, "Maximum number of connections, and of requests in flight, for one client: an IPv4 address or an IPv6 /64. Default: half of all, but at least 8 if that leaves one for others.", public, within(1, 100_000)),
			attribute("trusted_proxies", manifest.List, "Addresses or ranges of proxies, such as \"10.0.0.0/8\", whose X-Forwarded-For or Forwarded header is trusted: the client is the right-most address in it that is not a trusted proxy. vega logs that address and counts its requests for max_connections_per_client; the proxy's own connections do not count.", public, of(text)),
			attribute("external_url", manifest.URL, "The URL at which clients reach vega through a proxy, such as \"https://ops.example.com/vega\". vega then answers under the path of this URL as well as without it, so the proxy may strip the path or pass it on. It is the base of links, and requests with the Host of another domain are refused.", public),
		}, Blocks: []*Block{
			{Name: "key", Label: "name", Doc: "An additional API key, for example to rotate keys, or for a program that needs less than everything.", Rows: []Row{
				attribute("value", text, "The key.", required, sensitive),
				attribute("scopes", manifest.List, "What the key may be used for: \"read\" (states, history and statistics; no configuration, conversations or memories), \"write\" (run checks, acknowledge, silence, test notifiers), \"conversations\" (conversations and memories), \"metrics\" (GET /metrics), \"probe\" (GET /probe), \"admin\" (everything). \"relay\" has no route in this version. Default: everything.", public, of(text), oneOf(Scopes...)),
			}},
			{Name: "tls", Doc: "The certificate for HTTPS.", Rows: []Row{
				attribute("cert_file", Path, "The certificate chain, PEM.", public, required),
				attribute("key_file", Path, "The private key of the certificate, PEM.", public, required),
			}},
		}},
		{Name: "log", Doc: "Logging.", Rows: []Row{
			attribute("level", text, "Minimum log level.", public, preset("info"), oneOf(levelNames...)),
		}},
		{Name: "store", Doc: "vega's own database.", Rows: []Row{
			attribute("path", Path, "The database file. Default: vega.db in data_dir.", public),
			attribute("slow_query", duration, "Queries that take at least this long, in any database, are recorded with their plan and advice.", public, preset("100ms"), within(0.001, 3600)),
			attribute("keep_runs", duration, "How long probe runs are kept.", public, preset("720h"), within(3600, 10*365*24*3600)),
			attribute("keep_conversations", duration, "How long conversations are kept. Default: forever.", public, within(3600, 100*365*24*3600)),
			attribute("max_size", size, "Maximum size of the file. Beyond it, the oldest runs are deleted.", public, preset("1GiB"), within(1<<20, 1<<46)),
		}},
		{Name: "llm", Doc: "The language model backend, for integrations that refer to it.", Rows: []Row{
			attribute("backend", text, "The kind of model server.", public, preset("ollama"), oneOf("ollama", "hf")),
			attribute("model_name", text, "The name of the model.", public, wanted),
			attribute("base_url", manifest.URL, "The URL of the backend.", preset("http://127.0.0.1:11434")),
			attribute("temperature", manifest.Number, "The sampling temperature, for integrations that refer to it. 0 makes answers deterministic.", public, preset(0.7), within(0, 2)),
			attribute("top_p", manifest.Number, "The nucleus sampling threshold, for integrations that refer to it. 1 considers every token.", public, preset(0.9), within(0, 1)),
			attribute("timeout", duration, "Maximum time for a response of the model, for integrations that refer to it.", public, preset("60s"), within(0.001, 3600),
				about(5, 300, "A model that is not loaded yet takes seconds to respond, and few users wait for minutes.")),
		}},
		{Name: "network", Doc: "Name resolution, trusted certificates and the HTTP proxy.", Rows: []Row{
			attribute("resolver", manifest.Address, "The DNS server of probes and databases, host:port. Default: the system's.", public, func(r *Row) { r.DNS = true }),
			attribute("ca_file", Path, "Certificates that are trusted in addition to the system's: by probes and notifiers, and for databases whose dsn names no authority of its own. A PEM file, which is read again when it changes.", public),
			attribute("proxy", text, "The HTTP proxy for the HTTP requests of probes, such as \"http://proxy.example.com:3128\", with the login if it needs one. Other connections are direct. If the proxy is at fault, a check is unknown.", sensitive, login),
			attribute("no_proxy", manifest.List, "Hosts that are reached without the proxy: names, \".example.com\" for a domain, addresses and ranges. Loopback always is.", public, of(text)),
		}},
		{Name: "plugins", Doc: "Plugins from files.", Rows: []Row{
			attribute("dir", Path, "The directory to watch for .wasm files.", public, preset("plugins")),
			attribute("replace", manifest.List, "Bundled plugins, except core, that a file in dir may replace. Any other file with the name of a bundled plugin is refused.", public, of(text)),
			attribute("trusted_keys", manifest.List, "Public keys, as vega plugin keygen prints them. If set, plugins in dir must be signed by one of them.", public, of(text)),
		}},
		{Name: "sandbox", Doc: "Limits shared by all running probes.", Rows: []Row{
			attribute("host_memory", size, "Maximum memory that vega holds on behalf of probes: responses, rows, connection buffers. A quarter is reserved for bundled plugins. This memory also counts toward the memory limit of the probe. With little memory, the maximum is a quarter of what vega may use.", public, preset("256MiB"), within(16<<20, 1<<46)),
		}},
		{Name: "database", Label: "name", Doc: "A database that probes can be granted, as database.NAME.", Rows: []Row{
			attribute("driver", text, "The kind of database. mysql is also for MariaDB.", public, required, oneOf("postgres", "mysql", "sqlite")),
			attribute("dsn", text, "The data source name: postgres://USER:PASSWORD@HOST:5432/NAME for postgres, USER:PASSWORD@tcp(HOST:3306)/NAME for mysql, the path of the file for sqlite.", required, sensitive, login),
		}},
		{Name: "integration", Label: "name", Doc: "A probe and its target.", Rows: []Row{
			attribute("probe", Probe, "The probe to run, as plugin.probe.", required),
			attribute("enabled", manifest.Bool, "Whether the integration runs.", preset(true)),
			attribute("interval", duration, "Time between checks. With \"0s\" it runs only on request. Default: the probe's own, or 1m.", public),
			attribute("timeout", duration, "Maximum time for a check. Default: the probe's own, or 10s.", public, within(1, manifest.MaxTimeout.Seconds())),
			attribute("memory", size, "Maximum memory of the probe.", public, preset("32MiB"), within(1<<16, 4<<30)),
			attribute("sha256", text, "The digest of the plugin's module, as vega plugin inspect shows it. vega runs no other module for this integration.", public),
			attribute("depends_on", manifest.List, "Integrations that this one's target depends on, as [integration.NAME]. If one of them is unhealthy, it is reported as the root cause. For one with for_each, integration.NAME stands for all of its instances, and integration.NAME[\"KEY\"] for one.", public, of(Integration)),
			connectTo(),
			attribute("for_each", Targets, "The targets of an integration that checks several: a literal map of keys and values, or a list. Each becomes an instance of its own, called NAME.KEY, in which each.key and each.value are its key and value; a value may be a map, whose elements are each.value.ELEMENT. The key of an element of a list is its text, with other characters than letters, digits, dots, - and _ replaced by -. At most 10,000."),
			attribute("for_each_file", Path, "A file with the targets, one on each line: KEY = VALUE, or a value alone, whose key is made from it. Blank lines and comments that begin with # or // are skipped. vega reloads when the file changes.", public),
			attribute("group", text, "A group of integrations, by which they are summarized. At most 64 characters.", public),
			attribute("labels", manifest.Map, "Labels, for programs that read vega's reports. A key has letters, digits and underscores, and does not begin with a digit or with two underscores.", public, of(text)),
			attribute("description", text, "What is checked, in a line.", public),
			attribute("runbook", manifest.URL, "A page that says what to do when the target is not healthy.", public),
		}, Blocks: []*Block{
			{Name: "config", Doc: "The probe's options.", Open: true},
			tlsBlock,
			authBlock,
			sshBlock,
			{Name: "grant", Doc: "What the probe may use in addition to the targets in config.", Rows: []Row{
				attribute("http", manifest.List, "Methods and origins, such as \"GET https://example.com\".", public, of(text)),
				attribute("net", manifest.List, "Connections, such as \"tcp://example.com:25\" (tcp, tls or udp).", public, of(text)),
				attribute("dns", manifest.List, "Names to resolve, such as \"example.com\", and DNS servers, such as \"@10.0.0.2:53\".", public, of(text)),
				attribute("icmp", manifest.List, "Hosts and ranges of addresses to ping, such as \"example.com\" or \"10.0.0.0/8\".", public, of(text)),
				attribute("websocket", manifest.List, "Origins to connect to over WebSocket, such as \"wss://example.com\".", public, of(text)),
				attribute("ssh", manifest.List, "SSH servers, such as \"example.com:22\". What is run there is only the command in the ssh block.", public, of(text)),
				attribute("unix", manifest.List, "Sockets in the file system: with an HTTP method for requests over it, such as \"GET /run/docker.sock\"; a path alone for any other protocol.", public, of(text)),
				attribute("sql", manifest.List, "Databases to read, such as database.app.", of(manifest.Database)),
				attribute("kv", size, "How much data the probe may store between checks.", public),
				attribute("plaintext", manifest.Bool, "Whether secrets may be sent unencrypted to other hosts."),
				attribute("secrets", text, "Where a third-party plugin may send secrets. Default: a secret is sent only to its own target, as the whole value of a header, in basic authentication or in the configured URL. \"anywhere\" also allows request bodies, connections, queries, and every destination granted here.", public, oneOf("anywhere")),
			}},
		}},
		{Name: "threshold", Label: "name", Doc: "The values at which a metric causes a warning or an error. A threshold replaces the built-in one of the same name or for the same metric.", Renamed: map[string]string{"resource": "metric"}, Rows: []Row{
			attribute("metric", Figure, "The metric to monitor: of the system, of one database (database.NAME), of every database (databases), of a metric block (metric.NAME), or one that a probe reports (integration.NAME.METRIC). vega docs config figures lists them.", required),
			attribute("warning", Quantity, "The value at which a warning begins.", public),
			attribute("error", Quantity, "The value at which an error begins.", public),
			attribute("clear", Quantity, "The value at which a warning ends. An error ends at the same distance from where it began. Default: both end where they began.", public),
			attribute("when", text, "Whether values \"above\" or \"below\" the threshold are bad. Default: \"below\" for what is left, such as system.disk.free, and \"above\" for everything else.", public, oneOf("above", "below")),
			attribute("enabled", manifest.Bool, "Whether the threshold is active.", preset(true)),
		}},
	},
}))))

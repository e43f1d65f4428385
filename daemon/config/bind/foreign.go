package bind

// foreign says what to write instead of a block or attribute that other
// programs have at the top level of their configuration.
var foreign = foreignNames()

func foreignNames() map[string]string {
	const (
		integration = `use integration "NAME" { … }, with its probe and a config block; vega docs config integration describes it`
		value       = `write the value where it is used, refer to another attribute such as server.port, or read a variable with env("NAME")`
	)
	return byName(map[string]string{
		integration:                    "endpoint endpoints check checks monitor monitors service services target targets job jobs host hosts healthcheck healthchecks probe probes module modules scrape_configs resource website websites site url urls",
		value:                          "variable variables locals local vars var let data output",
		noAlerts:                       "alert alerts alerting alertmanager notification notifications notifier notifiers notify contact contacts pager webhook",
		"use log { level = \"info\" }": "logging logger logs",
		"use store { … } for vega's own database":                                             "storage db persistence",
		"use server { host = …, port = … }, on two lines":                                     "http web api listen listener listeners ui metrics port",
		"use network { resolver = … }":                                                        "dns resolver resolvers",
		"use defaults { … } for values that integrations share, such as interval and timeout": "global globals default settings",
		"use threshold \"NAME\" { … }, which judges a metric of this machine":                 "rule rules thresholds limits",
		"use llm { … }":     "model models ai",
		"use plugins { … }": "plugin extensions",
		`use include = ["FILE.hcl"] to read other files`: "import imports source includes",
	})
}

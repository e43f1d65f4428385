// Package daemon assembles vega. It opens the store, the sandbox and the monitor,
// applies configurations, and starts and stops everything. Call Open, then Run in
// its own goroutine, and finally Shutdown.
//
// The daemon replaces its configuration and modules as a whole, and only after
// checking and loading the new ones. Packages daemon/api and daemon/vega import this
// package; it imports neither.
//
// # Where things are
//
//	daemon.go      Open, and the steps of startup (step.go)
//	run.go         Run, Drain and Shutdown
//	reload.go      Reload, and the report of an attempt (attempt.go)
//	follow.go      reloads the configuration when its files change
//	validate.go    Validate and Plan, which change nothing
//	state.go       the current configuration, plugins, databases, thresholds
//	descriptors.go divides file descriptors between clients and checks
//	sinks.go       records runs (history.go reads them back)
//	databases.go, system.go, measure.go  connect databases, monitor and metric blocks to the current configuration
//	telemetry.go, scrape.go, traces.go   connect the exporters to what they export
//	coalescer.go   lets concurrent callers share one operation
//
//	engine/        runs integrations, on intervals and on request
//	catalog/       finds, compiles and loads plugins
//	databases/     runs the queries of probes
//	measure/       runs the queries of the metric blocks
//	trim/          returns memory to the system while vega is idle
//	monitor/       judges the state of this machine (diagnostics/ reads it)
//	telemetry/     what vega exports: metrics/ (GET /metrics), blackbox/ (GET /probe), tracing/
//	               (OTLP), statsd/; shipped/ has rules and dashboards for it
//	config/        loads and checks vega.hcl; plan/ compares two configurations
//	api/           serves HTTP; vega/ is the command
//	web/           answers browsers: the dashboard and status pages; live/ has the last runs
//
// # A request, in call order
//
//	Limiter.Accept   api/limit/limiter.go  accepts a connection, perhaps closing an idle one
//	gate.ServeHTTP   api/gate.go     identifies the client, limits requests
//	routes           api/routes.go   the table of routes
//	a handler        api/handlers.go decodes, calls one method here, encodes
//	                 (a page: api/pages.go, then web/access.go and the method of its row)
//	Engine.Health    engine/health.go  runs integrations and waits for them
//	writeError       api/error.go    turns every error into a response
//
// # A configuration or plugin change, in call order
//
//	Catalog.Watch    catalog/watch.go  a module was added, changed or removed
//	Daemon.poll      follow.go    a configuration file changed
//	Daemon.Reload    reload.go    loads a new configuration, also on SIGHUP or by HTTP
//	Daemon.adopt     reload.go    rejects it, finds it unchanged, or prepares it
//	Catalog.Fit      catalog/load.go  loads each new module before anything changes
//	Daemon.install   state.go     swaps in the new state as a whole
//	Daemon.conclude  reload.go    logs the outcome and keeps it for Validate
package daemon

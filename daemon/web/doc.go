// Package web answers browsers: the dashboard, its forms, and the public status pages.
// Each page is whole without JavaScript; the scripts only add to it.
//
//	site.go       Site, and its settings
//	routes.go     the table of pages and forms
//	request.go    a request with who sends it; Show and Done answer it
//	layout.go     what is around each page
//	sources.go    what the pages read and change
//	access.go     who sends a request, and what they may; headers and errors of all pages
//	login.go      login, logout, the cookie
//	events.go     the stream of what changes
//	gzip.go       sends answers, compressed
//
// The other files are the pages: overview.go (row.go, trouble.go), integration.go (past.go),
// oncall.go, measurements.go, machine.go, conversations.go, config.go (plan.go), status.go.
//
// What pages are made of is in packages of their own, which know nothing of requests:
//
//	ui/           the parts that pages share, and the rules for text from others
//	history/      uptime, runs and charts of integrations
//	oncall/       incidents, silences, alerts and notifiers
//	machine/      databases, diagnostics and plugins
//	publish/      status pages and badges, and what is kept of them
//	query/        the filter of the overview
//	session/      sessions, tries to log in, messages after a form
//	assets/       the style and the scripts
package web

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
//
// The other files have one page each. ui/ has the parts that pages share, assets/ the style
// and the scripts, machine/ the databases, diagnostics and plugins, query/ the filter of the overview, session/ the sessions, and publish/
// the status pages and badges.
package web

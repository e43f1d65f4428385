package schema

import (
	"slices"

	"vega/plugins/manifest"
)

// PageScopes are the scopes that pages of the dashboard need.
var PageScopes = []string{"read", "write", "conversations", "admin"}

// dashboardRows describe the dashboard, in the block server.
var dashboardRows = []Row{
	attribute("dashboard", manifest.Bool, "Whether vega answers browsers at / with the dashboard. Pages of status_page blocks are answered in any case.", preset(true)),
	attribute("auth_header", text, "The header in which a proxy that authenticates people says who sends a request, such as \"X-Forwarded-User\". That person needs no API key for the dashboard. vega reads the header only in requests from trusted_proxies; the proxy must replace it in each request, or a client could send its own.", public),
	attribute("auth_scopes", manifest.List, "What people who are named by auth_header may do in the dashboard: the scopes of a key, of which \"read\" or \"admin\" is needed for any page.", public, of(text), oneOf(PageScopes...), preset([]any{"read", "write"})),
}

// statusPageBlock describes a public status page.
var statusPageBlock = &Block{Name: "status_page", Label: "name", Doc: "A public page at /status/NAME, for everyone who can reach vega, without a key: the state of some integrations, 90 days of uptime, and incidents. It shows public names and states only: no messages, targets, latencies or other integrations.", Rows: []Row{
	attribute("title", text, "The title of the page. Default: its name.", public),
	attribute("integrations", manifest.List, "The integrations on the page, in this order, selected as in an alert. At least one must be selected, and at most 1,000.", public, required, of(Selector)),
	attribute("names", manifest.Map, "Public names of integrations, by their names: { orders-db = \"Orders\" }. Others are shown by their own names. A public name occurs once on a page.", public, of(text)),
}}

// withPages adds what is for browsers to a table.
func withPages(t *Block) *Block {
	server := t.Block("server")
	server.Rows = slices.Concat(server.Rows, dashboardRows)
	t.Blocks = append(t.Blocks, statusPageBlock)
	return t
}

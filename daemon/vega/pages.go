package main

import (
	"net/url"
	"strings"

	"vega/daemon/api"
	"vega/daemon/config"
	"vega/daemon/web"
)

// pagesOf returns what a configuration says about the dashboard and the status pages.
func pagesOf(c *config.Config) web.Settings {
	base, err := url.Parse(c.Server.ExternalURL)
	if err != nil { // the configuration was checked
		base = &url.URL{}
	}
	s := web.Settings{
		Prefix: strings.TrimSuffix(base.Path, "/"), Secure: c.Server.TLS != nil || base.Scheme == "https",
		Dashboard: c.Server.Dashboard, AuthHeader: c.Server.AuthHeader, StatusPages: c.StatusPages,
	}
	for _, name := range c.Server.AuthScopes {
		s.AuthScopes = append(s.AuthScopes, api.Scope(name))
	}
	return s
}

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
		Prefix: strings.TrimSuffix(base.Path, "/"), Origin: origin(base),
		Dashboard: c.Server.Dashboard, AuthHeader: c.Server.AuthHeader, StatusPages: c.StatusPages,
	}
	for _, name := range c.Server.AuthScopes {
		s.AuthScopes = append(s.AuthScopes, api.Scope(name))
	}
	return s
}

// origin returns the origin of a URL as browsers send it, or "" if it has no host.
func origin(u *url.URL) string {
	host, scheme := strings.ToLower(u.Host), strings.ToLower(u.Scheme)
	if host == "" {
		return ""
	}
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
	return scheme + "://" + host
}

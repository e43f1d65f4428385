package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// stylesheet finds the path of the style in a page of the dashboard.
var stylesheet = regexp.MustCompile(`href="([^"]+\.css)"`)

// pages checks that the dashboard asks for a login, whatever key is sent along, that its
// headers and files arrive at a browser, and that forms of other sites are rejected.
func pages(ctx context.Context, s *session) (string, error) {
	a, err := s.Client.send(ctx, request{method: http.MethodGet, path: "/", key: s.Client.Key, id: s.id, header: [2]string{"Accept", "text/html"}})
	if err != nil {
		return "", err
	}
	logsIn := ""
	switch {
	case a.status == http.StatusNotFound && a.kind() == "application/problem+json":
		return "the dashboard is off", nil
	case a.status == http.StatusOK && a.kind() == "text/html":
		logsIn = "; the proxy in front of the daemon logs people in"
	case a.status != http.StatusSeeOther || !strings.HasSuffix(a.header.Get("Location"), "/login?next=%2F"):
		return "", &failure{expected: "GET / to lead to /login", seen: strings.TrimSpace(a.String() + " " + a.header.Get("Location"))}
	default:
		if a, err = s.Client.send(ctx, request{method: http.MethodGet, path: "/login", id: s.id, header: [2]string{"Accept", "text/html"}}); err != nil {
			return "", err
		}
	}
	if err := checkPage(ctx, s, a); err != nil {
		return "", err
	}
	if err := s.checkForeignForm(ctx); err != nil {
		return "", err
	}
	return "pages need a login, have their headers and files, and take no forms of other sites" + logsIn, nil
}

// checkPage checks what limits a browser on a page, and the file that its style is in.
func checkPage(ctx context.Context, s *session, a answer) error {
	if err := a.is(http.StatusOK); err != nil {
		return err
	}
	if policy := strings.Join(a.header.Values("Content-Security-Policy"), ", "); !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; ") || !strings.Contains(policy, "frame-ancestors 'none'") {
		return &failure{expected: "the Content-Security-Policy of vega at " + a.path, seen: fmt.Sprintf("%q", clip(policy))}
	}
	found := stylesheet.FindSubmatch(a.body)
	base, err := url.Parse(s.Client.URL)
	if found == nil || err != nil {
		return &failure{expected: a.path + " to be a page with a style", seen: a.kind()}
	}
	path, ok := strings.CutPrefix(string(found[1]), strings.TrimSuffix(base.Path, "/")+"/")
	if !ok {
		return &failure{expected: "links of " + a.path + " to begin with " + base.Path, seen: clip(string(found[1])), fix: fmt.Sprintf("write in the server block: external_url = %q", s.Client.URL)}
	}
	style, err := s.public(ctx, http.MethodGet, "/"+path)
	if err != nil {
		return err
	}
	if style.status != http.StatusOK || style.kind() != "text/css" {
		return &failure{expected: "the style of the pages at " + style.path, seen: fmt.Sprintf("%d, %s", style.status, style.kind())}
	}
	return nil
}

// checkForeignForm sends a logout, of nobody, as the page of another site makes a browser
// send it.
func (s *session) checkForeignForm(ctx context.Context) error {
	a, err := s.Client.send(ctx, request{method: http.MethodPost, path: "/logout", id: s.id, header: [2]string{"Origin", "https://" + name + ".invalid"}})
	if err != nil {
		return err
	}
	if a.status != http.StatusForbidden {
		return &failure{expected: "a form of another site to be rejected with 403", seen: a.String()}
	}
	return nil
}

package verify

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// nowhere is an ID that no conversation has.
const nowhere = "9223372036854775807"

// auth: no route that needs a key is open without one or with a wrong one, nor
// tells whether there is such a route, nor repeats a key.
func auth(ctx context.Context, s *session) (string, error) {
	routes := []Route{{Method: http.MethodGet, Path: "/admin/" + s.tag}, {Method: http.MethodGet, Path: "/v1/" + s.tag}}
	for _, r := range s.Routes {
		if !r.Public {
			routes = append(routes, r)
		}
	}
	wrong := random() + random() + random()
	for _, r := range routes {
		for _, key := range []string{"", wrong} {
			if err := s.refused(ctx, r, key); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%d routes refuse no key and a wrong one", len(routes)), nil
}

// refused asks with a parameter that no route has: where the key is not what
// stops the request, that does, and nothing is changed.
func (s *session) refused(ctx context.Context, r Route, key string) error {
	path := strings.NewReplacer(":name", s.tag, ":key", s.tag, ":id", nowhere).Replace(r.Path)
	a, err := s.Client.send(ctx, request{method: r.Method, path: path + "?" + name + "=auth", key: key, id: s.id})
	if err != nil {
		return err
	}
	with := "no key"
	if key != "" {
		with = "a wrong key"
	}
	if a.status != http.StatusUnauthorized {
		return &failure{expected: fmt.Sprintf("%s %s with %s to answer 401", r.Method, path, with), seen: a.String()}
	}
	return s.leaks(a, key)
}

// leaks reports a key in an answer.
func (s *session) leaks(a answer, given string) error {
	text := fmt.Sprint(a.header) + string(a.body)
	for what, key := range map[string]string{"the API key": s.Client.Key, "the key that was given": given} {
		if key != "" && strings.Contains(text, key) {
			return &failure{expected: "no key in the refusal of " + a.path, seen: what}
		}
	}
	return nil
}

package verify

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// missingID is an ID that no conversation has.
const missingID = "9223372036854775807"

// auth checks that every route that needs a key refuses requests without one or
// with a wrong one, in the same way as a route that does not exist, and that no
// answer contains a key.
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
			if err := s.checkRefused(ctx, r, key); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%d routes refuse a missing and a wrong key", len(routes)), nil
}

// checkRefused sends a query parameter that no route accepts: if the route is open,
// the parameter keeps the request from changing anything.
func (s *session) checkRefused(ctx context.Context, r Route, key string) error {
	path := strings.NewReplacer(":name", s.tag, ":key", s.tag, ":id", missingID).Replace(r.Path)
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
	return s.checkNoKey(a, key)
}

// checkNoKey checks that an answer contains neither key.
func (s *session) checkNoKey(a answer, given string) error {
	text := fmt.Sprint(a.header) + string(a.body)
	for what, key := range map[string]string{"the API key": s.Client.Key, "the key that was given": given} {
		if key != "" && strings.Contains(text, key) {
			return &failure{expected: "no key in the refusal of " + a.path, seen: what}
		}
	}
	return nil
}

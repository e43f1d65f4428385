package egress

import (
	"context"
	"net/http"
	"strings"

	"vega/plugins/transport"
)

// authorized makes one hop, with the integration's authentication if it is for
// that origin. If the target does not accept an access token that was issued
// earlier, the hop is repeated once with a new one.
func authorized(ctx context.Context, s *Session, out *outgoing, t *timings) (*answer, error) {
	rule, err := s.judge(out)
	if err != nil {
		return nil, err
	}
	if !s.route().authenticates(rule) {
		return s.exchange(ctx, rule, out, t)
	}
	client := s.route().options.Auth.Client
	value, fresh, err := authorization(ctx, s)
	if err != nil {
		return nil, err
	}
	a, err := s.exchange(ctx, rule, out.with(value), t)
	if err != nil || client == nil || fresh || a.StatusCode != http.StatusUnauthorized ||
		!s.network.tokens.Forget(client, strings.TrimPrefix(value, "Bearer ")) {
		return a, err
	}
	a.close()
	if value, _, err = authorization(ctx, s); err != nil {
		return nil, err
	}
	return s.exchange(ctx, rule, out.with(value), t)
}

// with returns the request with another Authorization. The original stays
// without it, because a redirect must not carry it elsewhere.
func (o *outgoing) with(authorization string) *outgoing {
	next := *o
	next.header = o.header.Clone()
	next.header.Set("Authorization", authorization)
	return &next
}

// authorization returns the header's value, and whether it was made for this
// call. From then on it is hidden like a secret.
func authorization(ctx context.Context, s *Session) (value string, fresh bool, err error) {
	auth := s.route().options.Auth
	for _, text := range auth.Secrets() {
		s.vault.Also(text)
	}
	switch {
	case auth.Client != nil:
		token, fresh, err := accessToken(ctx, s, auth.Client)
		if err != nil {
			return "", false, hostError(s.vault.Hide(err.Error()), err)
		}
		s.vault.Also(token)
		return "Bearer " + token, fresh, nil
	case len(auth.Token) > 0:
		return "Bearer " + auth.Token.Reveal(), true, nil
	default:
		value = basicLogin(auth.Username.Reveal(), auth.Password.Reveal())
		s.vault.Also(strings.TrimPrefix(value, "Basic "))
		return value, true, nil
	}
}

func accessToken(ctx context.Context, s *Session, c *transport.Client) (string, bool, error) {
	s.account().Leave()
	defer s.account().Return()
	b := &backchannel{s.network, s.route()}
	return s.network.tokens.Get(ctx, c, b.do)
}

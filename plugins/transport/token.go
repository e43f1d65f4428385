package transport

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"vega/policies/check"
)

const (
	tokenTimeout = 15 * time.Second // of a request to a token endpoint
	maxToken     = 64 << 10         // bytes of its answer
	maxEarly     = 30 * time.Second // how long before its end a token is replaced
	maxQuoted    = 120              // bytes of a text in its answer that a message quotes
	minHidden    = 4                // bytes of the shortest secret that is replaced in such a text
	minAge       = 5 * time.Second  // for how long a token is kept even if the target refuses it
)

// TokenError is why there is no access token. It says nothing about the target.
type TokenError struct {
	Endpoint string // scheme and host of the token endpoint
	Why      string
}

// Error returns the endpoint and what went wrong there.
func (e *TokenError) Error() string {
	return "no access token from " + e.Endpoint + ": " + e.Why
}

// Tokens keeps access tokens until shortly before they end. All runs share
// them, and one request for a token at a time. It is safe for concurrent use.
type Tokens struct {
	// Now returns the time; nil means time.Now.
	Now func() time.Time

	mu  sync.Mutex
	all map[string]*token
}

// token is an access token, or the request for one.
type token struct {
	value  string
	from   time.Time
	until  time.Time // zero: unknown
	inBody bool      // the endpoint wants the credentials in the body
	done   chan struct{}
	err    error
}

func (t *Tokens) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// Get returns an access token, and whether it was requested by this call. send
// must outlive the call, because others may wait for its answer, too. The error
// is a *TokenError, or that of ctx.
func (t *Tokens) Get(ctx context.Context, c *Client, send func(*http.Request) (*http.Response, error)) (value string, fresh bool, err error) {
	key := c.key()
	t.mu.Lock()
	k := t.all[key]
	if k != nil && k.done == nil && (k.until.IsZero() || t.now().Before(k.until)) {
		t.mu.Unlock()
		return k.value, false, nil
	}
	if k == nil || k.done == nil {
		k = &token{inBody: k != nil && k.inBody, done: make(chan struct{})}
		if t.all == nil {
			t.all = map[string]*token{}
		}
		t.all = emptied(t.all)
		t.all[key] = k
		fresh = true
		go t.fill(key, k, c, send)
	}
	done := k.done
	t.mu.Unlock()
	select {
	case <-done:
		return k.value, fresh, k.err
	case <-ctx.Done():
		return "", fresh, &TokenError{c.origin(), "it did not answer in time"}
	}
}

// Forget drops a token that the target does not accept, and reports whether it
// did: not one that was issued just now, so that no probe can make vega request
// one after the other.
func (t *Tokens) Forget(c *Client, value string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.all[c.key()]
	if k == nil || k.done != nil || k.value != value {
		return true // another run did
	}
	if t.now().Sub(k.from) < minAge {
		return false
	}
	k.until = time.Unix(1, 0)
	return true
}

// fill requests a token. It does not depend on the run that wants it first.
func (t *Tokens) fill(key string, k *token, c *Client, send func(*http.Request) (*http.Response, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), tokenTimeout)
	defer cancel()
	began := t.now()
	next := &token{inBody: k.inBody, from: began}
	var lives time.Duration
	next.value, lives, k.err = c.request(ctx, send, next.inBody)
	if refused, ok := errors.AsType[*refusal](k.err); ok && refused.credentials {
		if value, l, err := c.request(ctx, send, !next.inBody); err == nil {
			next.value, lives, k.err, next.inBody = value, l, nil, !next.inBody
		}
	}
	if lives > 0 {
		next.until = began.Add(lives - min(maxEarly, lives/4))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if k.value = next.value; k.err != nil {
		k.err = &TokenError{c.origin(), k.err.Error()}
		delete(t.all, key)
	} else {
		t.all[key] = next
	}
	close(k.done)
}

// key identifies what a token depends on.
func (c *Client) key() string {
	h := sha256.New()
	for _, part := range append([]string{c.TokenURL, c.ID.Reveal(), c.Secret.Reveal(), c.Audience}, c.Scopes...) {
		fmt.Fprintf(h, "%d %s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (c *Client) origin() string {
	u, err := url.Parse(c.TokenURL)
	if err != nil {
		return "token_url"
	}
	return u.Scheme + "://" + u.Host
}

// refusal is an answer without a token.
type refusal struct {
	text        string
	credentials bool // it is about how the client authenticates
}

func (r *refusal) Error() string { return r.text }

// request makes one request, with the client's credentials in a header or in
// the body: servers must support the header, but not all do.
func (c *Client) request(ctx context.Context, send func(*http.Request) (*http.Response, error), inBody bool) (string, time.Duration, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(c.Scopes) > 0 {
		form.Set("scope", strings.Join(c.Scopes, " "))
	}
	if c.Audience != "" {
		form.Set("audience", c.Audience)
	}
	if inBody {
		form.Set("client_id", c.ID.Reveal())
		form.Set("client_secret", c.Secret.Reveal())
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, errors.New("token_url is not a valid URL")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "vega")
	if !inBody {
		r.Header.Set("Authorization", "Basic "+c.login())
	}
	answer, err := send(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL
		}
		if errors.Is(err, io.EOF) {
			err = errors.New("it closes the connection without an answer; look into its log")
		}
		return "", 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxToken+1))
	if err != nil {
		return "", 0, err
	}
	return c.read(answer.StatusCode, body)
}

// login returns what the client sends in the header.
func (c *Client) login() string {
	return base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(c.ID.Reveal()) + ":" + url.QueryEscape(c.Secret.Reveal())))
}

// read reads the answer of a token endpoint, RFC 6749, section 5.
func (c *Client) read(status int, body []byte) (string, time.Duration, error) {
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   any    `json:"expires_in"` // not each server writes a number
		Error       any    `json:"error"`
		Description any    `json:"error_description"`
	}
	bad := json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &answer)
	switch {
	case len(body) > maxToken:
		return "", 0, errors.New("its answer is larger than 64 KiB")
	case status >= 300 && status < 400:
		return "", 0, fmt.Errorf("it answers %d, a redirect; write the address that it redirects to in token_url", status)
	case status/100 != 2, answer.AccessToken == "" && textOf(answer.Error) != "": // some report an error with 200
		return "", 0, c.refused(status, textOf(answer.Error), textOf(answer.Description))
	case len(bytes.TrimSpace(body)) == 0:
		return "", 0, errors.New("its answer is empty; correct token_url")
	case isForeign(bad):
		return "", 0, errors.New("its answer is JSON, but not that of a token endpoint; correct token_url")
	case bad != nil:
		return "", 0, errors.New("its answer is not JSON; correct token_url")
	case answer.AccessToken == "":
		return "", 0, errors.New("its answer has no access_token; correct token_url")
	case answer.TokenType != "" && !strings.EqualFold(answer.TokenType, "bearer") && !strings.EqualFold(answer.TokenType, "bearertoken"): // the latter is Apigee's
		return "", 0, fmt.Errorf("it issues tokens of type %q; only bearer is supported", c.quoted(answer.TokenType))
	case strings.ContainsFunc(answer.AccessToken, func(c rune) bool { return c <= ' ' || c >= 0x7f }):
		return "", 0, errors.New("its access_token has a character that a header can't have")
	}
	seconds, _ := strconv.ParseFloat(textOf(answer.ExpiresIn), 64)
	return answer.AccessToken, time.Duration(min(max(seconds, 0), 10*365*24*3600) * float64(time.Second)), nil
}

// isForeign reports whether an answer is JSON with values of other types.
func isForeign(err error) bool {
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

// textOf returns a text or a number as text, and "" for anything else.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

func (c *Client) refused(status int, code, description string) error {
	text := fmt.Sprintf("it answers %d", status)
	if code != "" {
		text += " " + c.quoted(code)
	}
	if description != "" {
		text += " (" + c.quoted(description) + ")"
	}
	fix := map[string]string{
		"invalid_client": "correct client_id and client_secret", "unauthorized_client": "allow the client credentials grant for this client",
		"invalid_scope": "correct scopes", "unsupported_grant_type": "enable the client credentials grant there",
	}[code]
	return &refusal{text + "; " + cmp.Or(fix, "look into its log"), status == http.StatusUnauthorized || status == http.StatusBadRequest && (code == "invalid_client" || code == "invalid_request" || code == "")}
}

// quoted shortens a text from the endpoint for a message. The endpoint knows the secret,
// so it is replaced first: nobody finds the beginning of one that was cut.
func (c *Client) quoted(s string) string {
	secret := c.Secret.Reveal()
	for _, sent := range []string{c.login(), url.QueryEscape(secret), secret} {
		if len(sent) >= minHidden {
			s = strings.ReplaceAll(s, sent, "(secret)")
		}
	}
	return check.Clip(strings.Join(strings.Fields(s), " "), maxQuoted)
}

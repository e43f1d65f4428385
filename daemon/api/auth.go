package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// Key is an API key. The access log shows its name.
type Key struct {
	Name, Value string
	Scopes      []Scope // what it may be used for; empty: everything
}

// digest is the stored form of a key. Comparing digests takes constant time, so
// it reveals neither the length of a key nor how much of a guess is right.
type digest struct {
	name   string
	sum    [sha256.Size]byte
	scopes []Scope
}

// SetKeys replaces the accepted keys. It ignores empty ones.
func (a *API) SetKeys(keys []Key) {
	var all []digest
	for _, k := range keys {
		if k.Value != "" {
			all = append(all, digest{k.Name, sha256.Sum256([]byte(k.Value)), k.Scopes})
		}
	}
	a.keys.Store(&all)
}

// The details of a request without a valid key.
const (
	sendKey  = "send one valid API key in the header X-API-Key, or as Authorization: Bearer"
	twoKeys  = "send one valid API key in the header X-API-Key, or as Authorization: Bearer; this request has both, and they differ"
	noBearer = "send one valid API key in the header X-API-Key, or as Authorization: Bearer; this request has another Authorization scheme"
)

// authenticate returns nil for a request with an accepted key. What it answers
// otherwise depends only on which headers there are, and not on their values.
func (a *API) authenticate(c *gin.Context) error {
	k, why := a.keyOf(c.Request)
	if k != nil {
		c.Set(keyName, k.name)
		return nil
	}
	c.Header("WWW-Authenticate", `ApiKey realm="vega", header="X-API-Key", Bearer realm="vega"`)
	return &problem{http.StatusUnauthorized, why}
}

// authenticateUnder authenticates requests for unknown paths under /admin and /v1,
// so that a caller without a key can't find out which paths exist.
func (a *API) authenticateUnder(c *gin.Context) error {
	first, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
	if first != "admin" && first != "v1" {
		return nil
	}
	return a.authenticate(c)
}

// keyOf returns the accepted key of a request, or why there is none.
func (a *API) keyOf(r *http.Request) (k *digest, why string) {
	given, why := keyIn(r.Header)
	if given == "" {
		return nil, why
	}
	return a.find(given), sendKey
}

// keyIn returns the key in the headers of a request, or why there is none. A proxy
// may use Authorization for itself, so another scheme counts only if there is no
// X-API-Key.
func keyIn(h http.Header) (key, why string) {
	own, authorization := h.Values("X-API-Key"), h.Values("Authorization")
	if len(own) > 1 || len(authorization) > 1 {
		return "", sendKey
	}
	bearer, isBearer := "", false
	if len(authorization) == 1 {
		scheme, value, _ := strings.Cut(strings.TrimSpace(authorization[0]), " ")
		if isBearer = strings.EqualFold(scheme, "Bearer"); isBearer {
			bearer = strings.TrimSpace(value)
		}
	}
	switch {
	case len(own) == 1 && isBearer && subtle.ConstantTimeCompare([]byte(own[0]), []byte(bearer)) == 0:
		return "", twoKeys
	case len(own) == 1:
		return own[0], sendKey
	case len(authorization) == 1 && !isBearer:
		return "", noBearer
	default:
		return bearer, sendKey
	}
}

// find returns an accepted key, or nil. It compares the value with every key, so its
// timing reveals nothing.
func (a *API) find(value string) (found *digest) {
	sum := sha256.Sum256([]byte(value))
	all := *a.keys.Load()
	for n := range all {
		if subtle.ConstantTimeCompare(sum[:], all[n].sum[:]) == 1 {
			found = &all[n]
		}
	}
	return found
}

// keyName is the context key of the key's name, for the access log.
const keyName = "key"

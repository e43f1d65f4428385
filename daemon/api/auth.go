package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// Key is an API key. The access log shows its name.
type Key struct{ Name, Value string }

// digest is the stored form of a key. Comparing digests takes constant time, so
// it reveals neither the length of a key nor how much of a guess is right.
type digest struct {
	name string
	sum  [sha256.Size]byte
}

// SetKeys replaces the accepted keys. It ignores empty ones.
func (a *API) SetKeys(keys []Key) {
	var all []digest
	for _, k := range keys {
		if k.Value != "" {
			all = append(all, digest{k.Name, sha256.Sum256([]byte(k.Value))})
		}
	}
	a.keys.Store(&all)
}

// authenticate returns nil for a request with an accepted key. Every other request
// gets the same error, whatever it sent.
func (a *API) authenticate(c *gin.Context) error {
	if name, ok := a.nameOf(c.Request); ok {
		c.Set(keyName, name)
		return nil
	}
	c.Header("WWW-Authenticate", `ApiKey realm="vega", header="X-API-Key"`)
	return &problem{http.StatusUnauthorized, "send one valid API key in the header X-API-Key"}
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

// nameOf returns the name of the key that a request sends, if it is accepted.
func (a *API) nameOf(r *http.Request) (name string, ok bool) {
	given := r.Header.Values("X-API-Key")
	if len(given) != 1 {
		return "", false
	}
	return a.named(given[0])
}

// named finds the name of a key. It compares the key with every accepted one, so
// its timing reveals nothing.
func (a *API) named(value string) (name string, ok bool) {
	sum := sha256.Sum256([]byte(value))
	for _, k := range *a.keys.Load() {
		if subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 {
			name, ok = k.name, true
		}
	}
	return name, ok
}

// keyName is the context key of the key's name, for the access log.
const keyName = "key"

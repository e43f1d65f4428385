package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// Key is an API key. Its name tells in the access log which one was used.
type Key struct{ Name, Value string }

// digest is a key as it is kept: comparing digests takes the same time however
// much of a guess is right, and however long it is.
type digest struct {
	name string
	sum  [sha256.Size]byte
}

// SetKeys sets the keys that are right from now on. An empty one never is.
func (a *API) SetKeys(keys []Key) {
	var all []digest
	for _, k := range keys {
		if k.Value != "" {
			all = append(all, digest{k.Name, sha256.Sum256([]byte(k.Value))})
		}
	}
	a.keys.Store(&all)
}

// authenticate lets a request with a right key through. Without one the answer
// is the same, whatever was given instead.
func (a *API) authenticate(c *gin.Context) error {
	if name, ok := a.nameOf(c.Request); ok {
		c.Set(keyName, name)
		return nil
	}
	c.Header("WWW-Authenticate", `ApiKey realm="vega", header="X-API-Key"`)
	return &problem{http.StatusUnauthorized, "this needs an API key in the header X-API-Key, once, and one that is right"}
}

// authenticateUnder is authenticate for paths that no route has: under /admin
// and /v1, who has no key does not learn what is there.
func (a *API) authenticateUnder(c *gin.Context) error {
	first, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
	if first != "admin" && first != "v1" {
		return nil
	}
	return a.authenticate(c)
}

// nameOf is the name of the key that a request shows, if it is right.
func (a *API) nameOf(r *http.Request) (name string, ok bool) {
	given := r.Header.Values("X-API-Key")
	if len(given) != 1 {
		return "", false
	}
	return a.named(given[0])
}

// named compares with every key, so that the time tells nothing.
func (a *API) named(value string) (name string, ok bool) {
	sum := sha256.Sum256([]byte(value))
	for _, k := range *a.keys.Load() {
		if subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 {
			name, ok = k.name, true
		}
	}
	return name, ok
}

// keyName is where the name of the key in use is kept for the access log.
const keyName = "key"

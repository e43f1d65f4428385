package api

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Key is an API key. The access log shows its name.
type Key struct {
	Name, Value string
	Digest      [sha256.Size]byte // SHA-256 of the value, for a key without Value
	Scopes      []Scope           // what it may be used for; empty: everything
	Expires     time.Time         // zero: never
}

// digest is an accepted key without its value.
type digest struct {
	name    string
	sum     [sha256.Size]byte
	scopes  []Scope
	expires time.Time
}

// keyring finds keys in a time that does not depend on their number, and that
// reveals nothing about them: a key is found under a hash of its digest with a
// random salt, which a client can't compute.
type keyring struct {
	salt [sha256.Size]byte
	keys map[[sha256.Size]byte]*digest
}

// SetKeys replaces the accepted keys. It ignores those with neither a value nor a
// digest. Of two with the same value, the last counts.
func (a *API) SetKeys(keys []Key) {
	ring := &keyring{keys: make(map[[sha256.Size]byte]*digest, len(keys))}
	rand.Read(ring.salt[:]) // never returns an error
	for _, k := range keys {
		d := &digest{k.Name, k.Digest, k.Scopes, k.Expires}
		if k.Value != "" {
			d.sum = sha256.Sum256([]byte(k.Value))
		}
		if d.sum != [sha256.Size]byte{} {
			ring.keys[ring.place(d.sum)] = d
		}
	}
	a.keys.Store(ring)
	a.site.KeysChanged()
}

// place returns where the key with a digest is.
func (r *keyring) place(sum [sha256.Size]byte) [sha256.Size]byte {
	return sha256.Sum256(append(r.salt[:len(r.salt):len(r.salt)], sum[:]...))
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
	return unauthorized(c, why)
}

func unauthorized(c *gin.Context, why string) error {
	c.Header("WWW-Authenticate", `ApiKey realm="vega", header="X-API-Key", Bearer realm="vega"`)
	return &problem{http.StatusUnauthorized, why}
}

// authenticateUnder authenticates requests for unknown paths under /admin and /v1,
// so that a caller without a key can't find out which paths exist.
func (a *API) authenticateUnder(c *gin.Context) error {
	if !underKey(c.Request.URL.Path) {
		return nil
	}
	return a.authenticate(c)
}

// underKey reports whether everything under a path needs a key.
func underKey(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first == "admin" || first == "v1"
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

// find returns an accepted key, or nil.
func (a *API) find(value string) *digest {
	sum := sha256.Sum256([]byte(value))
	ring := a.keys.Load()
	k := ring.keys[ring.place(sum)]
	if k == nil || subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 0 {
		return nil
	}
	return valid(k)
}

// keyName is the context key of the key's name, for the access log.
const keyName = "key"

package profile

import (
	"encoding/json"
	"net/http"
)

// Handler answers GET with Stats as JSON, and POST with Reset and 204. It does
// not authenticate: mount it where only operators have access.
func (p *Profiler) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			// This fails only if the client has disconnected.
			_ = json.NewEncoder(w).Encode(p.Stats())
		case http.MethodPost:
			p.Reset()
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", "GET, HEAD, POST")
			http.Error(w, "GET the statistics, or POST to reset them", http.StatusMethodNotAllowed)
		}
	})
}

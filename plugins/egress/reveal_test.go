package egress

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// A plugin that does not ship with vega may send a secret only where the peer
// checks it as a whole. Anything that the plugin assembles itself is refused
// before a byte is sent.
func TestThirdPartySendsWholeSecretsOnly(t *testing.T) {
	var arrived atomic.Int32
	var last *http.Request
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { last = r; arrived.Add(1) })
	part := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		request func(*run) *Request
		refused string // part of the denial; "" if the request is sent
	}{
		"no secret":           {func(*run) *Request { return &Request{} }, ""},
		"header":              {func(r *run) *Request { return &Request{Header: []Field{{"X-Token", r.mask}}} }, ""},
		"bearer":              {func(r *run) *Request { return &Request{Header: []Field{{"Authorization", "Bearer " + r.mask}}} }, ""},
		"basic":               {func(r *run) *Request { return &Request{BasicUser: part("me"), BasicPass: &r.mask} }, ""},
		"the URL as it is":    {func(r *run) *Request { return &Request{URL: r.url} }, ""},
		"the URL and more":    {func(r *run) *Request { return &Request{URL: r.url + "&a=b"} }, ""},
		"part of a header":    {func(r *run) *Request { return &Request{Header: []Field{{"X-Token", r.mask + "x"}}} }, "as part of the header X-Token"},
		"two in a header":     {func(r *run) *Request { return &Request{Header: []Field{{"X-Token", r.mask + " " + r.mask}}} }, "as part of the header"},
		"two words before it": {func(r *run) *Request { return &Request{Header: []Field{{"X-Token", "a b " + r.mask}}} }, "as part of the header"},
		"expression":          {func(r *run) *Request { return &Request{Header: []Field{{"X-Token", "{{'" + r.mask + "'|b64}}"}}} }, "as part of the header"},
		"body":                {func(r *run) *Request { return &Request{Method: "POST", Body: []byte(r.mask)} }, "in the body of a request to " + s.URL},
		"JSON body": {func(r *run) *Request {
			return &Request{Method: "POST", Body: []byte(`{"t":"` + r.mask + `"}`), Header: []Field{{"Content-Type", "application/json"}}}
		}, "in the body"},
		"query":            {func(r *run) *Request { return &Request{URL: s.URL + "/?q=" + r.mask} }, "in a URL that does not start with the configured URL"},
		"path":             {func(r *run) *Request { return &Request{URL: s.URL + "/" + r.mask} }, "in a URL"},
		"after the URL":    {func(r *run) *Request { return &Request{URL: r.url + "&t=" + r.mask} }, "in a URL"},
		"part of the user": {func(r *run) *Request { return &Request{BasicUser: part("u" + r.mask), BasicPass: part("p")} }, "as part of a user or password"},
		"userinfo":         {func(r *run) *Request { return &Request{URL: strings.Replace(s.URL, "://", "://"+r.mask+"@", 1)} }, "in a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL, "POST "+s.URL), url: s.URL + "/hook/0123456789?key=0123456789", bound: true})
			q := c.request(r)
			if q.URL == "" {
				q.URL = s.URL + "/"
			}
			if q.Method == "" {
				q.Method = "GET"
			}
			before := arrived.Load()
			resp, err := r.HTTP(within(t, 10*time.Second), q)
			if c.refused != "" {
				wantsDenial(t, r, err, c.refused, `grant { secrets = "anywhere" }`)
				if arrived.Load() != before {
					t.Error("a request arrived")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if sent := last.Header.Get("X-Token") + last.Header.Get("Authorization") + last.RequestURI; strings.Contains(sent, r.mask) || strings.Contains(sent, strings.TrimPrefix(r.url, s.URL)) {
				t.Errorf("a placeholder arrived: %s", sent)
			}
		})
	}
}

func TestThirdPartyConnectionCarriesNoSecret(t *testing.T) {
	addr := listen(t, drain)
	r := start(t, setup{rules: rules(t, manifest.Net, "tcp://"+addr), bound: true})
	c := dial(t, r, abi.NetTCP, addr)
	write(t, c, "AUTH\r\n")
	_, err := c.Write(within(t, 10*time.Second), []byte("AUTH "+r.mask+"\r\n"))
	wantsDenial(t, r, err, "a secret over a connection to "+addr, `grant { secrets = "anywhere" }`)
}

// The effect of a redirect on a request must not depend on whether its target
// contains a correct guess.
func TestRedirectRevealsNothingAboutGuess(t *testing.T) {
	var got []string
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.RequestURI)
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	})
	texts := map[string]bool{}
	for _, guess := range []string{token, "tok&en/\"canary2\"", "zzz"} {
		for _, to := range []string{"/", "http://elsewhere.invalid/", "http://" + strings.TrimPrefix(s.URL, "http://") + "/x/"} {
			r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL), bound: true})
			q := &Request{Method: "GET", URL: s.URL + "/?to=" + percent(to+percent(guess)), Redirects: 3, Header: []Field{{"Authorization", r.mask}}}
			resp, err := r.HTTP(within(t, 10*time.Second), q)
			if err == nil {
				_ = resp.Body.Close()
				texts[to+" ok"] = true
			} else {
				texts[to+" "+err.Error()] = true
			}
		}
	}
	if len(texts) != 3 {
		t.Errorf("the outcome depends on the guess: %v", texts)
	}
}

func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

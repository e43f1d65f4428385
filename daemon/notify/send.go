package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vega/daemon/notify/message"
	"vega/daemon/notify/service"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/secret"
	"vega/policies/incident"
	"vega/sdk/abi"
)

// maxAnswer limits what is read of an answer, in bytes.
const maxAnswer = 8 << 10

// request is a request to a service. Its body is JSON unless contentType says
// otherwise.
type request struct {
	method, url    string // POST if the method is empty
	contentType    string
	header         []egress.Field
	body           []byte
	user, password string
}

// answer is the response of a service.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool // the body did not arrive as a whole, or is larger than maxAnswer
}

// verdict judges an answer with a 2xx status. It returns why the service did not accept
// the message, or "".
type verdict func(a *answer) incident.Outcome

// postJSON sends a payload and judges the answer.
func (n *Notifier) postJSON(ctx context.Context, address string, payload any, judge verdict, header ...egress.Field) incident.Outcome {
	body, err := encode(payload)
	if err != nil {
		return final("the message can't be encoded as JSON")
	}
	return n.exchange(ctx, &request{url: address, body: body, header: header}, judge)
}

// encode returns a payload as JSON, with <, > and & as they are: they are escaped where
// a service interprets them.
func encode(payload any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(payload)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}

// endpoint returns the URL of a path below that of the settings, with the same query.
func (n *Notifier) endpoint(path string) string {
	base, query, found := strings.Cut(n.settings.URL, "?")
	base = strings.TrimSuffix(base, "/") + path
	if !found {
		return base
	}
	if strings.Contains(path, "?") {
		return base + "&" + query
	}
	return base + "?" + query
}

// exchange sends a request and says how that ended: what the status means for every
// service, and then what the body of a successful answer means for this one.
func (n *Notifier) exchange(ctx context.Context, r *request, judge verdict) incident.Outcome {
	a, o := n.options.do(ctx, r)
	if a == nil {
		return o
	}
	return judged(a, judge)
}

// judged is the outcome that an answer means.
func judged(a *answer, judge verdict) incident.Outcome {
	o := byStatus(a)
	if o.Result == incident.Arrived && judge != nil {
		return judge(a)
	}
	return o
}

// do sends a request. Without an answer, the outcome says why.
func (o *Options) do(ctx context.Context, r *request) (*answer, incident.Outcome) {
	session, err := o.session(r)
	if err != nil {
		return nil, final("the URL is not valid")
	}
	out := &egress.Request{
		Method: r.method, URL: r.url, Body: r.body, MaxBody: maxAnswer,
		Header: append([]egress.Field{{Name: "Accept-Encoding", Value: "identity"}}, r.header...),
	}
	if len(r.body) > 0 {
		out.Header = append(out.Header, egress.Field{Name: "Content-Type", Value: r.contentType})
	}
	if r.user != "" {
		out.BasicUser, out.BasicPass = &r.user, &r.password
	}
	resp, err := session.HTTP(ctx, out)
	if err != nil {
		return nil, unanswered(session, err)
	}
	defer resp.Body.Close()
	a := &answer{status: resp.Status, header: resp.Header}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	a.cut = err != nil || len(a.body) == maxAnswer
	return a, incident.Outcome{}
}

// session returns a way to the network that leads only to the origin of a request. The
// operator wrote its URL, which permits private addresses and plain text.
func (o *Options) session(r *request) (*egress.Session, error) {
	if r.method == "" {
		r.method = http.MethodPost
	}
	if r.contentType == "" {
		r.contentType = "application/json"
	}
	u, err := url.Parse(r.url)
	if err != nil {
		return nil, err
	}
	rule, err := grant.Origins(u)
	if err != nil {
		return nil, err
	}
	rule.Method, rule.Origin = r.method, grant.FromConfig
	return o.connection(rule)
}

func (o *Options) connection(rule grant.Rule) (*egress.Session, error) {
	vault, err := secret.NewVault(nil, nil)
	if err != nil {
		return nil, err
	}
	return o.Network.Session(&grant.Set{Rules: []grant.Rule{rule}, Plaintext: true}, vault, nil), nil
}

// unanswered is the outcome of a request without an answer. What package egress says of
// a connection that failed names the host and the reason. Of an answer, it may quote the
// beginning, which could repeat the request.
func unanswered(s *egress.Session, err error) incident.Outcome {
	if s.Sent {
		return incident.Outcome{Result: incident.Unclear, Reason: "the request was sent, and " + afterwards(err)}
	}
	if _, ok := errors.AsType[*egress.Error](err); ok {
		return refused(err.Error())
	}
	if d, ok := errors.AsType[*grant.Denial](err); ok {
		return refused(d.Asked)
	}
	return refused("the request failed")
}

func afterwards(err error) string {
	switch egress.Code(err) {
	case abi.ErrTimeout:
		return "no answer arrived in time"
	case abi.ErrReset:
		return "the connection was closed before the answer"
	case abi.ErrTooLarge:
		return "the headers of the answer are too large"
	case abi.ErrIO:
		return "then vega or the proxy failed"
	default:
		return "what was answered is not valid HTTP"
	}
}

// byStatus is the outcome that the status of an answer means.
func byStatus(a *answer) incident.Outcome {
	text := fmt.Sprintf("the service answers %d", a.status)
	if name := http.StatusText(a.status); name != "" {
		text += " " + name
	}
	switch {
	case a.status/100 == 2:
		return arrived()
	case a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly, a.status == http.StatusTooManyRequests, a.status >= 500:
		return incident.Outcome{Result: incident.Refused, Reason: text, RetryAfter: retryAfter(a)}
	case a.status/100 == 3:
		return refused(text + ", a redirect, which is not followed; configure the URL that it leads to")
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return final(text + "; check the token, key or login of the notifier")
	case a.status == http.StatusNotFound, a.status == http.StatusGone:
		return final(text + "; check the URL of the notifier")
	case a.status/100 == 4:
		return final(text)
	default:
		return refused(text)
	}
}

func arrived() incident.Outcome { return incident.Outcome{Result: incident.Arrived} }

func refused(reason string) incident.Outcome {
	return incident.Outcome{Result: incident.Refused, Reason: reason}
}

func final(reason string) incident.Outcome {
	return incident.Outcome{Result: incident.Final, Reason: reason}
}

// unconfirmed is the outcome of a successful answer without the confirmation that the
// service documents: something else may have answered.
func unconfirmed() incident.Outcome {
	return incident.Outcome{Result: incident.Unclear, Reason: "the answer is not the one that the service gives when it accepts a message; something else may answer at its address"}
}

// The lengths in bytes of the shortest secret, and of the shortest part of a URL, that
// are hidden in a reason. Shorter ones are in any text by chance.
const (
	minHidden     = 4
	minHiddenPart = 12
)

// hidden returns the secrets of settings, in the forms in which an error could quote
// them. The host of a URL is not one.
func hidden(s service.Settings) []string {
	var all []string
	for _, setting := range service.Find(s.Type).Settings {
		for _, value := range s.Get(setting.Name) {
			if setting.URL {
				all = append(all, partsOf(value)...)
			} else if setting.Secret && len(value) >= minHidden {
				all = append(all, value, strings.TrimPrefix(value, "whsec_"), url.QueryEscape(value), url.PathEscape(value))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

// partsOf returns the parts of a URL that may be secret.
func partsOf(raw string) []string {
	u, err := url.Parse(raw)
	if err != nil {
		return []string{raw}
	}
	all := []string{u.RequestURI(), u.RawQuery}
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		all = append(all, part)
	}
	for _, values := range u.Query() {
		all = append(all, values...)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		all = append(all, u.User.Username(), password)
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < minHiddenPart })
}

// hide removes the notifier's secrets from a reason, for which no code puts them there.
func (n *Notifier) hide(reason string) string { return hideAll(reason, n.hidden) }

func hideAll(reason string, texts []string) string {
	for _, text := range texts {
		reason = strings.ReplaceAll(reason, text, "(hidden)")
	}
	return reason
}

// attemptID identifies a message to its service: it is the same for each attempt, and no
// other message has it. The key alone is unique only in one database: two vegas that send
// to the same end, or one that began a new database, use the same numbers again.
func attemptID(m *incident.Message) string {
	text := m.Key
	if len(m.Notices) > 0 {
		i := &m.Notices[0].Incident
		text += "\n" + i.Key + "\n" + i.Opened.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	}
	return token(text)
}

// token returns an idempotency key in the form that every service accepts: letters,
// digits and dashes, at most 64.
func token(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "vega-" + hex.EncodeToString(sum[:16])
}

// short returns a key that is longer than limit bytes as a digest.
func short(key string, limit int) string {
	if key = message.Clean(key); len(key) <= limit {
		return key
	}
	return token(key)
}

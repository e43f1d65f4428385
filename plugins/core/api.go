package main

import (
	"errors"
	"strconv"

	"vega/sdk"
)

// get requests an API, with a bearer token if there is one.
func get(r *sdk.Run, url, token string) (*sdk.Response, error) {
	q := r.HTTP("GET", url).Header("Accept", "application/json").UTF8()
	if token != "" {
		q.Header("Authorization", "Bearer "+token)
	}
	return q.Send()
}

// document is the JSON of a response. It remembers why it could not be read, so
// that what could not be read is not taken for what is not there.
type document struct {
	answer *sdk.Response
	broken error // reading failed
	syntax error // what was read is not JSON
}

// field returns a value, or "" if there is none.
func (d *document) field(path string) string {
	value, err := d.answer.JSON(path)
	d.note(err)
	if err != nil || value == "null" {
		return ""
	}
	return value
}

// fields returns the values of some keys from each element of a list, as far as
// they are set.
func (d *document) fields(list string, keys ...string) []string {
	n, err := d.answer.Len(list)
	d.note(err)
	values := make([]string, 0, n)
	for i := range n {
		for _, key := range keys {
			if v := d.field(list + "." + strconv.Itoa(i) + "." + key); v != "" {
				values = append(values, v)
			}
		}
	}
	return values
}

// lists reports whether there is a list, which may be empty or null.
func (d *document) lists(path string) bool {
	kind, err := d.answer.JSON(path + ".@type")
	d.note(err)
	return err == nil && (kind == "list" || kind == "null")
}

// ambiguous reports whether a value could not be read because a key on its path
// occurs twice: RFC 8259, section 4, leaves open which one counts. The rest of
// the body is JSON then.
func ambiguous(answer *sdk.Response, err error) bool {
	if !errors.Is(err, sdk.ErrInvalid) {
		return false
	}
	_, err = answer.JSON("@type")
	return err == nil
}

func (d *document) note(err error) {
	switch {
	case err == nil, errors.Is(err, sdk.ErrNotSet):
	case ambiguous(d.answer, err):
		d.broken = err
	case errors.Is(err, sdk.ErrInvalid):
		d.syntax = err
	case d.broken == nil:
		d.broken = err
	}
}

// failed returns a result if the document could not be read, or nil. Call it
// before judging what is not there.
func (d *document) failed(who string) *sdk.Result {
	if d.broken == nil {
		return nil
	}
	result := sdk.Failed(who, d.broken)
	return &result
}

// foreign returns the result for a document without what every answer of the
// service has: it reports an error, or is another service's.
func (d *document) foreign(who, otherwise string) sdk.Result {
	if result := d.failed(who); result != nil {
		return *result
	}
	for _, path := range []string{"error.message", "error", "errors.0.details", "errors.0.message", "detail"} {
		if text := d.field(path); text != "" {
			return sdk.Unhealthy(who + " answered with an error: " + quote(text))
		}
	}
	if to := d.answer.Redirected(); to != "" {
		otherwise += "; it redirects to " + to
	}
	if d.syntax != nil {
		otherwise += " (" + d.syntax.Error() + ")"
	}
	return sdk.Unhealthy(otherwise)
}

// reported quotes the error in an answer of JSON, or returns "".
func reported(answer *sdk.Response) string {
	d := &document{answer: answer}
	for _, path := range []string{"error.message", "error"} {
		if text := d.field(path); text != "" {
			return " (" + quote(text) + ")"
		}
	}
	return ""
}

// via adds to a target where its redirects led.
func via(who string, answer *sdk.Response) string {
	if to := answer.Redirected(); to != "" {
		return who + " (redirected to " + to + ")"
	}
	return who
}

// rejected returns a result for statuses that mean the same for every API, or
// nil. option names the option with the credentials.
func rejected(who string, answer *sdk.Response, option string) *sdk.Result {
	var result sdk.Result
	status := strconv.Itoa(answer.Status)
	if answer.Status != 200 {
		who = via(who, answer)
	}
	switch {
	case answer.Status == 401 || answer.Status == 403:
		result = sdk.Unhealthy(who + " answered " + status + ": " + option + " is missing, wrong or lacks permission; correct it")
	case answer.Status == 407 || answer.Status == 511:
		result = sdk.Unhealthy(who + " answered " + status + ": a proxy on the way asks for a login; let vega pass without one")
	case answer.Status == 429:
		result = sdk.Unknown(who + " limits requests and answered 429 instead of an answer to this check; raise the interval" + retryAfter(answer))
	case answer.Status == 502 || answer.Status == 504:
		result = sdk.Unhealthy(who + " answered " + status + ": the server behind this proxy does not answer; look into both logs")
	case answer.Status == 503:
		result = sdk.Unhealthy(who + " answered 503: it is not available, such as while it starts or is overloaded" + reported(answer) + "; wait, or look into its log" + retryAfter(answer))
	case answer.Status >= 500:
		result = sdk.Unhealthy(who + " answered " + status + ": internal error; look into its log" + retryAfter(answer))
	case answer.Status == 400 && speaksHTTPS(answer):
		result = sdk.Unhealthy(who + " speaks HTTPS: write https:// in the base URL")
	case answer.Status != 200:
		result = sdk.Unhealthy(who + " answered " + status + " where 200 was expected; correct the base URL")
	default:
		return nil
	}
	result = tlsHint(result, answer)
	return &result
}

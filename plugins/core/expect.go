package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
)

func unhealthy(message string) *sdk.Result {
	result := sdk.Unhealthy(message)
	return &result
}

// expectStatus compares the status with the list, or with 200 to 299.
func expectStatus(r *sdk.Run, who string, answer *sdk.Response) *sdk.Result {
	wanted := r.Strings("expect_status")
	got := strconv.Itoa(answer.Status)
	if len(wanted) == 0 {
		if answer.Status/100 == 2 {
			return nil
		}
		wanted = []string{"200–299"}
	}
	for _, w := range wanted {
		if w == got {
			return nil
		}
	}
	if to := answer.Header("Location"); to != "" {
		r.Detail("location", to)
	}
	return unhealthy(who + " answered " + got + ", expected " + strings.Join(wanted, ", ") + statusHint(answer.Status))
}

// statusHint suggests what to do about an unexpected status.
func statusHint(status int) string {
	switch {
	case status/100 == 3:
		return "; it redirects: check the new address or set follow_redirects = true"
	case status == 401 || status == 403:
		return "; correct the credentials in headers"
	case status == 404:
		return "; correct the path"
	case status == 429:
		return "; raise the interval"
	case status >= 500:
		return "; look into its log"
	default:
		return ""
	}
}

// expectBody searches the first bodyLimit bytes for a text.
func expectBody(r *sdk.Run, who string, answer *sdk.Response) *sdk.Result {
	if !r.Has("expect_body") {
		return nil
	}
	wanted := r.String("expect_body")
	text, err := answer.Text(bodyLimit)
	if err != nil {
		result := sdk.Failed(who, err)
		return &result
	}
	if strings.Contains(text, wanted) {
		return nil
	}
	return unhealthy("the response of " + who + " does not contain " + quote(wanted) + "; it begins with " + quote(text))
}

// expectRegex matches the first bodyLimit bytes.
func expectRegex(r *sdk.Run, who string, answer *sdk.Response) *sdk.Result {
	if !r.Has("expect_regex") {
		return nil
	}
	pattern := r.String("expect_regex")
	text, err := answer.Text(bodyLimit)
	if err != nil {
		result := sdk.Failed(who, err)
		return &result
	}
	ok, err := r.Match(pattern, text)
	if err != nil {
		result := sdk.Unknown("expect_regex is not a valid regular expression: " + err.Error())
		return &result
	}
	if ok {
		return nil
	}
	return unhealthy("the response of " + who + " does not match " + quote(pattern) + "; it begins with " + quote(text))
}

// expectJSON compares the value at each path.
func expectJSON(r *sdk.Run, who string, answer *sdk.Response) *sdk.Result {
	for _, want := range r.Map("expect_json") {
		got, err := answer.JSON(want.Key)
		switch {
		case errors.Is(err, sdk.ErrNotSet):
			return unhealthy("the JSON of " + who + " has nothing at " + want.Key + ", expected " + quote(want.Value))
		case errors.Is(err, sdk.ErrInvalid):
			return unhealthy(who + " did not answer with JSON (" + err.Error() + ")")
		case err != nil:
			result := sdk.Failed(who, err)
			return &result
		case !same(got, want.Value):
			return unhealthy("the JSON of " + who + " has " + quote(got) + " at " + want.Key + ", expected " + quote(want.Value))
		}
	}
	return nil
}

// same compares two values as numbers if both are numbers, and as text
// otherwise.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return false
	}
	y, err := strconv.ParseFloat(b, 64)
	return err == nil && x == y
}

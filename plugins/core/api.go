package main

import (
	"strconv"

	"vega/sdk"
)

// get requests an API, with a bearer token if there is one.
func get(r *sdk.Run, url, token string) (*sdk.Response, error) {
	q := r.HTTP("GET", url).Header("Accept", "application/json")
	if token != "" {
		q.Header("Authorization", "Bearer "+token)
	}
	return q.Send()
}

// field returns a value from a JSON response, or "".
func field(answer *sdk.Response, path string) string {
	value, err := answer.JSON(path)
	if err != nil || value == "null" {
		return ""
	}
	return value
}

// fields returns the value of one key from each element of a list.
func fields(answer *sdk.Response, list, key string) []string {
	n := answer.Count(list)
	values := make([]string, 0, n)
	for i := range n {
		values = append(values, field(answer, list+"."+strconv.Itoa(i)+"."+key))
	}
	return values
}

// rejected returns a result for statuses that mean the same for every API, or
// nil. option names the option with the credentials.
func rejected(who string, answer *sdk.Response, option string) *sdk.Result {
	var result sdk.Result
	status := strconv.Itoa(answer.Status)
	switch {
	case answer.Status == 401 || answer.Status == 403:
		result = sdk.Unhealthy(who + " answered " + status + ": " + option + " is missing, wrong or lacks permission; correct it")
	case answer.Status == 429:
		result = sdk.Degraded(who + " answered 429: too many requests; raise the interval")
	case answer.Status >= 500:
		result = sdk.Unhealthy(who + " answered " + status + ": internal error; look into its log")
	case answer.Status != 200:
		result = sdk.Unhealthy(who + " answered " + status + " where 200 was expected; correct the base URL")
	default:
		return nil
	}
	return &result
}

// The plugin backlog; plugin.hcl describes it.
package main

import (
	"errors"
	"strconv"

	"vega/sdk"
)

func init() { sdk.Probe("queue", queue) }

func main() {} // never called: the host calls the probe

// queue asks a service how many jobs are waiting, and judges the number. The
// message is for the person on call: it says what is wrong, with what, and what
// to do.
func queue(r *sdk.Run) sdk.Result {
	url, path := r.String("url"), r.String("path")
	answer, err := r.HTTP("GET", url).Send()
	if err != nil {
		return sdk.Failed(url, err)
	}
	r.Millis("response_time", answer.Timing(sdk.PhaseTotal))
	if answer.Status != 200 {
		return sdk.Unhealthy(url + " answered " + strconv.Itoa(answer.Status) + ", expected 200; look into its log")
	}
	text, err := answer.JSON(path)
	switch {
	case errors.Is(err, sdk.ErrNotSet), errors.Is(err, sdk.ErrInvalid):
		return sdk.Unhealthy("the response of " + url + " has no " + path + "; correct path (" + err.Error() + ")")
	case err != nil: // the body was incomplete
		return sdk.Failed(url, err)
	}
	waiting, err := strconv.Atoi(text)
	if err != nil {
		return sdk.Unhealthy(path + " at " + url + " is not a number: " + strconv.Quote(text) + "; correct path")
	}
	r.Metric("waiting", float64(waiting), "")
	if most := r.Int("max"); waiting > most {
		return sdk.Degraded(text + " jobs are waiting at " + url + ", more than " + strconv.Itoa(most) + "; start more workers, or look into their log")
	}
	return sdk.Healthy(text + " jobs are waiting at " + url)
}

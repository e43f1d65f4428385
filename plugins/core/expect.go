package main

import (
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
	return unhealthy(who + " answered " + got + ", expected " + strings.Join(wanted, ", ") + statusHint(r, who, answer))
}

// statusHint suggests what to do about an unexpected status.
func statusHint(r *sdk.Run, who string, answer *sdk.Response) string {
	switch status := answer.Status; {
	case status == 304:
		return "; remove the conditional headers, such as If-None-Match"
	case status/100 == 3 && answer.Header("Location") == "":
		return "; it redirects without a Location: correct the server or the path"
	case status/100 == 3 && r.Bool("follow_redirects"):
		return "; vega follows only 301, 302, 303, 307 and 308: set url to the new address"
	case status/100 == 3:
		return "; it redirects: check the new address or set follow_redirects = true"
	case status == 400 && strings.HasPrefix(who, "http://") && speaksHTTPS(answer):
		return "; it speaks HTTPS: write https:// in url"
	case status == 401 || status == 403:
		return loginHint(answer)
	case status == 406:
		return "; set the header Accept to a type that it has"
	case status == 415:
		return "; set the header Content-Type, such as application/json"
	case status == 404 || status == 410:
		return "; correct the path"
	case status == 405:
		return "; set another method" + ifSet(" (it allows ", answer.Header("Allow"), ")")
	case status == 407 || status == 511:
		return "; a proxy on the way asks for a login: let vega pass without one"
	case status == 421:
		return "; the server does not serve that name: correct the host in url"
	case status == 426:
		return "; it expects another protocol" + ifSet(": ", answer.Header("Upgrade"), "")
	case status == 429:
		return "; raise the interval" + retryAfter(answer)
	case status == 502 || status == 504:
		return "; the server behind this proxy does not answer: look into both logs"
	case status >= 500:
		return "; look into its log" + retryAfter(answer)
	default:
		return ""
	}
}

const wrongLogin = "; correct the credentials in auth or headers"

// loginHint suggests what to do about a refused login. A server may accept only
// schemes that vega does not have, such as NTLM.
func loginHint(answer *sdk.Response) string {
	var schemes []string
	for _, challenge := range answer.Headers("WWW-Authenticate") {
		scheme, _, _ := strings.Cut(trim(challenge), " ")
		switch lower(scheme) {
		case "digest", "ntlm", "negotiate", "hawk", "mutual":
			schemes = append(schemes, scheme)
		default:
			return wrongLogin
		}
	}
	if len(schemes) == 0 {
		return wrongLogin
	}
	return "; it accepts only logins by " + strings.Join(schemes, ", ") + ", which vega does not have: let it accept Basic or Bearer, or check a page without a login"
}

// ifSet returns a text between two others, if there is one.
func ifSet(before, text, after string) string {
	if text == "" {
		return ""
	}
	return before + quote(text) + after
}

// retryAfter returns how long a server asks to wait.
func retryAfter(answer *sdk.Response) string {
	wait := trim(answer.Header("Retry-After"))
	if _, err := strconv.Atoi(wait); err == nil {
		wait += "s"
	} else if wait != "" {
		wait = "until " + quote(wait)
	}
	if wait == "" {
		return ""
	}
	return "; it asks to wait " + wait
}

// speaksHTTPS reports whether a server complains that it expected HTTPS, in the
// words of Go, nginx, Apache, Tomcat, Jetty and others.
func speaksHTTPS(answer *sdk.Response) bool {
	text, err := answer.Text(4 << 10)
	if err != nil {
		return false
	}
	text = lower(text)
	for _, words := range []string{"http request to an https server", "plain http request was sent to https", "speaking plain http to an ssl", "requires tls"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

package main

import (
	"strconv"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("slack", slackProbe) }

// slackProbe checks a webhook, a bot token or both, without posting anything.
func slackProbe(r *sdk.Run) sdk.Result {
	var results []sdk.Result
	if r.Has("webhook_url") {
		results = append(results, slackWebhook(r))
	}
	if r.Has("bot_token") {
		results = append(results, slackToken(r))
	}
	if len(results) == 0 {
		return sdk.Unknown("neither webhook_url nor bot_token is set; set one of them")
	}
	return worst(results)
}

// slackWebhook posts an empty payload. A live webhook rejects it as empty; any
// other says what is wrong with the webhook.
func slackWebhook(r *sdk.Run) sdk.Result {
	answer, err := r.HTTP("POST", r.String("webhook_url")).
		Header("Content-Type", "application/json").Body("{}").Redirects(0).Send()
	if err != nil {
		return sdk.Failed("Slack", err)
	}
	text, err := answer.Text(1 << 10)
	if err != nil {
		return sdk.Failed("Slack", err)
	}
	said := trim(text)
	r.Detail("webhook_status", strconv.Itoa(answer.Status))
	r.Detail("webhook_answer", quote(said))
	const remedy = "; make a new webhook in the app's settings"
	switch said {
	case "no_text", "invalid_payload", "missing_text_or_fallback_or_attachments":
		return sdk.Healthy("the Slack webhook is live")
	case "no_service", "no_team", "no_active_hooks", "team_disabled":
		return sdk.Unhealthy("the Slack webhook was removed or its workspace is gone (" + said + ")" + remedy)
	case "channel_not_found":
		return sdk.Unhealthy("the Slack webhook's channel was deleted" + remedy + " for another channel")
	case "channel_is_archived":
		return sdk.Unhealthy("the Slack webhook's channel is archived; restore it, or make a new webhook for another channel")
	case "invalid_token":
		return sdk.Unhealthy("the Slack webhook's address is wrong or was revoked" + remedy)
	case "action_prohibited", "posting_to_general_channel_denied":
		return sdk.Unhealthy("an administrator has forbidden the Slack webhook to post there (" + said + ")")
	}
	return slackStatus(answer.Status, said)
}

// slackStatus judges by the status if the text is unknown.
func slackStatus(status int, said string) sdk.Result {
	number := strconv.Itoa(status)
	switch {
	case status == 429:
		return sdk.Unknown("Slack limits requests and answered 429 instead of an answer to this check; raise the interval")
	case status >= 500:
		return sdk.Unhealthy("Slack answered " + number + ": internal error; see its status page")
	case status == 403 || status == 404 || status == 410:
		return sdk.Unhealthy("the Slack webhook does not work: " + number + " " + quote(said) + "; make a new one in the app's settings")
	default:
		return sdk.Unhealthy("what answers at webhook_url is not a Slack webhook: " + number + " " + quote(said) + "; correct it")
	}
}

// slackToken asks who owns the token.
func slackToken(r *sdk.Run) sdk.Result {
	answer, err := r.HTTP("POST", join(r.String("base_url"), "/auth.test")).
		Header("Authorization", "Bearer "+r.String("bot_token")).
		Header("Content-Type", "application/x-www-form-urlencoded").Send()
	if err != nil {
		return sdk.Failed("Slack", err)
	}
	if result := rejected("Slack", answer, "bot_token"); result != nil {
		return *result
	}
	d := &document{answer: answer}
	switch reason := d.field("error"); {
	case d.field("ok") == "true":
		r.Detail("team", d.field("team"))
		r.Detail("user", d.field("user"))
		return sdk.Healthy("the Slack token is " + d.field("user") + "'s, in " + d.field("team"))
	case reason == "":
		return d.foreign("Slack", "what answers at base_url is not Slack's API; correct base_url")
	case reason == "ratelimited":
		return sdk.Unknown("Slack limits requests (ratelimited), and did not check the token; raise the interval")
	case strings.HasSuffix(reason, "_error"), reason == "service_unavailable":
		return sdk.Unhealthy("Slack has an internal error (" + reason + "); see its status page")
	default:
		return sdk.Unhealthy("Slack does not accept bot_token (" + reason + "); reinstall the app and copy its new token")
	}
}

package notify

import "strings"

// slackEscape escapes the three characters with which Slack's markup begins ("Escaping
// text" in "Formatting text for app surfaces"). Without them, nothing is a mention or a
// link.
func slackEscape(s string) string { return slackEscaper.Replace(s) }

var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

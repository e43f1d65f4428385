package notify

import "strings"

// Text in a message may come from a target, so that it must not become a mention, a link
// or formatting. Where a service takes plain text, it gets that. Where it always
// interprets markup, the text is put into a code block, in which no service looks for
// any, and what could end the block is replaced.

// slackEscape escapes the three characters with which Slack's markup begins ("Escaping
// text" in "Formatting message text"). Without them, nothing is a mention or a link.
func slackEscape(s string) string { return slackEscaper.Replace(s) }

// codeEscape makes text harmless in a code block of Markdown: without a backtick, it
// can't end.
func codeEscape(s string) string { return strings.ReplaceAll(s, "`", "'") }

// mentionEscape is codeEscape for Rocket.Chat, whose server looks for mentions also in
// code blocks, and for Google Chat, which may look for <users/all> there.
func mentionEscape(s string) string { return mentionEscaper.Replace(codeEscape(s)) }

// relayEscape makes text harmless for services that pass it on, or that may interpret
// HTML in it: it removes tags and mentions. The replacements look similar.
func relayEscape(s string) string { return mentionEscaper.Replace(s) }

// htmlEscape escapes text for HTML.
func htmlEscape(s string) string { return htmlEscaper.Replace(s) }

var (
	slackEscaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	mentionEscaper = strings.NewReplacer("<", "‹", ">", "›", "@", "＠")
	htmlEscaper    = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
)

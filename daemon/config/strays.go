package config

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/plugins/grant"
	"vega/plugins/secret"
)

// withheld reports grants that are withheld because the plugin receives a
// secret, at the first of them in the grant block.
func (b binding) withheld(rules []grant.Rule, config *bind.Section, block grantBlock) {
	if len(rules) == 0 {
		return
	}
	at := b.s.Head
	var all []string
	for _, r := range rules {
		if text := r.String(); !slices.Contains(all, text) { // granted by config and by a grant
			all = append(all, text)
		}
		if n := slices.Index(block.set.Rules, r); n >= 0 && at == b.s.Head {
			at = block.rules[n]
		}
	}
	if option, ok := strings.CutPrefix(rules[0].Where, "config."); ok && at == b.s.Head {
		at = config.Place(option)
	}
	plugin := b.found.Module.Manifest.Name
	b.out.Err(diag.SecretStrays, at, fmt.Sprintf("The third-party plugin %s receives a secret, so it may reach only the secret's target. It is also granted: %s. There it could pass on what the target reveals about the secret.", plugin, diag.Among(all)),
		"configure one integration for each target or, if you trust the plugin with the secret, add to the integration's grant block: secrets = \"anywhere\"")
}

// secretsAnywhere warns of secrets = "anywhere".
func (b binding) secretsAnywhere(i Integration, config *bind.Section, block grantBlock) {
	t := b.s.Block("grant").Slot("secrets")
	if t == nil || !block.set.Anywhere || config.Broken || block.bad || config.AnyUnsure() {
		return
	}
	plugin := b.found.Module.Manifest.Name
	switch {
	case b.bundled:
		b.out.Warn(diag.UnusedGrant, t.At, fmt.Sprintf("The plugin %s is bundled with vega, so it needs no permission for this.", plugin), "remove it")
	case !secret.In(b.probe, i.Values):
		b.out.Warn(diag.UnusedGrant, t.At, "No option of this integration is a secret, so there is nothing to send.", "remove it")
	default:
		b.out.Warn(diag.SecretAnywhere, t.At, fmt.Sprintf("The plugin %s may send the secrets of this integration in request bodies, on connections and in queries, to every destination that is granted here. A target that returns what it was sent, or something computed from it, reveals the secret to the plugin.", plugin),
			"remove it unless the probe needs it; without it, a secret is sent only to its own target, as a header value, in basic authentication and in the configured URL")
	}
}

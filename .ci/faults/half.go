package main

import "context"

// halfFaults break one half of the network.
func halfFaults() []fault {
	half := func(name, what string, both bool, rule string) fault {
		return fault{
			name: "half/" + name, what: what, needs: []need{root, network, firewall}, routed: true, both: both, named: both, fewer: true, timeouts: !both,
			begin: func(ctx context.Context, t *trial) error { return t.near.filter(ctx, rule) },
			end:   func(ctx context.Context, t *trial) error { return t.near.filter(ctx, "") },
		}
	}
	return []fault{
		half("out", "packets to the targets are lost", false, `chain out { type filter hook output priority 0; ip daddr 10.231.0.2 drop
}`),
		half("in", "packets from the targets are lost", false, `chain in { type filter hook input priority 0; ip saddr 10.231.0.2 drop
}`),
		half("data", "connections are made, and what is longer than 60 bytes is lost", false, `chain out { type filter hook output priority 0; ip daddr 10.231.0.2 meta length > 80 drop
}`),
		half("most", "two of three packets from the targets are lost", false, `chain in { type filter hook input priority 0; ip saddr 10.231.0.2 numgen random mod 3 < 2 drop
}`),
		half("ipv6", "packets of IPv6 are lost, of targets that also have an IPv4 address", true, `chain out { type filter hook output priority 0; ip6 daddr fd31::2 drop
}`),
		half("ipv4", "packets of IPv4 are lost, of targets that also have an IPv6 address", true, `chain out { type filter hook output priority 0; ip daddr 10.231.0.2 drop
}`),
		half("refused", "connections by IPv6 are refused, of targets that also have an IPv4 address", true, `chain out { type filter hook output priority 0; ip6 daddr fd31::2 tcp dport 1-65535 reject with tcp reset
}`),
	}
}

// filter sets the only rule for packets of the namespace; "" takes it away.
func (n namespace) filter(ctx context.Context, rule string) error {
	const table = "add table inet kit; delete table inet kit\n"
	if rule == "" {
		return command(ctx, "ip", "netns", "exec", string(n), "nft", table)
	}
	return command(ctx, "ip", "netns", "exec", string(n), "nft", table+"table inet kit {\n"+rule+"\n}\n")
}

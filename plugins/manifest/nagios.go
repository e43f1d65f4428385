package manifest

// Args is the one option that a bridged plugin may have: its arguments.
const Args = "args"

// bridged holds the one probe of a bridged plugin to what can be kept: a
// command sees its arguments and nothing else of the configuration, and can
// ask the host for nothing.
func (c *checker) bridged(p *Probe) {
	for _, k := range p.Capabilities {
		c.is(false, "capability %q can't be had with abi %q: a WASI command is served no sockets, and knows none of vega's calls; to reach something, write the probe for %q", clip(string(k.Kind)), Nagios, V1)
	}
	for i := range p.Options {
		o := &p.Options[i]
		if o.Name != Args {
			c.is(false, "option %q would reach nobody: with abi %q the only option is %q, the arguments of the command", clip(o.Name), Nagios, Args)
			continue
		}
		c.is(o.Type == List && o.Element() == String, "option %q holds the arguments of the command; it must be a list of string", Args)
		c.is(!o.Sensitive, "option %q can't be sensitive: the command sees its arguments as they are, and no secret", Args)
	}
}

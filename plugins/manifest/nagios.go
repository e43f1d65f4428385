package manifest

// Args is the only option of a Nagios plugin: its arguments.
const Args = "args"

// bridged checks the only probe of a Nagios plugin: a command sees its
// arguments and nothing else of the configuration, and can make no host calls.
func (c *checker) bridged(p *Probe) {
	for _, k := range p.Capabilities {
		c.at.Capability = k.Kind
		c.is(false, "capability %q is not available with abi %q: a WASI command has no sockets and no host calls; to reach a target, write the probe for %q", clip(string(k.Kind)), Nagios, V1)
	}
	c.at.Capability = ""
	for i := range p.Options {
		o := &p.Options[i]
		c.at.Option = o.Name
		if o.Name != Args {
			c.is(false, "option %q has no effect: with abi %q the only option is %q, the arguments of the command", clip(o.Name), Nagios, Args)
			continue
		}
		c.is(o.Type == List && o.Element() == String, "option %q holds the arguments of the command; it must be a list of string", Args)
		c.is(!o.Sensitive, "option %q can't be sensitive: the command sees its arguments unmasked, so they must not contain secrets", Args)
	}
	c.at.Option = ""
}

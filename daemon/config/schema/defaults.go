package schema

import "slices"

// inherited names the attributes of an integration that defaults can set.
var inherited = []string{"interval", "timeout", "memory", "group", "labels", "runbook"}

// withDefaults adds the block defaults to a table, after that of integrations,
// with the same types and bounds.
func withDefaults(t *Block) *Block {
	n := slices.IndexFunc(t.Blocks, func(b *Block) bool { return b.Name == "integration" })
	d := &Block{Name: "defaults", Doc: "Values for integrations that do not set them. labels are added to those of an integration."}
	for _, name := range inherited {
		r := *t.Blocks[n].Row(name)
		r.Default = nil
		d.Rows = append(d.Rows, r)
	}
	t.Blocks = slices.Insert(t.Blocks, n+1, d)
	return t
}

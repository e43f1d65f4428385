package config

import (
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
)

// Format formats the source of a configuration or plugin.hcl in the usual HCL
// style; see syntax.Format. Diagnostics refer to the source by name.
func Format(name string, src []byte) ([]byte, diag.Diagnostics, error) {
	return syntax.Format(name, src, topLevel(), schema.Public(schema.Table, nil))
}

// topLevel returns the words that begin a top-level block in any of vega's
// files.
func topLevel() []string {
	return append(schema.Table.BlockNames(), schema.ManifestTable.BlockNames()...)
}

// Masked returns the source of a configuration with each character of a
// possible secret replaced. Line breaks stay.
func Masked(src []byte) string {
	return syntax.MaskText(src, topLevel(), schema.Public(schema.Table, nil))
}

// Block is a block of the configuration as it is written, with secrets masked.
type Block struct {
	File string `json:"file"`
	Line int    `json:"line"` // of its first line
	Text string `json:"text"`
}

// Block returns the block that configures an integration, from the files that c was
// loaded from, even if they have changed since. An instance of for_each has the block of
// its integration. Literals of secret attributes are masked, and every value of
// Secrets. ok is false if there is no such integration.
func (c *Config) Block(integration string) (block Block, ok bool) {
	name, _, _ := strings.Cut(integration, ".") // the names of blocks have no dots
	i, found := slices.BinarySearchFunc(c.blocks, name, func(b namedBlock, name string) int { return strings.Compare(b.name, name) })
	_, exists := slices.BinarySearchFunc(c.Integrations, integration, func(i Integration, name string) int { return strings.Compare(i.Name, name) })
	if !found || !exists {
		return Block{}, false
	}
	at := c.blocks[i].head
	line, text := syntax.MaskBlock(at.Source, at.Start, topLevel(), schema.Public(schema.Table, c.Plugins.Modules))
	return Block{at.Source.Name, line, c.Redactor().Redact(text)}, true
}

// namedBlock is where the block of an integration begins.
type namedBlock struct {
	name string
	head diag.Place
}

// blocksOf returns the blocks of the integrations, in order of name.
func blocksOf(root *bind.Section) []namedBlock {
	var all []namedBlock
	for _, s := range root.All("integration") {
		all = append(all, namedBlock{s.Name, s.Head})
	}
	slices.SortStableFunc(all, func(a, b namedBlock) int { return strings.Compare(a.name, b.name) })
	return all
}

package config

// whole is what is noted block by block and can be judged only of all.
type whole struct {
	demand []demand
}

// judgeWhole reports what no block shows by itself.
func (d *decoder) judgeWhole() {
	d.load()
}

//go:build !linux

package plugins

func imageFile([]byte) int { return -1 }

func mapOver([]byte, int) bool { return false }

func dropPages([]byte) bool { return false }

type pageMap struct{}

func openPageMap() *pageMap { return &pageMap{} }

func (*pageMap) restore(_, _ []byte) bool { return false }

func (*pageMap) close() {}

func closeFile(int) {}

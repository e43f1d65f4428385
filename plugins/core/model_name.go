package main

import "strings"

// sameOllama compares two names of models as Ollama does: without regard to
// case, and with the parts that are left out: registry.ollama.ai, library and
// latest.
func sameOllama(a, b string) bool { return fullOllama(a) == fullOllama(b) }

// fullOllama returns a name in full: HOST/NAMESPACE/MODEL:TAG.
func fullOllama(name string) string {
	name = lower(trim(name))
	if _, after, ok := strings.Cut(name, "://"); ok {
		name = after
	}
	tag := "latest"
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name, tag = name[:i], name[i+1:]
	}
	parts := strings.Split(name, "/")
	switch len(parts) {
	case 1:
		parts = []string{"registry.ollama.ai", "library", parts[0]}
	case 2:
		parts = []string{"registry.ollama.ai", parts[0], parts[1]}
	}
	switch parts[0] {
	case "ollama.com", "www.ollama.com", "registry.ollama.com":
		parts[0] = "registry.ollama.ai"
	case "huggingface.co":
		parts[0] = "hf.co"
	}
	return strings.Join(parts, "/") + ":" + tag
}

// sameHuggingFace compares two names of models of Hugging Face or of a server
// with OpenAI's API: a repository has one spelling, whatever the case, and may
// be written with its address, or as the directory of its cache.
func sameHuggingFace(a, b string) bool { return repository(a) == repository(b) }

func repository(name string) string {
	name = strings.TrimRight(lower(trim(name)), "/")
	for _, prefix := range []string{"https://huggingface.co/", "huggingface.co/", "hf.co/", "hf://", "models/"} {
		name = strings.TrimPrefix(name, prefix)
	}
	if i := strings.LastIndex(name, "models--"); i >= 0 { // /data/models--ORG--NAME/snapshots/…
		name, _, _ = strings.Cut(name[i+len("models--"):], "/")
		name = strings.Replace(name, "--", "/", 1)
	}
	return name
}

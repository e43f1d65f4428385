package main

import (
	"errors"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() { sdk.Probe("llm", llmProbe) }

// llmProbe asks a model server for its version and models. It generates
// nothing, so it costs nothing.
func llmProbe(r *sdk.Run) sdk.Result {
	base := strings.TrimRight(r.String("base_url"), "/")
	if r.String("backend") == "hf" {
		return huggingFace(r, strings.TrimSuffix(base, "/v1"))
	}
	return ollama(r, base)
}

func ollama(r *sdk.Run, base string) sdk.Result {
	who := "Ollama at " + origin(base)
	version, err := get(r, join(base, "/api/version"), r.String("api_key"))
	if err != nil {
		return sdk.Failed(who, err)
	}
	if result := rejected(who, version, "api_key"); result != nil {
		return *result
	}
	d := &document{answer: version}
	number := d.field("version")
	if number == "" {
		return d.foreign(who, "what answers at "+origin(base)+" is not Ollama; correct base_url, or set backend = \"hf\"")
	}
	r.Detail("version", number)
	tags, err := get(r, join(base, "/api/tags"), r.String("api_key"))
	if err != nil {
		return sdk.Failed(who, err)
	}
	if result := rejected(who, tags, "api_key"); result != nil {
		return *result
	}
	list := &document{answer: tags}
	models := list.fields("models", "name")
	if len(models) == 0 {
		models = list.fields("models", "model")
	}
	if result := list.failed(who); result != nil {
		return *result
	}
	if !list.lists("models") {
		return list.foreign(who, "what answers at "+origin(base)+" lists no models; correct base_url")
	}
	return judgeModels(r, sameOllama, who+" "+number, models, "run `ollama pull "+r.String("model")+"`")
}

// huggingFace supports Text Generation Inference, which serves one model and
// names it at /info, and any server with OpenAI's list of models.
func huggingFace(r *sdk.Run, base string) sdk.Result {
	info, err := get(r, join(base, "/info"), r.String("api_key"))
	if otherPage(err) {
		return openAI(r, base)
	}
	if err != nil {
		return sdk.Failed(origin(base), err)
	}
	d := &document{answer: info}
	model := ""
	if info.Status == 200 {
		model = d.field("model_id")
	}
	if otherPage(d.broken) {
		return openAI(r, base)
	}
	if result := d.failed(origin(base)); result != nil {
		return *result
	}
	if model == "" {
		return openAI(r, base)
	}
	who := "TGI at " + origin(base)
	r.Detail("version", d.field("version"))
	if result := tgiHealth(r, who, base); result != nil {
		return *result
	}
	models, result := tgiModels(r, who, base, model)
	if result != nil {
		return *result
	}
	return judgeModels(r, sameHuggingFace, who, models, "start it with --model-id, or correct model")
}

// otherPage reports whether /info is a page of another server than TGI: it leads
// to another site, or it is far too large.
func otherPage(err error) bool {
	return errors.Is(err, sdk.ErrDenied) || errors.Is(err, sdk.ErrTooLarge)
}

// tgiHealth asks TGI whether it can generate, and returns a result if not.
func tgiHealth(r *sdk.Run, who, base string) *sdk.Result {
	health, err := get(r, join(base, "/health"), r.String("api_key"))
	if err != nil {
		result := sdk.Failed(who, err)
		return &result
	}
	if health.Status == 503 {
		d := &document{answer: health}
		return unhealthy(who + " reports that it is not healthy: " + quote(d.field("error")) + "; look into its log")
	}
	return rejected(who, health, "api_key")
}

// tgiModels returns all names of the model that TGI serves. /info has the
// --model-id, which may be a directory such as /repository; /v1/models has the
// name that requests use.
func tgiModels(r *sdk.Run, who, base, model string) ([]string, *sdk.Result) {
	models := []string{model}
	if wanted := r.String("model"); wanted == "" || sameHuggingFace(model, wanted) {
		return models, nil
	}
	list, err := get(r, join(base, "/v1/models"), r.String("api_key"))
	if err != nil {
		result := sdk.Failed(who, err)
		return nil, &result
	}
	if list.Status == 404 || list.Status == 405 { // an older TGI does not have it
		return models, nil
	}
	if result := rejected(who, list, "api_key"); result != nil {
		return nil, result
	}
	d := &document{answer: list}
	for _, id := range d.fields("data", "id") {
		if id != model {
			models = append(models, id)
		}
	}
	return models, d.failed(who)
}

func openAI(r *sdk.Run, base string) sdk.Result {
	who := "the model server at " + origin(base)
	list, err := get(r, join(base, "/v1/models"), r.String("api_key"))
	if err != nil {
		return sdk.Failed(who, err)
	}
	if result := rejected(who, list, "api_key"); result != nil {
		return *result
	}
	d := &document{answer: list}
	models := d.fields("data", "id")
	if result := d.failed(who); result != nil {
		return *result
	}
	if !d.lists("data") {
		return d.foreign(who, "what answers at "+origin(base)+" lists no models; correct base_url or backend")
	}
	result := judgeModels(r, sameHuggingFace, who, models, "correct model, or load it there")
	if result.Status == abi.Degraded && d.field("has_more") == "true" {
		return sdk.Unknown(who + " lists its models in several pages, and " + r.String("model") + " is not on the first one, which is all that this probe reads; leave out model")
	}
	return result
}

// judgeModels checks that the wanted model is among those present, by the rules
// for names of its registry.
func judgeModels(r *sdk.Run, same func(a, b string) bool, who string, models []string, remedy string) sdk.Result {
	r.Detail("models", some(models))
	r.Metric("models", float64(len(models)), "")
	wanted := r.String("model")
	if wanted == "" {
		return sdk.Healthy(who + " has " + plural(len(models), "model"))
	}
	for _, m := range models {
		if same(m, wanted) {
			return sdk.Healthy(who + " has " + wanted)
		}
	}
	if len(models) == 0 {
		return sdk.Degraded(who + " has no models; " + remedy)
	}
	return sdk.Degraded(who + " does not have " + wanted + "; it has " +
		some(models) + "; " + remedy)
}

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

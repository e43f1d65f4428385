package main

import (
	"strings"

	"vega/sdk"
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
	number := field(version, "version")
	if number == "" {
		return sdk.Unhealthy("what answers at " + origin(base) + " is not Ollama; correct base_url, or set backend = \"hf\"")
	}
	r.Detail("version", number)
	tags, err := get(r, join(base, "/api/tags"), r.String("api_key"))
	if err != nil {
		return sdk.Failed(who, err)
	}
	if result := rejected(who, tags, "api_key"); result != nil {
		return *result
	}
	models := fields(tags, "models", "name")
	return judgeModels(r, who+" "+number, models, "run `ollama pull "+r.String("model")+"`")
}

// huggingFace supports Text Generation Inference, which serves one model and
// names it at /info, and any server with OpenAI's list of models.
func huggingFace(r *sdk.Run, base string) sdk.Result {
	info, err := get(r, join(base, "/info"), r.String("api_key"))
	if err != nil {
		return sdk.Failed(origin(base), err)
	}
	model := ""
	if info.Status == 200 {
		model = field(info, "model_id")
	}
	if model == "" {
		return openAI(r, base)
	}
	who := "TGI at " + origin(base)
	r.Detail("version", field(info, "version"))
	health, err := get(r, join(base, "/health"), r.String("api_key"))
	if err != nil {
		return sdk.Failed(who, err)
	}
	if health.Status == 503 {
		return sdk.Unhealthy(who + " reports that it is not healthy: " + quote(field(health, "error")) + "; look into its log")
	}
	if result := rejected(who, health, "api_key"); result != nil {
		return *result
	}
	return judgeModels(r, who, []string{model}, "start it with --model-id, or correct model")
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
	if field(list, "data") == "" {
		return sdk.Unhealthy("what answers at " + origin(base) + " lists no models; correct base_url or backend")
	}
	return judgeModels(r, who, fields(list, "data", "id"), "correct model, or load it there")
}

// judgeModels checks that the wanted model is among those present.
func judgeModels(r *sdk.Run, who string, models []string, remedy string) sdk.Result {
	r.Detail("models", some(models))
	r.Metric("models", float64(len(models)), "")
	wanted := r.String("model")
	if wanted == "" {
		return sdk.Healthy(who + " has " + plural(len(models), "model"))
	}
	for _, m := range models {
		if m == wanted || m == wanted+":latest" {
			return sdk.Healthy(who + " has " + wanted)
		}
	}
	if len(models) == 0 {
		return sdk.Degraded(who + " has no models; " + remedy)
	}
	return sdk.Degraded(who + " does not have " + wanted + "; it has " +
		some(models) + "; " + remedy)
}

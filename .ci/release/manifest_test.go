package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestKubernetesManifest checks that every field of the manifest exists in the
// Kubernetes API, and that the pod is as restricted as the pages promise.
func TestKubernetesManifest(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "daemon", "packaging", "kubernetes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var secret corev1.Secret
	var config corev1.ConfigMap
	var service corev1.Service
	var set appsv1.StatefulSet
	objects := map[string]any{"Secret": &secret, "ConfigMap": &config, "Service": &service, "StatefulSet": &set}
	documents := bytes.Split(text, []byte("\n---\n"))[1:] // the first one is a comment
	for _, document := range documents {
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal(document, &kind); err != nil {
			t.Fatal(err)
		}
		into := objects[kind.Kind]
		if into == nil {
			t.Fatalf("unexpected or repeated kind %q", kind.Kind)
		}
		delete(objects, kind.Kind)
		if err := yaml.UnmarshalStrict(document, into); err != nil {
			t.Errorf("%s: %v", kind.Kind, err)
		}
	}
	if len(objects) > 0 {
		t.Fatalf("missing: %v", objects)
	}
	checkPod(t, set.Spec.Template.Spec)
	pod := set.Spec.Template
	for key, value := range service.Spec.Selector {
		if pod.Labels[key] != value || set.Spec.Selector.MatchLabels[key] != value {
			t.Errorf("the selector %s=%s does not match the pod", key, value)
		}
	}
	if *set.Spec.Replicas != 1 {
		t.Error("more than one vega would write the database")
	}
	if hcl := config.Data["vega.hcl"]; !strings.Contains(hcl, `data_dir = "/var/lib/vega"`) || !strings.Contains(hcl, `env("VEGA_API_KEY")`) {
		t.Errorf("vega.hcl does not name what the pod has:\n%s", hcl)
	}
	if _, ok := secret.StringData["VEGA_API_KEY"]; !ok {
		t.Error("the Secret has no VEGA_API_KEY")
	}
}

// checkPod checks the restricted Pod Security Standard, the probes and the volumes.
func checkPod(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	c := pod.Containers[0]
	s := c.SecurityContext
	for what, ok := range map[string]bool{
		"one container":           len(pod.Containers) == 1,
		"not root":                *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == nobody && *pod.SecurityContext.FSGroup == nobody,
		"seccomp":                 pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no escalation":           !*s.AllowPrivilegeEscalation && *s.ReadOnlyRootFilesystem,
		"no capability":           len(s.Capabilities.Add) == 0 && len(s.Capabilities.Drop) == 1 && s.Capabilities.Drop[0] == "ALL",
		"no token":                !*pod.AutomountServiceAccountToken,
		"liveness":                c.LivenessProbe.HTTPGet.Path == "/healthz" && c.StartupProbe.HTTPGet.Path == "/healthz",
		"readiness":               c.ReadinessProbe.HTTPGet.Path == "/readyz",
		"time to drain":           *pod.TerminationGracePeriodSeconds > 10,
		"a request and a limit":   c.Resources.Requests.Memory().String() == "64Mi" && !c.Resources.Limits.Memory().IsZero(),
		"the configuration":       c.VolumeMounts[0].MountPath == "/etc/vega" && c.VolumeMounts[0].ReadOnly,
		"the data":                c.VolumeMounts[1].MountPath == "/var/lib/vega",
		"a port that probes find": c.Ports[0].Name == "http" && c.Ports[0].ContainerPort == 8000,
	} {
		if !ok {
			t.Errorf("the pod lacks: %s", what)
		}
	}
}

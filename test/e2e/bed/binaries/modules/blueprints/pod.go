package main

import (
	"fmt"
	"slices"

	jsoniter "github.com/json-iterator/go"
	"github.com/mitchellh/mapstructure"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

const containerName = "container"

var known = []string{"image", "command", "namespace", "podOverride", "podAnnotations", "podLabels"}

type kubeTask struct {
	Image          string            `mapstructure:"image"`
	Command        []string          `mapstructure:"command"`
	Namespace      string            `mapstructure:"namespace"`
	PodOverride    map[string]any    `mapstructure:"podOverride"`
	PodAnnotations map[string]string `mapstructure:"podAnnotations"`
	PodLabels      map[string]string `mapstructure:"podLabels"`
}

// The pod that KubeTask creates for a phase.
func (r *request) pod() (any, error) {
	action, err := r.action()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(action.Phases, func(p blueprintPhase) bool { return p.Name == r.Phase })
	if at < 0 {
		return nil, fmt.Errorf("Phase %s not found", r.Phase)
	}
	task, err := taskOf(action.Phases[at].Args, r.Params)
	if err != nil {
		return nil, err
	}
	return r.podOf(task)
}

func taskOf(args map[string]any, params templateParams) (*kubeTask, error) {
	rendered := map[string]any{}
	for name, value := range args {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("argument %s is not supported", name)
		}
		var err error
		if rendered[name], err = render(value, params); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"image", "command"} {
		if _, ok := rendered[name]; !ok {
			return nil, fmt.Errorf("required arg missing: %s", name)
		}
	}
	var task kubeTask
	return &task, mapstructure.WeakDecode(rendered, &task)
}

func (r *request) podOf(task *kubeTask) (*corev1.Pod, error) {
	namespace, account := task.Namespace, ""
	if namespace == "" {
		namespace = r.Controller.Namespace
	}
	// Elsewhere the pod gets the namespace's default account, and only here the controller's own.
	if namespace == r.Controller.Namespace {
		account = r.Controller.ServiceAccount
	}
	spec := corev1.PodSpec{
		Containers: []corev1.Container{{
			Name:            containerName,
			Image:           task.Image,
			Command:         task.Command,
			ImagePullPolicy: corev1.PullIfNotPresent,
		}},
		RestartPolicy:      corev1.RestartPolicyNever,
		ServiceAccountName: account,
	}
	override, err := mergeOverrides(task.PodOverride, r.Params.PodOverride)
	if err != nil {
		return nil, err
	}
	patched, err := patch(spec, override)
	if err != nil {
		return nil, err
	}
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "kanister-job-",
			Namespace:    namespace,
			Labels:       merge(map[string]string{"createdBy": "kanister"}, r.Params.PodLabels, task.PodLabels),
			Annotations:  merge(nil, r.Params.PodAnnotations, task.PodAnnotations),
		},
		Spec: *patched,
	}, nil
}

// One map of all; of the same key the last one's value. So the blueprint's label wins over the ActionSet's.
func merge(maps ...map[string]string) map[string]string {
	merged := map[string]string{}
	for _, own := range maps {
		for key, value := range own {
			merged[key] = value
		}
	}
	return merged
}

// The ActionSet's override wins over the blueprint's. Both become one before that one changes the pod: what the ActionSet sets to
// null is left as it is without any override.
func mergeOverrides(blueprint, actionSet map[string]any) (map[string]any, error) {
	if actionSet == nil {
		return blueprint, nil
	}
	// Kanister's default for a blueprint without one.
	if blueprint == nil {
		blueprint = actionSet
	}
	text, err := strategicMerge(blueprint, actionSet)
	if err != nil {
		return nil, err
	}
	var merged map[string]any
	if err := jsoniter.Unmarshal(text, &merged); err != nil {
		return nil, err
	}
	return merged, nil
}

// By the rules of a pod's fields: a container is changed by its name.
func strategicMerge(original, change any) ([]byte, error) {
	before, err := jsoniter.Marshal(original)
	if err != nil {
		return nil, err
	}
	by, err := jsoniter.Marshal(change)
	if err != nil {
		return nil, err
	}
	return strategicpatch.StrategicMergePatch(before, by, corev1.PodSpec{})
}

func patch(spec corev1.PodSpec, override map[string]any) (*corev1.PodSpec, error) {
	merged, err := strategicMerge(spec, override)
	if err != nil {
		return nil, err
	}
	var patched corev1.PodSpec
	if err := jsoniter.Unmarshal(merged, &patched); err != nil {
		return nil, err
	}
	// The main container comes first.
	slices.SortStableFunc(patched.Containers, func(a, b corev1.Container) int {
		switch {
		case a.Name == b.Name:
			return 0
		case a.Name == containerName:
			return -1
		case b.Name == containerName:
			return 1
		}
		return 0
	})
	return &patched, nil
}

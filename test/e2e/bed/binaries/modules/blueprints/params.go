package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// What Kanister's templates see, field by field. What is a pointer here is nil unless the subject is of that kind, and a
// template that looks into it fails.
type templateParams struct {
	StatefulSet      *namedParams
	DeploymentConfig *namedParams
	Deployment       *namedParams
	PVC              *namedParams
	Namespace        *namedParams
	ArtifactsIn      map[string]artifact
	ConfigMaps       map[string]any
	Secrets          map[string]any
	Time             string
	Profile          *struct{}
	Options          map[string]string
	Object           map[string]any
	CurrentPhase     *phaseParams
	Phases           map[string]*phaseParams
	DeferPhase       *phaseParams
	PodOverride      map[string]any
	PodAnnotations   map[string]string
	PodLabels        map[string]string
}

type namedParams struct {
	Name      string
	Namespace string
}

type artifact struct {
	KeyValue map[string]string `json:"keyValue"`
}

type phaseParams struct {
	Secrets    map[string]any
	ConfigMaps map[string]any
	Output     map[string]any
}

type blueprint struct {
	Actions map[string]*blueprintAction `json:"actions"`
}

type blueprintAction struct {
	OutputArtifacts    map[string]artifact `json:"outputArtifacts"`
	InputArtifactNames []string            `json:"inputArtifactNames"`
	Phases             []blueprintPhase    `json:"phases"`
	DeferPhase         *blueprintPhase     `json:"deferPhase"`
}

type blueprintPhase struct {
	Func    string         `json:"func"`
	Name    string         `json:"name"`
	Args    map[string]any `json:"args"`
	Objects map[string]any `json:"objects"`
}

type request struct {
	Blueprint blueprint      `json:"blueprint"`
	Action    string         `json:"action"`
	Phase     string         `json:"phase"`
	Params    templateParams `json:"params"`
	// Where the controller runs, and as whom.
	Controller struct {
		Namespace      string `json:"namespace"`
		ServiceAccount string `json:"serviceAccount"`
	} `json:"controller"`
}

func (r *request) action() (*blueprintAction, error) {
	action, ok := r.Blueprint.Actions[r.Action]
	if !ok || action == nil {
		return nil, fmt.Errorf("Action {%s} not found in action map", r.Action)
	}
	if action.DeferPhase != nil {
		return nil, errors.New("deferPhase is more than this runner knows")
	}
	for _, p := range action.Phases {
		if p.Func != "KubeTask" || len(p.Objects) > 0 {
			return nil, fmt.Errorf("Phase %s: only KubeTask without objects is known here", p.Name)
		}
	}
	return action, nil
}

// The phases' names, in order.
func (r *request) phases() (any, error) {
	action, err := r.action()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, p := range action.Phases {
		if slices.Contains(names, p.Name) {
			return nil, fmt.Errorf("Two phases are called %s", p.Name)
		}
		names = append(names, p.Name)
	}
	return names, nil
}

// The artifacts of an action whose phases are done.
func (r *request) artifacts() (any, error) {
	action, err := r.action()
	if err != nil {
		return nil, err
	}
	rendered := map[string]artifact{}
	for name, a := range action.OutputArtifacts {
		values := map[string]string{}
		for key, value := range a.KeyValue {
			if values[key], err = renderString(value, r.Params); err != nil {
				return nil, err
			}
		}
		rendered[name] = artifact{KeyValue: values}
	}
	return rendered, nil
}

func decode(text []byte) (*request, error) {
	var r request
	return &r, json.Unmarshal(text, &r)
}

package main

import (
	"bytes"
	"errors"
	"reflect"
	"text/template"

	"github.com/Masterminds/sprig"
)

// Kanister renders every string among the arguments, keys of maps too: Go templates with sprig, a missing key is an error.
func render(value any, params templateParams) (any, error) {
	// Kanister asks nil for its type, which ends its controller.
	if value == nil {
		return nil, errors.New("a null among a phase's arguments makes Kanister's controller panic")
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.String:
		return renderString(v.String(), params)
	case reflect.Slice:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			item, err := render(v.Index(i).Interface(), params)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	case reflect.Map:
		rendered := make(map[any]any, v.Len())
		for _, k := range v.MapKeys() {
			key, err := render(k.Interface(), params)
			if err != nil {
				return nil, err
			}
			if rendered[key], err = render(v.MapIndex(k).Interface(), params); err != nil {
				return nil, err
			}
		}
		return rendered, nil
	default:
		return value, nil
	}
}

func renderString(text string, params templateParams) (string, error) {
	parsed, err := template.New("config").Option("missingkey=error").Funcs(functions()).Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, params); err != nil {
		return "", err
	}
	return out.String(), nil
}

// sprig without what Kanister takes out of it: the functions that are not of FIPS.
func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range []string{"bcrypt", "derivePassword", "genPrivateKey", "htpasswd"} {
		if _, ok := all[name]; ok {
			all[name] = func(...any) (string, error) { return "", errors.New(name + " is not allowed by Kanister") }
		}
	}
	return all
}

// Package api is the hub's HTTP contract: the OpenAPI document, written by
// hand, and the Go types and routes generated from it.
//
// Change openapi.yaml, run go generate, then make the handlers in
// internal/httpapi compile again. Tests hold every answer of theirs to the
// document.
package api

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

//go:generate go -C ../tools tool oapi-codegen -config ../api/codegen.yaml ../api/openapi.yaml

//go:embed openapi.yaml
var document []byte

// Document is the OpenAPI document as JSON values: objects are
// map[string]any, arrays []any, whole numbers int.
func Document() (map[string]any, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	return doc, nil
}

// DocumentJSON is the OpenAPI document as it is served: without the notes for
// the code generator.
func DocumentJSON() ([]byte, error) {
	doc, err := Document()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(published(doc))
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return body, nil
}

// generatorNotes are the extensions that only concern the generated Go code.
var generatorNotes = [...]string{"x-go-type", "x-go-type-name", "x-go-name", "x-enum-varnames"}

func published(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, note := range generatorNotes {
			delete(v, note)
		}
		for k, inner := range v {
			v[k] = published(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = published(inner)
		}
	}
	return v
}

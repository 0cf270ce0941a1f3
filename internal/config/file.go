package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"threadhub/internal/spell"
)

// fileValue is a setting in a file and where it stands, for error messages.
type fileValue struct {
	text  string
	place string // "threadhub.yaml:3: addr"
}

// parseFile reads a configuration file in YAML, or JSON, which is a part of
// YAML. Every key must be a setting.
func parseFile(path string, raw []byte, known []setting) (map[string]fileValue, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil // empty, or nothing but comments
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: want settings as \"key: value\"", path, root.Line)
	}
	var names []string
	for _, s := range known {
		if s.Name != "config" {
			names = append(names, fileKey(s.Name))
		}
	}
	values := map[string]fileValue{}
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, node := root.Content[i], root.Content[i+1]
		place := fmt.Sprintf("%s:%d: %s", path, key.Line, key.Value)
		if !slices.Contains(names, key.Value) {
			errs = append(errs, fmt.Errorf("%s is no setting; the nearest is %s", place, spell.Nearest(key.Value, names)))
			continue
		}
		if _, twice := values[key.Value]; twice {
			errs = append(errs, fmt.Errorf("%s is there twice; keep one", place))
			continue
		}
		text, err := scalar(node)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", place, err))
			continue
		}
		if text != "" {
			values[key.Value] = fileValue{text, place}
		}
	}
	return values, errors.Join(errs...)
}

// scalar is a value as a flag would have it; a list is joined with commas and
// null is the same as leaving the setting out.
func scalar(node *yaml.Node) (string, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Tag == "!!null" {
			return "", nil
		}
		return node.Value, nil
	case yaml.SequenceNode:
		var items []string
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
				return "", errors.New("a list holds plain values, without commas")
			}
			items = append(items, item.Value)
		}
		return strings.Join(items, ","), nil
	case yaml.AliasNode:
		return scalar(node.Alias)
	default:
		return "", errors.New("want one value or a list of values")
	}
}

// unknown answers the keys of given that are not among known, sorted.
func unknown[V any](given map[string]V, known []string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			list = append(list, name)
		}
	}
	return list
}

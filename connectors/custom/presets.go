package custom

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"threadhub/connectors"
)

//go:embed presets/*.json
var presetFiles embed.FS

// presets are the definitions that come with the hub, in the order of their
// names. Those that cannot be read are left out, which a test rules out.
func presets() []connectors.Preset {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil
	}
	var out []connectors.Preset
	for _, e := range entries {
		if p, err := readPreset(e.Name()); err == nil {
			out = append(out, p)
		}
	}
	return out
}

func readPreset(file string) (connectors.Preset, error) {
	raw, err := presetFiles.ReadFile(path.Join("presets", file))
	if err != nil {
		return connectors.Preset{}, fmt.Errorf("read preset: %w", err)
	}
	var p struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Credentials []struct {
			Name        string `json:"name"`
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"credentials"`
		Settings json.RawMessage `json:"settings"`
	}
	if err := strict(raw, &p); err != nil {
		return connectors.Preset{}, fmt.Errorf("read preset %s: %w", file, err)
	}
	out := connectors.Preset{Name: strings.TrimSuffix(file, ".json"), Title: p.Title, Description: p.Description, Settings: p.Settings}
	for _, c := range p.Credentials {
		out.Credentials = append(out.Credentials, connectors.PresetCredential(c))
	}
	return out, nil
}

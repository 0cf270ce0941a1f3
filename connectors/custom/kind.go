package custom

import (
	_ "embed"
	"encoding/json"

	"threadhub/connectors"
	"threadhub/normalize"
)

var (
	//go:embed credentials.json
	credentialsSchema string
	//go:embed settings.json
	settingsSchema string
	//go:embed setup.md
	setup string
)

// Kind describes platforms that are told by settings how to speak. What a
// channel carries is what its settings say; the capabilities here are those of
// settings that say the least.
func Kind() connectors.Kind {
	engine := lazyEngine()
	return connectors.Kind{
		Name:        "custom",
		Title:       "Custom platform (no code)",
		Credentials: json.RawMessage(credentialsSchema),
		Settings:    json.RawMessage(settingsSchema),
		Setup:       setup,
		Caps:        normalize.Capabilities{Text: normalize.TextLimit{Max: defaultText}},
		New:         func(c connectors.Config) (connectors.Connector, error) { return open(engine, c) },
		Presets:     presets(),
	}
}

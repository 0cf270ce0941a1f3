package httpapi

import (
	"encoding/json"
	"fmt"

	"threadhub/api"
	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/normalize"
)

func (s *server) channelView(ch channels.Channel) api.Channel {
	settings := ch.Settings
	if len(settings) == 0 {
		settings = json.RawMessage("{}")
	}
	path := webhookPath + string(ch.ID)
	return api.Channel{
		ID: string(ch.ID), Kind: ch.Kind, Name: ch.Name, WebhookURL: s.PublicURL + path, WebhookPath: path,
		Settings: settings, Style: styleView(ch.Style), GroupID: orNull(string(ch.GroupID)),
		Enabled: ch.Enabled, Weight: max(ch.Weight, 1), SendFor: durationText(ch.SendingFor()), Retention: retentionView(ch.Retention), CredentialKeys: convert(ch.CredentialKeys, text[string]), Health: healthView(ch.Health), Warnings: convert(ch.Warnings, text[string]),
		FormerCredentialsUntil: timeOrNull(ch.FormerUntil),
		CreatedAt:              timeView(ch.CreatedAt), UpdatedAt: timeView(ch.UpdatedAt), Version: ch.Version,
	}
}

func healthView(h channels.Health) api.ChannelHealth {
	state := h.State
	if state == "" {
		state = channels.HealthUnchecked
	}
	return api.ChannelHealth{
		State: api.ChannelHealthState(state), Detail: orNull(h.Detail), CheckedAt: timeOrNull(h.CheckedAt), Since: timePtr(h.Since),
	}
}

func connectorView(k connectors.Kind) (api.Connector, error) {
	caps, err := capabilitiesJSON(k.Caps)
	if err != nil {
		return api.Connector{}, fmt.Errorf("connector %s: %w", k.Name, err)
	}
	v := api.Connector{
		Kind: k.Name, Name: k.Title, CredentialsSchema: k.Credentials, SettingsSchema: k.Settings,
		Capabilities: caps, Setup: k.Setup,
	}
	if len(k.Presets) > 0 {
		presets := convert(k.Presets, presetView)
		v.Presets = &presets
	}
	return v, nil
}

func presetView(p connectors.Preset) api.ConnectorPreset {
	return api.ConnectorPreset{
		Name: p.Name, Title: p.Title, Description: p.Description, Settings: p.Settings,
		Credentials: convert(p.Credentials, func(c connectors.PresetCredential) api.ConnectorPresetCredential {
			return api.ConnectorPresetCredential{Name: c.Name, Title: c.Title, Description: c.Description}
		}),
	}
}

// capabilitiesJSON writes capabilities with their durations as the API has
// them.
func capabilitiesJSON(caps normalize.Capabilities) (json.RawMessage, error) {
	type window struct {
		Open     string                  `json:"open"`
		Human    string                  `json:"human,omitempty"`
		Messages int                     `json:"messages,omitempty"`
		After    []normalize.MessageType `json:"after,omitempty"`
	}
	type rate struct {
		PerSecond float64 `json:"per_second,omitempty"`
		Burst     int     `json:"burst,omitempty"`
		PeerEvery string  `json:"peer_every,omitempty"`
		PeerBurst int     `json:"peer_burst,omitempty"`
	}
	// The outer fields hide those of the same name inside.
	view := struct {
		normalize.Capabilities
		Window *window `json:"window,omitempty"`
		Rate   *rate   `json:"rate,omitempty"`
	}{Capabilities: caps}
	if w := caps.Window; w != nil {
		view.Window = &window{Open: durationText(w.Open), Messages: w.Messages, After: w.After}
		if w.Human > 0 {
			view.Window.Human = durationText(w.Human)
		}
	}
	if r := caps.Rate; r != (normalize.Rate{}) {
		view.Rate = &rate{PerSecond: r.PerSecond, Burst: r.Burst, PeerBurst: r.PeerBurst}
		if r.PeerEvery > 0 {
			view.Rate.PeerEvery = durationText(r.PeerEvery)
		}
	}
	return json.Marshal(view)
}

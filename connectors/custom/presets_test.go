package custom_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/connectors/conntest"
	"threadhub/connectors/custom"
	"threadhub/connectors/line"
	"threadhub/connectors/slack"
	"threadhub/connectors/telegram"
	"threadhub/connectors/twilio"
	"threadhub/normalize"
)

func preset(t testing.TB, name string) connectors.Preset {
	t.Helper()
	for _, p := range custom.Kind().Presets {
		if p.Name == name {
			return p
		}
	}
	require.Fail(t, "there is no preset", name)
	return connectors.Preset{}
}

func openPreset(t testing.TB, name string, credentials map[string]string) connectors.Connector {
	t.Helper()
	c, err := custom.Kind().New(connectors.Config{
		Credentials: secrets(credentials), Settings: preset(t, name).Settings, WebhookURL: "https://hub.example/webhooks/ch_1",
	})
	require.NoError(t, err)
	return c
}

func TestEveryPresetOpensWithTheCredentialsItNames(t *testing.T) {
	files, err := filepath.Glob("presets/*.json")
	require.NoError(t, err)
	require.Len(t, custom.Kind().Presets, len(files), "each can be read")
	for _, p := range custom.Kind().Presets {
		credentials := map[string]string{}
		for _, c := range p.Credentials {
			require.NotEmpty(t, c.Title+c.Description)
			credentials[c.Name] = c.Name + "-value"
		}
		require.NotEmpty(t, p.Title+p.Description)
		openPreset(t, p.Name, credentials)
		for name := range credentials {
			without := map[string]string{}
			for n, v := range credentials {
				if n != name {
					without[n] = v
				}
			}
			_, err := custom.Kind().New(connectors.Config{Credentials: secrets(without), Settings: p.Settings})
			require.ErrorContains(t, err, name, "a credential that is not needed is not named")
		}
	}
}

// TestPresetsUnderstandWhatCodedConnectorsDo runs presets on the fixtures of the
// connectors in code. What a preset makes of each is in testdata/custom/presets:
// "same", or what is different.
func TestPresetsUnderstandWhatCodedConnectorsDo(t *testing.T) {
	tests := map[string]struct {
		kind        connectors.Kind
		credentials map[string]string
		settings    string
		least       int // how many are the same
	}{
		"telegram": {telegram.Kind(), map[string]string{"bot_token": "7100200300:TEST", "secret_token": "st"}, `{}`, 20},
		"line":     {line.Kind(), map[string]string{"channel_access_token": "at", "channel_secret": "cs"}, `{}`, 25},
		"twilio":   {twilio.Kind(), map[string]string{"account_sid": "AC5e1f00000000000000000000000000d4", "auth_token": "at"}, `{"from":"+14155550199"}`, 25},
		"slack":    {slack.Kind(), map[string]string{"bot_token": "xoxb-1", "signing_secret": "ss"}, `{}`, 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			coded, err := tt.kind.New(connectors.Config{Credentials: secrets(tt.credentials), Settings: json.RawMessage(tt.settings), WebhookURL: "https://hub.example/webhooks/ch_1"})
			require.NoError(t, err)
			tt.credentials["from"] = "+14155550199"
			declared := openPreset(t, name, tt.credentials)
			var w strings.Builder
			same := 0
			for _, path := range fixtures(t, name, "in") {
				verdict := difference(coded, declared, request(t, path))
				if verdict == "same" {
					same++
				}
				fmt.Fprintf(&w, "%s: %s\n", strings.TrimSuffix(filepath.Base(path), ".txt"), verdict)
			}
			require.GreaterOrEqual(t, same, tt.least)
			golden(t, "../../testdata/custom/presets/"+name+".txt", w.String())
		})
	}
}

func fixtures(t testing.TB, kind, way string) []string {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/" + kind + "/" + way + "/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

// request reads the webhook of a fixture.
func request(t testing.TB, path string) *connectors.Request {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	for bytes.HasPrefix(raw, []byte("#")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	for _, end := range []string{"\n-- events --", "\n-- error --", "\n-- reply --"} {
		body, _, _ = bytes.Cut(body, []byte(end))
		head, _, _ = bytes.Cut(head, []byte(end))
	}
	lines := strings.Split(string(head), "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	u, err := url.Parse("https://hub.example" + target)
	require.NoError(t, err)
	req := &connectors.Request{Method: method, URL: u.String(), Query: u.Query(), Header: http.Header{}, Body: bytes.TrimRight(body, "\n")}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	return req
}

// difference compares what two connectors make of a webhook. Keys are compared
// of messages, whose keys are their ids.
func difference(coded, declared connectors.Connector, req *connectors.Request) string {
	want, wantErr := coded.Parse(req)
	got, gotErr := declared.Parse(req)
	switch {
	case wantErr != nil && gotErr != nil:
		return "same"
	case wantErr != nil:
		return "coded: refused; preset: " + kinds(got)
	case gotErr != nil:
		return "coded: " + kinds(want) + "; preset: refused"
	}
	a, b := comparable(want), comparable(got)
	if a == b {
		return "same"
	}
	if kinds(want) == kinds(got) {
		return kinds(want) + ", but " + firstDifference(want, got)
	}
	return "coded: " + kinds(want) + "; preset: " + kinds(got)
}

func comparable(events []normalize.Event) string {
	out := make([]normalize.Event, len(events))
	for i, ev := range events {
		if ev.Type != normalize.EventMessage {
			ev.Key = ""
		}
		if ev.Type == normalize.EventUnknown {
			ev = normalize.Event{Type: ev.Type}
		}
		out[i] = ev
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}

func kinds(events []normalize.Event) string {
	if len(events) == 0 {
		return "nothing"
	}
	var names []string
	for _, ev := range events {
		name := string(ev.Type)
		if ev.Message != nil {
			name += " (" + string(ev.Message.Type) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// firstDifference names the first field that is not the same.
func firstDifference(want, got []normalize.Event) string {
	for i := range want {
		var a, b any
		_ = json.Unmarshal([]byte(comparable(want[i:i+1])), &a)
		_ = json.Unmarshal([]byte(comparable(got[i:i+1])), &b)
		if where := differs("", a, b); where != "" {
			return where
		}
	}
	return "something"
}

func differs(at string, a, b any) string {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			return at
		}
		names := map[string]bool{}
		for n := range x {
			names[n] = true
		}
		for n := range y {
			names[n] = true
		}
		var all []string
		for n := range names {
			if where := differs(at+"."+n, x[n], y[n]); where != "" {
				all = append(all, where)
			}
		}
		if len(all) == 0 {
			return ""
		}
		first := all[0]
		for _, w := range all {
			first = min(first, w)
		}
		return first
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return at
		}
		for i := range x {
			if where := differs(at, x[i], y[i]); where != "" {
				return where
			}
		}
		return ""
	}
	if fmt.Sprint(a) != fmt.Sprint(b) {
		return fmt.Sprintf("%s is %.60q, not %.60q", strings.TrimPrefix(at, "."), fmt.Sprint(b), fmt.Sprint(a))
	}
	return ""
}

func golden(t testing.TB, path, got string) {
	t.Helper()
	if conntest.Updating() {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run the test with -update to write %s anew", path)
}

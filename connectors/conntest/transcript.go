package conntest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// callText writes a call as a golden shows it, credentials by their names.
func (b *bench) callText(call *connectors.Call) string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s part=%d", call.Name, call.Part)
	if call.Visible {
		w.WriteString(" visible")
	}
	if call.Idempotent {
		w.WriteString(" idempotent")
	}
	if call.KnownFor > 0 {
		fmt.Fprintf(&w, " for %s", call.KnownFor)
	}
	fmt.Fprintf(&w, "\n%s %s\n", call.Method, call.URL)
	names := make([]string, 0, len(call.Header))
	for name := range call.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, value := range call.Header[name] {
			fmt.Fprintf(&w, "%s: %s\n", name, value)
		}
	}
	if len(call.Body) > 0 {
		w.WriteString("\n" + bodyText(call.Body))
	}
	if call.Upload != nil {
		w.WriteString("\n" + uploadText(call.Upload))
	}
	return b.mask(strings.TrimRight(w.String(), "\n"))
}

func bodyText(body []byte) string {
	var w bytes.Buffer
	if json.Indent(&w, body, "", "  ") == nil {
		return w.String()
	}
	return strings.ReplaceAll(string(body), "\r\n", "\n")
}

// mask replaces the token and credentials by their names, longer ones first so that one that
// holds another stays readable.
func (b *bench) mask(text string) string {
	text = strings.ReplaceAll(text, accessToken, "{"+accessTokenName+"}")
	names := make([]string, 0, len(b.Config.Credentials))
	for name := range b.Config.Credentials {
		names = append(names, name)
	}
	value := func(i int) string { return b.Config.Credentials[names[i]].Reveal() }
	sort.Slice(names, func(i, j int) bool {
		if len(value(i)) != len(value(j)) {
			return len(value(i)) > len(value(j))
		}
		return names[i] < names[j]
	})
	for i, name := range names {
		if value(i) != "" {
			text = strings.ReplaceAll(text, value(i), "{"+name+"}")
		}
	}
	return text
}

func outcomeText(o connectors.Outcome) string {
	after := ""
	if o.After != 0 {
		after = o.After.Round(time.Millisecond).String()
	}
	return indent(struct {
		Verdict  connectors.Verdict     `json:"verdict"`
		IDs      []normalize.PlatformID `json:"ids,omitempty"`
		After    string                 `json:"after,omitempty"`
		PeerOnly bool                   `json:"peer_only,omitempty"`
		Stale    bool                   `json:"stale_token,omitempty"`
		Failure  *normalize.Failure     `json:"failure,omitempty"`
		Alias    normalize.PeerID       `json:"alias,omitempty"`
		Data     map[string]string      `json:"data,omitempty"`
	}{o.Verdict, o.IDs, after, o.PeerOnly, o.StaleToken, o.Failure, o.Alias, o.Data})
}

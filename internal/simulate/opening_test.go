package simulate

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryOpeningIsOfSomebodyThereIs(t *testing.T) {
	all, err := parseOpenings(openingFile)
	require.NoError(t, err)
	require.Greater(t, len(all), 15)
	watcher, staff := demoPeople()
	agents := []string{"", watcher.name}
	for _, p := range staff {
		agents = append(agents, p.name)
	}
	var cast []string
	for _, c := range Cast() {
		cast = append(cast, c.Name())
	}
	played := map[string]bool{}
	for _, o := range all {
		require.Contains(t, Kinds(), o.platform)
		require.Contains(t, cast, o.customer)
		require.Contains(t, agents, o.agent)
		require.False(t, played[o.platform+o.customer], "%s is on %s twice", o.customer, o.platform)
		played[o.platform+o.customer], played[o.platform] = true, true
		replies := slices.ContainsFunc(o.talk.steps, func(s step) bool { return s.kind == "" })
		require.Equal(t, o.agent != "", replies, "%s: an agent who has it answers, and nobody else does", o.customer)
	}
	for _, name := range shown() {
		require.True(t, played[name], "nothing happens on %s", name)
	}
}

func TestOpeningsAreReadOrRefused(t *testing.T) {
	got, err := parseOpenings("# note\n\non line, 3 min ago by Mira Sandström: A B\ncustomer: hi\nagent: yes\nnote: n\nstatus: pending\n")
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, "Mira Sandström", got[0].agent)
	require.Equal(t, step{kind: deed, word: "status", text: "pending"}, got[0].talk.steps[3])
	for text, want := range map[string]string{
		"customer: hi\n":                       "want \"on <platform>",
		"on line, 3 min ago: A B\nshout: hi\n": "unknown word",
		"on line, 3 min ago: A B\n":            "one dialogue is wanted",
	} {
		_, err := parseOpenings(text)
		require.ErrorContains(t, err, want)
	}
}

func TestEveryPlatformCanBeMadeToFail(t *testing.T) {
	for _, name := range Kinds() {
		s := NewServer(ServerConfig{Platforms: []Platform{openPlatform(t, name)}, Script: func(Call) *Fault { return Refuse(http.StatusServiceUnavailable, "later") }})
		resp := served(s)(httptest.NewRequest(http.MethodPost, "http://sim/"+name+"/anything", nil))
		require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, name)
		require.Len(t, s.Calls(), 1, name)
		require.Equal(t, name, s.Calls()[0].Kind)
		require.Empty(t, s.Sends(), name)
	}
}

func TestCallsWithoutTheRightCredentialsAreRefused(t *testing.T) {
	for _, name := range Kinds() {
		p := openPlatform(t, name)
		for _, path := range []string{"/messages", "/v2/bot/message/push", "/pa/send_message", "/chat.postMessage", "/channels/1/messages", "/cgi-bin/message/custom/send", "/v3.0/oa/message/cs", "/method/messages.send", "/notes"} {
			require.Empty(t, p.Serve(Call{Method: http.MethodPost, Path: path, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"text":"hi"}`)}).Sent, name+path)
		}
	}
}

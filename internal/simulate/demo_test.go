package simulate

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/simulate/simtest"
)

// fakeHub starts a hub that the demo can be shown to.
func fakeHub(t *testing.T) (*simtest.Hub, string) {
	t.Helper()
	h := &simtest.Hub{Token: "adm", Client: client(t)}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return h, s.URL
}

// hurry makes people fast.
func hurry() Options {
	return Options{Seed: 7, Fill: 8, Attended: 0.6, Pace: 0.001, Platforms: early()}
}

func TestADemoFillsAHub(t *testing.T) {
	t.Parallel()
	h, url := fakeHub(t)
	show, err := Demo(t.Context(), url, "adm", hurry())
	require.NoError(t, err)
	defer func() { require.NoError(t, show.Close()) }()

	require.Len(t, h.Conversations(), 8)
	answered := 0
	for _, c := range h.Conversations() {
		if c.Status != "new" {
			answered++
		}
	}
	require.Positive(t, answered, "demo agents answered somebody")
	require.Less(t, answered, 8, "and left somebody to the newcomer")

	kinds := map[string]string{}
	for _, c := range h.Channels() {
		kinds[c.Kind] = c.Settings["api_base_url"]
	}
	require.Equal(t, map[string]string{"webchat": "", "telegram": show.Server.URL + "/telegram", "whatsapp": show.Server.URL + "/whatsapp"}, kinds)

	text := show.Guide.String()
	for _, want := range []string{url + "/v1/conversations", url + "/widget/try/ch_3", "Telegram (demo)", "WhatsApp (demo)", "Mira Sandström", "Authorization: Bearer tok_1", show.Guide.Waiting} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "adm\n")

	// Whoever watches can sign in as the guide says.
	require.Contains(t, text, url+"/console/")
	require.Contains(t, text, show.Guide.SignIn.Email+"  password "+show.Guide.SignIn.Password)
	require.GreaterOrEqual(t, len(show.Guide.SignIn.Password), 12)
	require.Equal(t, show.Guide.SignIn.Password, h.Password(show.Guide.SignIn.Email))
}

func TestTheGuidesCurlLineGetsAnAnswer(t *testing.T) {
	t.Parallel()
	h, url := fakeHub(t)
	show, err := Demo(t.Context(), url, "adm", hurry())
	require.NoError(t, err)
	defer func() { require.NoError(t, show.Close()) }()
	before := len(show.Server.Sends())

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/conversations/"+show.Guide.Waiting+"/messages", strings.NewReader(`{"text":"Hello! How can I help?"}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+show.Guide.Agents[0].Token)
	resp, err := client(t).Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	sends, err := show.Server.WaitSends(t.Context(), before+1)
	require.NoError(t, err)
	require.Equal(t, "Hello! How can I help?", sends[len(sends)-1].Text)
	require.GreaterOrEqual(t, sends[len(sends)-1].Customer, 0, "it reached somebody of the cast")
	require.NotEmpty(t, h.Conversations())
}

func TestASecondDemoTakesOverTheChannelsOfTheFirst(t *testing.T) {
	t.Parallel()
	h, url := fakeHub(t)
	first, err := Demo(t.Context(), url, "adm", hurry())
	require.NoError(t, err)
	require.NoError(t, first.Close())
	people := len(h.Conversations())

	o := hurry()
	o.Seed = 8
	second, err := Demo(t.Context(), url, "adm", o)
	require.NoError(t, err)
	require.NoError(t, second.Close())
	require.Len(t, h.Channels(), 3)
	require.Equal(t, second.Server.URL+"/telegram", h.Channels()[0].Settings["api_base_url"])
	require.Greater(t, len(h.Conversations()), people)
}

func TestRunGoesToChannelsThatExist(t *testing.T) {
	t.Parallel()
	h, url := fakeHub(t)
	admin := hubAPI{base: url, token: "adm", client: client(t)}
	ch, err := admin.channel(t.Context(), "shop", openPlatform(t, "telegram").Account(), "http://127.0.0.1:1")
	require.NoError(t, err)

	var flag ChannelFlag
	require.NoError(t, flag.UnmarshalText([]byte("kind=telegram,webhook="+url+ch.WebhookPath+",bot_token=7000000001:AAtest,secret_token=hook_test")))
	var out strings.Builder
	o := hurry()
	o.Channels, o.Duration, o.Out = []ChannelFlag{flag}, time.Second, &out
	require.NoError(t, Run(context.Background(), o))
	require.Len(t, h.Conversations(), 8)
	require.Contains(t, out.String(), "webhooks to "+url+ch.WebhookPath)
}

func TestRunRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, Run(t.Context(), Options{}), "neither an admin token nor a channel")
	twice := []ChannelFlag{{Kind: "telegram"}, {Kind: "telegram"}}
	require.ErrorContains(t, Run(t.Context(), Options{Channels: twice}), "two channels of kind telegram")
	for text, want := range map[string]string{
		"kind=telegram":              "webhook: missing",
		"kind=pigeon,webhook=http:x": "kind: want one of telegram, whatsapp",
		"telegram":                   "want key=value",
	} {
		require.ErrorContains(t, new(ChannelFlag).UnmarshalText([]byte(text)), want)
	}
	_, url := fakeHub(t)
	_, err := Demo(t.Context(), url, "wrong", hurry())
	require.ErrorContains(t, err, "401")
}

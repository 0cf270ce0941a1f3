package app_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors/all"
	"threadhub/internal/simulate"
)

// played is a channel whose platform is simulated.
type played struct {
	*hub
	simulate.Channel
	server *simulate.Listening
	id     string
}

// play connects a platform of every kind.
func (h *hub) play() map[string]*played {
	h.t.Helper()
	var platforms []simulate.Platform
	for _, name := range simulate.Kinds() {
		p, err := simulate.Open(name, simulate.Config{Cast: simulate.Cast(), Seed: uint64(time.Now().UnixMilli())})
		require.NoError(h.t, err)
		platforms = append(platforms, p)
	}
	server, err := simulate.NewServer(simulate.ServerConfig{Platforms: platforms}).Listen(context.Background(), "127.0.0.1:0")
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, server.Close()) })
	out := map[string]*played{}
	for i, name := range simulate.Kinds() {
		account := platforms[i].Account()
		settings := maps.Clone(account.Settings)
		address := h.base + "/webhooks/"
		if account.Own == "" {
			settings["api_base_url"] = server.BaseURL(name)
		} else {
			address = h.base + account.Own
		}
		ch := h.must(201, "POST", "/v1/channels", object{
			"kind": account.Kind, "name": account.Title, "credentials": account.Credentials, "settings": settings,
		}, adminToken)
		id := ch["id"].(string)
		out[name] = &played{hub: h, server: server, id: id, Channel: simulate.Channel{
			Platform: platforms[i], Webhook: address + id, Public: ch["webhook_url"].(string),
		}}
	}
	return out
}

// tell brings an act to the hub, again while the platform has no way to yet.
func (p *played) tell(t *testing.T, act simulate.Act) string {
	t.Helper()
	var id string
	require.Eventually(t, func() bool {
		var ok bool
		var err error
		id, ok, err = simulate.Tell(t.Context(), http.DefaultClient, p.Channel, act)
		return ok && err == nil
	}, 30*time.Second, 100*time.Millisecond)
	return id
}

// shown waits for what the platform showed to a customer.
func (p *played) shown(t *testing.T, name string, text string) simulate.Sent {
	t.Helper()
	var found simulate.Sent
	require.Eventually(t, func() bool {
		for _, s := range p.server.Sends() {
			if s.Kind == name && s.Text == text {
				found = s
				return true
			}
		}
		return false
	}, 30*time.Second, 20*time.Millisecond, "%s shows %q", name, text)
	return found
}

// reached is what a platform says of a message in the end.
func reached(name string) string {
	switch name {
	case "telegram", "line", "slack", "discord", "wechat": // say nothing of it
		return "sent"
	case "twilio": // nobody knows what is read of text messages
		return "delivered"
	}
	return "read"
}

func TestEveryPlatformIsPlayed(t *testing.T) {
	h := startHub(t, newConfig(t))
	_, token := h.agent("bea")
	channels := h.play()
	for _, kind := range all.Kinds() {
		require.Contains(t, channels, kind.Name, "the simulator plays every kind there is")
	}
	t.Run("all", func(t *testing.T) {
		for name, p := range channels {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				own := *p.hub // whose failures are this test's
				own.t = t
				one := *p
				one.hub = &own
				one.isUsed(t, name, token)
			})
		}
	})
}

// isUsed has a customer write, an agent answer and the receipts come.
func (p *played) isUsed(t *testing.T, name, token string) {
	check := p.must(200, "POST", "/v1/channels/"+p.id+"/check", object{}, adminToken)
	require.NotEqual(t, false, check["ok"], check)
	require.NoError(t, simulate.Ask(t.Context(), http.DefaultClient, p.Channel))

	who := simulate.Cast()[2]
	said := "Is parcel #4711 on its way? <b>& thanks</b> 👋"
	p.tell(t, simulate.Act{Kind: simulate.Say, By: who, At: time.Now(), Text: said})
	conv := p.one(p.id)
	var texts []string
	p.eventually("the message reads back", func() bool {
		texts = nil
		for _, m := range p.messages(conv["id"]) {
			text, _ := m["text"].(string)
			texts = append(texts, text)
		}
		return slices.Contains(texts, said)
	})
	require.Equal(t, []string{said}, texts)

	answer := "Yes, it comes today: " + name
	id := p.reply(conv["id"], token, answer)
	got := p.shown(t, name, answer)
	require.Equal(t, who.Index, got.Customer)
	want := reached(name)
	p.eventually("it is sent", func() bool { return p.status(conv["id"], id)() != "pending" && p.status(conv["id"], id)() != "queued" })
	for _, status := range []string{"delivered", "read"} {
		_, _, err := simulate.Tell(t.Context(), http.DefaultClient, p.Channel, simulate.Act{
			Kind: simulate.Receipt, By: who, At: time.Now(), Target: got.ID, Status: status, Ref: got.Ref,
		})
		require.NoError(t, err)
	}
	p.eventually("its receipt came: "+want, func() bool { return p.status(conv["id"], id)() == want })

	p.tell(t, simulate.Act{Kind: simulate.Photo, By: who, At: time.Now(), Text: "look"})
	p.eventually("a photo can be fetched", func() bool { return p.fetched(t, conv["id"]) })
}

// fetched tells whether the hub hands out a picture of the conversation's.
func (p *played) fetched(t *testing.T, conversation any) bool {
	t.Helper()
	for _, m := range p.messages(conversation) {
		files, _ := m["attachments"].([]any)
		for _, f := range files {
			address, _ := f.(object)["url"].(string)
			if address == "" {
				continue
			}
			if at := strings.Index(address, "/v1/"); at > 0 {
				address = p.base + address[at:]
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+adminToken)
			status, body := p.do(req)
			raw, _ := body["raw"].(string)
			return status == http.StatusOK && strings.HasPrefix(raw, "\x89PNG")
		}
	}
	return false
}

func TestADemoShowsADay(t *testing.T) {
	h := startHub(t, newConfig(t))
	show, err := simulate.Demo(t.Context(), h.base, adminToken, simulate.Options{
		Seed: 5, Fill: 4, Attended: 0.6, Pace: 0.001, Opening: true,
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, show.Close()) }()

	statuses, styles, channels := map[any]int{}, map[any]int{}, map[any]int{}
	var reopened, followUps, soon, mine int
	for _, c := range h.list("/v1/conversations") {
		statuses[c["status"]]++
		styles[c["style"].(object)["name"]]++
		channels[c["channel_id"]]++
		if n, _ := c["reopen_count"].(float64); n > 0 {
			reopened++
		}
		if c["follow_up_of"] != nil {
			followUps++
		}
		if due, _ := c["close_due_at"].(string); due != "" {
			at, err := time.Parse(time.RFC3339, due)
			require.NoError(t, err)
			if time.Until(at) < 15*time.Minute {
				soon++
			}
		}
		if c["assignee_id"] == h.named(t, "/v1/agents", "Robin Castellan") {
			mine++
		}
	}
	for _, status := range []string{"new", "open", "pending", "on_hold", "solved", "closed"} {
		require.Positive(t, statuses[status], "%s of %v", status, statuses)
	}
	require.Len(t, styles, 3)
	require.Len(t, channels, len(show.Guide.Channels))
	require.Positive(t, reopened, "somebody wrote again in time")
	require.Positive(t, followUps, "and somebody too late")
	require.Positive(t, soon, "one closes before long")
	require.Positive(t, mine, "whoever watches has something to answer")
	presence := map[any]bool{}
	for _, a := range h.list("/v1/agents") {
		presence[a["availability"]] = true
	}
	require.Len(t, presence, 3, "agents are online, away and offline")
	require.NotEmpty(t, h.list("/v1/queues"))
	require.NotEmpty(t, h.list("/v1/canned-replies"))

	text := show.Guide.String()
	require.NotEmpty(t, show.Guide.WaitingName)
	for _, want := range []string{h.base + "/console/", show.Guide.SignIn.Password, show.Guide.WaitingName, "WhatsApp (demo)", "Mira Sandström"} {
		require.Contains(t, text, want)
	}
}

// named is the id of the record of that name.
func (h *hub) named(t *testing.T, path, name string) any {
	t.Helper()
	for _, r := range h.list(path) {
		if r["name"] == name {
			return r["id"]
		}
	}
	require.Fail(t, "there is no "+name)
	return nil
}

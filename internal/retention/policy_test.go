package retention

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

const day = Keep(24 * time.Hour)

func TestWhatIsSaidMostCloselyCounts(t *testing.T) {
	hub := Policy{
		Conversations: 100 * day, Styles: map[threads.StyleName]Keep{threads.LiveChat: 90 * day},
		Payloads: 7 * day, EventLog: 8 * day, Quarantine: 9 * day, DeadLetters: Forever,
	}
	for _, c := range []struct {
		name        string
		own         Policy
		live, other Keep
	}{
		{"nothing of its own: the hub's style before the hub", Policy{}, 90 * day, 100 * day},
		{"what the channel says comes before what the hub says of a style", Policy{Conversations: 50 * day}, 50 * day, 50 * day},
		{"what the channel says of the style comes first", Policy{Conversations: 50 * day, Styles: map[threads.StyleName]Keep{threads.LiveChat: Forever}}, Forever, 50 * day},
		{"a style alone leaves the others", Policy{Styles: map[threads.StyleName]Keep{threads.LiveChat: 2 * day}}, 2 * day, 100 * day},
	} {
		got := c.own.Over(hub)
		require.Equal(t, []Keep{c.live, c.other}, []Keep{got.Talk(threads.LiveChat), got.Talk(threads.SocialMessaging)}, c.name)
		require.Equal(t, []Keep{7 * day, 8 * day, 9 * day, Forever}, []Keep{got.Payloads, got.EventLog, got.Quarantine, got.DeadLetters}, c.name)
	}
	require.Equal(t, Forever, Policy{}.Talk(threads.LiveChat), "nobody said anything")
	require.Empty(t, Policy{}.Over(Policy{Conversations: day}).Styles, "a style of which nothing is said stays so")
}

func TestWhatWebhooksHeldIsKeptNoLongerThanWhatBecameOfIt(t *testing.T) {
	p := Policy{Payloads: 7 * day, EventLog: 30 * day}
	require.Equal(t, 7*day, p.Webhooks())
	p.EventLog = 5 * day
	require.Equal(t, 5*day, p.Webhooks(), "nor than its line")
	p.SetStyle(threads.LiveChat, day)
	require.Equal(t, day, p.Webhooks(), "nor than any conversation, which it would bring back")
	before := p.Styles
	p.SetStyle(threads.LiveChat, 0)
	require.Equal(t, 5*day, p.Webhooks())
	require.Len(t, before, 1, "copies keep what they have")
}

func TestWhatCannotBeSetIsRefusedWithWhatCan(t *testing.T) {
	for text, want := range map[string]string{
		"0s": "must be longer than nothing", "-1h": "must be longer than nothing", "soon": `is neither a duration such as 720h nor "forever"`,
		"": "is neither a duration", "9999999999h": "is neither a duration",
	} {
		_, err := Parse(text)
		require.ErrorContains(t, err, want, text)
	}
	for name, c := range map[string]struct {
		policy      Policy
		field, want string
	}{
		"a talk of an hour":     {Policy{Conversations: Keep(time.Hour)}, "conversations", `must be from 24h to 87600h, or "forever"`},
		"a style of an hour":    {Policy{Styles: map[threads.StyleName]Keep{threads.LiveChat: Keep(time.Hour)}}, "styles.live_chat", "must be from 24h"},
		"webhooks for ever":     {Policy{Payloads: Forever}, "payloads", "must be from 1h to 87600h: what comes from platforms is not kept for ever"},
		"a minute of webhooks":  {Policy{EventLog: Keep(time.Minute)}, "event_log", "must be from 1h to 87600h"},
		"a hundred years":       {Policy{Quarantine: 36500 * day}, "quarantine", `must be from 1h to 87600h, or "forever"`},
		"a second of dead ones": {Policy{DeadLetters: Keep(time.Second)}, "dead_letters", "must be from 1h"},
	} {
		var wrong *FieldError
		require.True(t, errors.As(c.policy.Validate(), &wrong), name)
		require.Equal(t, c.field, wrong.Field, name)
		require.Contains(t, wrong.Error(), c.want, name)
	}
	fine := Policy{Conversations: Forever, Styles: map[threads.StyleName]Keep{threads.LiveChat: day}, Payloads: Keep(time.Hour), DeadLetters: Forever}
	require.NoError(t, fine.Validate())
	for _, text := range []string{"forever", "720h0m0s"} {
		k, err := Parse(text)
		require.NoError(t, err)
		require.Equal(t, text, k.String())
	}
}

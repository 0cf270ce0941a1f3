package httpapi

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/internal/blob"
	"threadhub/internal/media"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestDurationsAreWrittenWithoutZeroUnits(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"96h": 96 * time.Hour, "3s": 3 * time.Second, "1h": time.Hour, "10m": 10 * time.Minute, "20h": 20 * time.Hour, "0s": 0,
		"1h30m": 90 * time.Minute, "1h0m30s": time.Hour + 30*time.Second, "1h10m": 70 * time.Minute, "1.5s": 1500 * time.Millisecond,
	} {
		require.Equal(t, want, durationText(d))
		back, err := time.ParseDuration(want)
		require.NoError(t, err)
		require.Equal(t, d, back)
	}
}

func TestAnyDurationReadsBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(threads.MaxCloseAfter/time.Millisecond)).Draw(t, "ms")) * time.Millisecond
		back, err := time.ParseDuration(durationText(d))
		require.NoError(t, err)
		require.Equal(t, d, back)
	})
}

// compare holds what clients see, field by field, to a file.
func compare(t *testing.T, name string, view any) {
	t.Helper()
	got, err := json.MarshalIndent(view, "", "  ")
	require.NoError(t, err)
	Golden(t, name, append(got, '\n'))
}

func moment(minute int) time.Time { return time.Date(2026, 3, 1, 9, minute, 0, 250e6, time.UTC) }

// viewer is a server that knows no more of files than that there are none.
func viewer(t *testing.T) *server {
	files, err := blob.OpenDir(t.TempDir())
	require.NoError(t, err)
	library := media.Open(media.Options{Store: files, PublicURL: "https://hub.example.com", Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	return &server{Deps: Deps{PublicURL: "https://hub.example.com", Media: library}}
}

func TestAMessageWithEverythingInIt(t *testing.T) {
	compare(t, "message_full.golden.json", viewer(t).messageView(threads.Message{
		ID: "msg_1", ConversationID: "cv_1", ChannelID: "ch_1", ContactID: "ct_1", Key: "msg:1", Direction: threads.Inbound,
		Author: threads.Author{Type: threads.AuthorContact, ID: "ct_1", Name: "Ana"},
		Content: normalize.Message{
			ID: "p:1", Type: normalize.TypeImage, Text: "a boat", Forwarded: true, Platform: "photo",
			Attachments: []normalize.Attachment{
				{Type: normalize.TypeImage, MIME: "image/jpeg", Name: "boat.jpg", Size: 1234, Ref: "secret-media-id", Width: 20, Height: 10},
				{Type: normalize.TypeAudio, URL: "https://example.org/a.ogg", Voice: true, Seconds: 3, Caption: "listen"},
			},
			Location: &normalize.Location{Latitude: -23.5, Longitude: 46.25, Name: "Pier"},
			Contacts: []normalize.ContactCard{{Name: "Bo", Phones: []string{"+15550001"}, VCard: "BEGIN:VCARD", Own: true}},
			Reply:    &normalize.Choice{Kind: normalize.ChoiceButton, ID: "yes", Title: "Yes"},
			ReplyTo:  &normalize.Quote{ID: "p:0", Text: "a picture?"},
			Referral: &normalize.Referral{Source: "ad", ID: "7", ClickID: "c"},
			Order:    &normalize.Order{CatalogID: "cat", Items: []normalize.OrderItem{{ProductID: "sku", Quantity: 2, Price: "1.50", Currency: "BRL"}}},
			Failure:  &normalize.Failure{Reason: normalize.ReasonContent, Code: "131051", Message: "too large"},
			Buttons:  []normalize.Button{{ID: "b", Title: "B"}}, Context: map[string]string{"topic": "hidden"},
			List:     &normalize.List{Button: "Menu", Sections: []normalize.Section{{Title: "S", Rows: []normalize.Row{{ID: "r", Title: "R", Description: "D"}}}}},
			Template: &normalize.Template{Name: "t", Language: "en", Components: []any{map[string]any{"type": "body"}}},
		},
		ReplyToID: "msg_0", ExternalIDs: []normalize.PlatformID{"p:1", "p:2"}, Status: threads.MessageReceived,
		Losses:    []normalize.Loss{{Field: "buttons", Action: "numbered_text", Detail: "no buttons"}},
		Reactions: []threads.Reaction{{Emoji: "👍", Author: threads.Author{Type: threads.AuthorContact, ID: "ct_1"}, At: moment(2)}},
		Sequence:  4, SentAt: moment(0), ReceivedAt: moment(1), DeliveredAt: moment(2), ReadAt: moment(3), EditedAt: moment(4), DeletedAt: moment(5),
		Metadata: map[string]string{"k": "v"}, Version: 3,
	}))
}

func TestAMessageWithNothingInIt(t *testing.T) {
	compare(t, "message_bare.golden.json", viewer(t).messageView(threads.Message{
		ID: "msg_1", ConversationID: "cv_1", ChannelID: "ch_1", Direction: threads.Outbound, Status: threads.MessageQueued,
		Author: threads.Author{Type: threads.AuthorSystem}, Content: normalize.Message{Type: normalize.TypeText, Text: "hi"}, Sequence: 1, SentAt: moment(0),
	}))
}

// lived is the metrics of a conversation through all its states, measured by a
// schedule too.
func lived(t *testing.T) threads.Metrics {
	t.Helper()
	style, _ := threads.DefaultStyle(threads.LiveChatReturning)
	style.Close.ScheduleID = "sc_1"
	agent := threads.Author{Type: threads.AuthorAgent, ID: "ag_1"}
	half := func(from, to time.Time) time.Duration { return to.Sub(from) / 2 }
	var st threads.State
	var m threads.Metrics
	for _, step := range []struct {
		minute int
		in     threads.Input
	}{
		{0, threads.Input{Kind: threads.InCustomerMessage}},
		{1, threads.Input{Kind: threads.InAssign, Assignee: "ag_1"}},
		{3, threads.Input{Kind: threads.InAgentMessage, Actor: agent}},
		{4, threads.Input{Kind: threads.InSetStatus, Status: threads.StatusPending}},
		{9, threads.Input{Kind: threads.InCustomerMessage}},
		{10, threads.Input{Kind: threads.InSetStatus, Status: threads.StatusOnHold}},
		{13, threads.Input{Kind: threads.InSetStatus, Status: threads.StatusSolved}},
		{14, threads.Input{Kind: threads.InCustomerMessage}},
		{20, threads.Input{Kind: threads.InSetStatus, Status: threads.StatusSolved}},
	} {
		step.in.ReceivedAt = moment(step.minute)
		next, _ := threads.Decide(st, step.in, threads.Policy{Style: style, AssigneeAvailable: true}, moment(step.minute))
		m, st = m.Advance(st, next, step.in, half), next
	}
	return m
}

func TestAConversationWithEverythingInIt(t *testing.T) {
	caps := normalize.Capabilities{
		Text: normalize.TextLimit{Max: 10}, Location: true, Contacts: true, Templates: true,
		Media:  map[normalize.MessageType]normalize.MediaSpec{normalize.TypeVideo: {}, normalize.TypeImage: {}},
		Window: &normalize.Window{Open: time.Hour, After: []normalize.MessageType{normalize.TypeTemplate}},
	}
	conv := threads.Conversation{
		ID: "cv_2", ChannelID: "ch_1", Contact: threads.ContactBrief{ID: "ct_1", ExternalID: "p1", Name: "Ana", AvatarURL: "https://example.org/a.png"},
		Ordinal: 2, FollowUpOf: "cv_1", Priority: "urgent", Tags: []string{"vip"}, Subject: "bill",
		State: threads.State{
			Status: threads.StatusClosed, Style: threads.LiveChatReturning, Close: threads.Countdown{After: 90 * time.Minute, Clock: threads.ClockBusiness, ScheduleID: "sc_1"},
			Assignee: "ag_1", Group: "gr_1", Session: threads.SessionEnded, Generation: 4, ReopenCount: 2, CloseDueAt: moment(9), SolvedAt: moment(8), ClosedAt: moment(10),
			QueuedAt: moment(1), FirstReplyAt: moment(2), LastCustomerMessageAt: moment(3), NeedsAttention: true, Successor: "cv_3", StyleRule: "sr_1",
		},
		MessageCount: 9, UnreadCount: 3, LastSequence: 9, CreatedAt: moment(0), UpdatedAt: moment(11), LastInboundAt: moment(3),
		LastMessage:  &threads.Preview{ID: "msg_9", Type: normalize.TypeText, Text: "bye", Direction: threads.Outbound, Author: threads.Author{Type: threads.AuthorAgent, ID: "ag_1", Name: "Bea"}, At: moment(7)},
		ReplyContext: map[string]string{"topic": "hidden"}, Metrics: lived(t), Version: 12,
	}
	compare(t, "conversation_full.golden.json", conversationView(conv, &caps, nil, moment(30)))
}

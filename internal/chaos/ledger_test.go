package chaos

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryDifferenceBetweenTheLedgersIsFound(t *testing.T) {
	t.Parallel()
	letter := Letter{Channel: "ch_1", Contact: "7", External: "7:1", Text: "letter 1"}
	conversation := Conversation{ID: "cv_1", ChannelID: "ch_1", Status: "open", Messages: 2}
	conversation.Contact.ID, conversation.Contact.ExternalID = "ct_1", "7"
	in := Message{ID: "msg_1", ConversationID: "cv_1", Direction: "inbound", Status: "received", Text: "letter 1", ExternalIDs: []string{"7:1"}, Sequence: 1}
	out := Message{ID: "msg_2", ConversationID: "cv_1", Direction: "outbound", Status: "sent", Text: "reply-1 second", Sequence: 2}
	type world struct {
		traffic *Traffic
		books   Books
	}
	cases := map[string]struct {
		spoil func(w *world)
		says  string // "": nothing is wrong
	}{
		"all as it should be":                {func(*world) {}, ""},
		"a message that is lost":             {func(w *world) { w.books.Messages = w.books.Messages[1:] }, "accepted and lost: letter 1"},
		"a message that is doubled":          {func(w *world) { w.books.Messages = append(w.books.Messages, in) }, "letter doubled"},
		"a message nobody sent":              {func(w *world) { delete(w.traffic.accepted, "letter 1") }, "letter from nowhere"},
		"a message with somebody else":       {func(w *world) { w.traffic.accepted["letter 1"] = Letter{Channel: "ch_2"} }, "letter astray"},
		"a message with another's id":        {func(w *world) { w.books.Messages[0].ExternalIDs = nil }, "letter's id"},
		"a count that is wrong":              {func(w *world) { w.books.Messages = w.books.Messages[:1] }, "message count"},
		"two open conversations":             {func(w *world) { c := conversation; c.ID = "cv_2"; w.books.Conversations["cv_2"] = c }, "two open conversations"},
		"a reply that is lost":               {func(w *world) { w.books.Messages = w.books.Messages[:1] }, "reply lost"},
		"a reply that was doubtful":          {func(w *world) { w.traffic.replies[out.Text] = reply{doubtful: true} }, ""},
		"a reply nobody wrote":               {func(w *world) { delete(w.traffic.replies, out.Text) }, "reply from nowhere"},
		"a reply that was sent twice":        {func(w *world) { w.traffic.Platform.words["second"]++ }, "sent twice"},
		"a reply of which a part never left": {func(w *world) { w.traffic.Platform.words["second"] = 0 }, "said to be sent"},
		"the same, and the hub says so": {func(w *world) {
			w.traffic.Platform.words["second"] = 0
			w.books.Messages[1].Status = "unknown"
			w.traffic.Subscriber.order[2].Message.Status = "unknown"
		}, ""},
		"a reply that hangs":                {func(w *world) { w.books.Messages[1].Status = "sending" }, "reply sending"},
		"a receipt that is lost":            {func(w *world) { w.traffic.Platform.told[out.Text] = "read" }, "receipt lost"},
		"something sent that is in no book": {func(w *world) { w.traffic.Platform.words["stray"] = 1 }, "sent from nowhere"},
		"an early repetition":               {func(w *world) { w.traffic.Platform.breaches = []string{"sent before Retry-After: x"} }, "sent before Retry-After"},
		"an event that is lost":             {func(w *world) { w.traffic.Subscriber.order = w.traffic.Subscriber.order[:2] }, "event lost: message.created of msg_2"},
		"a conversation nobody was told of": {func(w *world) { w.traffic.Subscriber.order = w.traffic.Subscriber.order[1:] }, "event lost: conversation.created of cv_1"},
		"an end nobody was told of":         {func(w *world) { w.books.Messages[1].Status = "read" }, "event lost: the read of msg_2 was told as sent"},
		"events out of order":               {func(w *world) { w.traffic.Subscriber.order[2].ID = "ev_00" }, "event out of order"},
		"messages told out of order":        {func(w *world) { w.traffic.Subscriber.order[1].Message.Sequence = 9 }, "message out of order"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			first, second := in, out
			about := &struct {
				ID string `json:"id"`
			}{"cv_1"}
			w := &world{
				&Traffic{
					Platform:   &Platform{words: map[string]int{"reply-1": 1, "second": 1}, told: map[string]string{}},
					Subscriber: &Subscriber{order: []Event{{"ev_01", "conversation.created", about, nil}, {"ev_02", "message.created", about, &first}, {"ev_03", "message.created", about, &second}}},
					accepted:   map[string]Letter{letter.Text: letter}, replies: map[string]reply{out.Text: {id: "msg_2"}},
				},
				Books{map[string]Conversation{"cv_1": conversation}, []Message{in, out}},
			}
			c.spoil(w)
			found := w.traffic.compare(w.books)
			if c.says == "" {
				require.Empty(t, found)
				return
			}
			require.Contains(t, Digest(found)+"\n"+join(found), c.says)
		})
	}
	seen := monotony{}
	require.Empty(t, seen.backwards(Books{Messages: []Message{out}}))
	queued := out
	queued.Status = "queued"
	require.Len(t, seen.backwards(Books{Messages: []Message{queued}}), 1, "what was sent is queued again")
}

func TestOnlyNewsOfAnUnknownReplyMayBeInQuarantine(t *testing.T) {
	t.Parallel()
	f := &Traffic{Platform: &Platform{texts: map[string]string{"m_1": "lost-1 rest", "m_2": "sent-1"}}}
	b := Books{Messages: []Message{{Status: "unknown", Text: "lost-1 rest of it"}, {Status: "sent", Text: "sent-1"}}}
	news := func(kind, id string) Quarantined {
		return Quarantined{Kind: kind, Reason: "because of " + id, Event: `{"type":"receipt","receipt":{"target":"` + id + `"}}`}
	}
	require.Empty(t, f.compareQuarantine(b, []Quarantined{news(orphan, "m_1")}))
	for _, q := range []Quarantined{news(orphan, "m_2"), news(orphan, "m_3"), news("event", "m_1"), {Kind: orphan, Reason: "because of nothing"}} {
		require.Len(t, f.compareQuarantine(b, []Quarantined{q}), 1, q.Reason)
	}
}

func join(list []string) (text string) {
	for _, line := range list {
		text += line + "\n"
	}
	return text
}

package main_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// conversation and message are what the tests read of the API's.
type conversation struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	Status    string `json:"status"`
	Messages  int    `json:"message_count"`
	Contact   struct {
		ID         string `json:"id"`
		ExternalID string `json:"external_id"`
	} `json:"contact"`
}

type message struct {
	ID             string   `json:"id"`
	ConversationID string   `json:"conversation_id"`
	Direction      string   `json:"direction"`
	Status         string   `json:"status"`
	Text           string   `json:"text"`
	ExternalIDs    []string `json:"external_ids"`
}

// books is everything that the API shows.
type books struct {
	conversations map[string]conversation
	messages      []message
}

// read takes a copy of the books, several conversations at a time.
func (h *hub) read(ctx context.Context) (books, error) {
	all, err := list[conversation](ctx, h, "/v1/conversations")
	if err != nil {
		return books{}, err
	}
	b := books{conversations: map[string]conversation{}}
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	room := make(chan struct{}, 8)
	for _, c := range all {
		b.conversations[c.ID] = c
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			messages, err := list[message](ctx, h, "/v1/conversations/"+c.ID+"/messages")
			mu.Lock()
			defer mu.Unlock()
			b.messages = append(b.messages, messages...)
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	return b, failed
}

// shown lists the messages of a direction by text.
func (b books) shown(direction string) map[string][]message {
	out := map[string][]message{}
	for _, m := range b.messages {
		if m.Direction == direction {
			out[m.Text] = append(out[m.Text], m)
		}
	}
	return out
}

// reconcile waits until everything promised is in the books, at most so long,
// and compares the three ledgers: what platforms and agents were promised,
// what the API shows and what reached the platform.
func (f *traffic) reconcile(t *testing.T, within time.Duration) books {
	t.Helper()
	require.Empty(t, digest(f.faults), "what platforms and agents met")
	require.NotEmpty(t, f.accepted, "there was traffic")
	require.NotEmpty(t, f.answers, "there were replies")
	began := time.Now()
	var b books
	var differences []string
	for {
		var err error
		b, err = f.hub.read(t.Context())
		require.NoError(t, err)
		differences = f.compare(b)
		if len(differences) == 0 || time.Since(began) > within {
			break
		}
		<-time.After(200 * time.Millisecond)
	}
	quarantined, err := list[object](t.Context(), f.hub, "/v1/quarantine")
	require.NoError(t, err)
	for _, q := range quarantined {
		differences = append(differences, fmt.Sprintf("in quarantine: %v", q["reason"]))
	}
	t.Log(f.summary(b))
	require.Empty(t, digest(differences), "differences between the ledgers after %s", time.Since(began).Round(time.Second))
	return b
}

// compare answers every difference between the ledgers.
func (f *traffic) compare(b books) []string {
	return slices.Concat(f.compareLetters(b), compareConversations(b), f.compareAnswers(b))
}

func (f *traffic) compareLetters(b books) (differences []string) {
	differ := func(kind, format string, args ...any) {
		differences = append(differences, kind+": "+fmt.Sprintf(format, args...))
	}
	inbound := b.shown("inbound")
	for text, l := range f.accepted {
		found := inbound[text]
		if len(found) == 0 {
			differ("accepted and lost", "%s of %s on %s", text, l.contact, l.channel)
		}
		for i, m := range found {
			c := b.conversations[m.ConversationID]
			if i > 0 {
				differ("letter doubled", "%s is shown as %s and %s", text, found[0].ID, m.ID)
			}
			if c.ChannelID != l.channel || c.Contact.ExternalID != l.contact {
				differ("letter astray", "%s of %s on %s is shown with %s on %s", text, l.contact, l.channel, c.Contact.ExternalID, c.ChannelID)
			}
			if !slices.Equal(m.ExternalIDs, []string{l.external}) {
				differ("letter's id", "%s has %v, not %s", text, m.ExternalIDs, l.external)
			}
		}
	}
	for text := range inbound {
		if _, known := f.accepted[text]; !known {
			differ("letter from nowhere", "%q", text)
		}
	}
	return differences
}

// compareConversations finds contacts that two conversations are open with, and
// conversations whose count is not that of their messages.
func compareConversations(b books) (differences []string) {
	open, count := map[string]string{}, map[string]int{}
	for _, m := range b.messages {
		count[m.ConversationID]++
	}
	for id, c := range b.conversations {
		if count[id] != c.Messages {
			differences = append(differences, fmt.Sprintf("message count: %s says %d and has %d", id, c.Messages, count[id]))
		}
		if c.Status == "closed" {
			continue
		}
		for _, who := range []string{c.Contact.ID, c.Contact.ExternalID} {
			key := c.ChannelID + " " + who
			if other, two := open[key]; two && other != id {
				differences = append(differences, fmt.Sprintf("two open conversations: %s and %s with %s", other, id, key))
			}
			open[key] = id
		}
	}
	return differences
}

func (f *traffic) compareAnswers(b books) (differences []string) {
	differ := func(kind, format string, args ...any) {
		differences = append(differences, kind+": "+fmt.Sprintf(format, args...))
	}
	outbound, sent := b.shown("outbound"), f.platform.texts()
	for text, a := range f.answers {
		found := outbound[text]
		switch {
		case len(found) > 1:
			differ("reply doubled", "%s is shown as %s and %s", text, found[0].ID, found[1].ID)
		case len(found) == 0 && !a.doubtful:
			differ("reply lost", "%s (%s)", text, a.id)
		case len(found) == 1 && !a.doubtful && found[0].ID != a.id:
			differ("reply's id", "%s is %s, not %s", text, found[0].ID, a.id)
		}
	}
	for text, found := range outbound {
		if _, known := f.answers[text]; !known {
			differ("reply from nowhere", "%q", text)
		}
		for _, m := range found {
			switch n := sent[text]; {
			case m.Status == "queued", m.Status == "sending", m.Status == "failed":
				differ("reply "+m.Status, "%s (%s), at the platform %d times", text, m.ID, n)
			case m.Status != "unknown" && n != 1:
				differ("sent but not once", "%s is %s and was at the platform %d times", text, m.Status, n)
			}
		}
	}
	for text, n := range sent {
		if n > 1 {
			differ("sent twice", "%s was at the platform %d times", text, n)
		}
		if len(outbound[text]) == 0 {
			differ("sent from nowhere", "%s was at the platform and is not shown", text)
		}
	}
	return differences
}

// unknown are the replies of which nobody knows whether they were sent.
func (b books) unknown() (texts []string) {
	for _, m := range b.messages {
		if m.Status == "unknown" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func (f *traffic) summary(b books) string {
	doubtful := 0
	for _, a := range f.answers {
		if a.doubtful {
			doubtful++
		}
	}
	arrived := 0
	for _, text := range b.unknown() {
		arrived += f.platform.count(text)
	}
	return fmt.Sprintf("%d messages accepted (%d webhooks repeated) in %d conversations; %d replies (%d of them doubtful), %d unknown, of which %d had reached the platform",
		len(f.accepted), f.repeated, len(b.conversations), len(f.answers), doubtful, len(b.unknown()), arrived)
}

// digest keeps the first few differences of each kind.
func digest(differences []string) string {
	const few = 5
	kinds := map[string][]string{}
	for _, d := range differences {
		kind, what, _ := strings.Cut(d, ": ")
		kinds[kind] = append(kinds[kind], what)
	}
	var out strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		all := kinds[kind]
		slices.Sort(all)
		fmt.Fprintf(&out, "\n%s, %d:\n  %s", kind, len(all), strings.Join(all[:min(few, len(all))], "\n  "))
	}
	return out.String()
}

package chaos

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Reconcile waits until everything promised is in the books, at most so long,
// and compares the ledgers: what platforms and agents were promised, what the
// API shows, what reached the platform and what the subscriber was told. It
// answers the books, what differs, and how long it took until nothing did.
func (f *Traffic) Reconcile(ctx context.Context, within time.Duration) (b Books, differences string, took time.Duration, err error) {
	began := time.Now()
	var found []string
	watch := monotony{}
	for {
		if b, err = f.Hub.Read(ctx); err != nil {
			return b, "", 0, fmt.Errorf("read the books: %w", err)
		}
		found = append(f.compare(b), watch.backwards(b)...)
		took = time.Since(began)
		if len(found) == 0 || took > within {
			break
		}
		f.tend(ctx)
		<-time.After(200 * time.Millisecond)
	}
	if len(found) > 0 {
		if late := f.late(ctx, within); late > 0 {
			found = append(found, fmt.Sprintf("only late: all was right %s later", late.Round(time.Second)))
		}
	}
	quarantined, err := List[Quarantined](ctx, f.Hub, "/v1/quarantine")
	if err != nil {
		return b, "", 0, fmt.Errorf("read the quarantine: %w", err)
	}
	return b, Digest(append(found, f.compareQuarantine(b, quarantined)...)), took, nil
}

// late waits as long again for what differed in time, and answers when nothing
// did any more; 0 if it still does.
func (f *Traffic) late(ctx context.Context, within time.Duration) time.Duration {
	for began := time.Now(); time.Since(began) < within; <-time.After(time.Second) {
		f.tend(ctx)
		if b, err := f.Hub.Read(ctx); err == nil && len(f.compare(b)) == 0 {
			return time.Since(began)
		}
	}
	return 0
}

// compare answers every difference between the ledgers.
func (f *Traffic) compare(b Books) []string {
	return slices.Concat(f.compareLetters(b), compareConversations(b), f.compareReplies(b), f.compareEvents(b), f.Platform.Breaches())
}

// differences are those between two ledgers, each with its kind.
type differences []string

func (d *differences) add(kind, format string, args ...any) {
	*d = append(*d, kind+": "+fmt.Sprintf(format, args...))
}

func (f *Traffic) compareLetters(b Books) (d differences) {
	f.mu.Lock()
	defer f.mu.Unlock()
	inbound := b.Shown("inbound")
	for text, l := range f.accepted {
		found := inbound[text]
		if len(found) == 0 {
			d.add("accepted and lost", "%s of %s on %s", text, l.Contact, l.Channel)
		}
		for i, m := range found {
			c := b.Conversations[m.ConversationID]
			if i > 0 {
				d.add("letter doubled", "%s is shown as %s and %s", text, found[0].ID, m.ID)
			}
			if c.ChannelID != l.Channel || c.Contact.ExternalID != l.Contact {
				d.add("letter astray", "%s of %s on %s is shown with %s on %s", text, l.Contact, l.Channel, c.Contact.ExternalID, c.ChannelID)
			}
			if !slices.Equal(m.ExternalIDs, []string{l.External}) {
				d.add("letter's id", "%s has %v, not %s", text, m.ExternalIDs, l.External)
			}
		}
	}
	for text := range inbound {
		if _, known := f.accepted[text]; !known {
			d.add("letter from nowhere", "%q", text)
		}
	}
	return d
}

// compareConversations finds contacts that two conversations are open with, and
// conversations whose count is not that of their messages.
func compareConversations(b Books) (d differences) {
	open, count := map[string]string{}, map[string]int{}
	for _, m := range b.Messages {
		count[m.ConversationID]++
	}
	for id, c := range b.Conversations {
		if count[id] != c.Messages {
			d.add("message count", "%s says %d and has %d", id, c.Messages, count[id])
		}
		if c.Status == "closed" {
			continue
		}
		for _, who := range []string{c.Contact.ID, c.Contact.ExternalID} {
			key := c.ChannelID + " " + who
			if other, two := open[key]; two && other != id {
				d.add("two open conversations", "%s and %s with %s", other, id, key)
			}
			open[key] = id
		}
	}
	return d
}

func (f *Traffic) compareReplies(b Books) (d differences) {
	f.mu.Lock()
	defer f.mu.Unlock()
	outbound, words, told := b.Shown("outbound"), f.Platform.Words(), f.Platform.Told()
	known := map[string]bool{}
	for text, r := range f.replies {
		found := outbound[text]
		switch {
		case len(found) > 1:
			d.add("reply doubled", "%s is shown as %s and %s", firstWord(text), found[0].ID, found[1].ID)
		case len(found) == 0 && !r.doubtful:
			d.add("reply lost", "%s (%s)", firstWord(text), r.id)
		case len(found) == 1 && !r.doubtful && found[0].ID != r.id:
			d.add("reply's id", "%s is %s, not %s", firstWord(text), found[0].ID, r.id)
		}
	}
	for text, found := range outbound {
		if _, asked := f.replies[text]; !asked {
			d.add("reply from nowhere", "%q", firstWord(text))
		}
		for _, word := range strings.Fields(text) {
			known[word] = true
		}
		for _, m := range found {
			compareSends(&d, m, words)
			if told[text] == "read" && m.Status != "read" || told[text] == "sent" && m.Status != "sent" {
				d.add("receipt lost", "%s (%s) is %s, the platform said %s", firstWord(text), m.ID, m.Status, told[text])
			}
		}
	}
	for word := range words {
		if !known[word] {
			d.add("sent from nowhere", "%s was at the platform and is not shown", word)
		}
	}
	return d
}

// compareSends holds a reply to what the platform showed of it: all of it once,
// or no part of it twice where nobody knows.
func compareSends(d *differences, m Message, words map[string]int) {
	least, most := 1<<30, 0
	for _, word := range strings.Fields(m.Text) {
		least, most = min(least, words[word]), max(most, words[word])
	}
	name := firstWord(m.Text)
	switch {
	case most > 1:
		d.add("sent twice", "%s (%s) is %s and was at the platform %d times", name, m.ID, m.Status, most)
	case m.Status == "queued", m.Status == "sending", m.Status == "failed":
		d.add("reply "+m.Status, "%s (%s), at the platform %d times", name, m.ID, most)
	case m.Status != "unknown" && least != 1:
		d.add("said to be sent", "%s (%s) is %s and was not at the platform as a whole", name, m.ID, m.Status)
	}
}

// monotony remembers how far messages have come.
type monotony map[string]int

// backwards finds messages whose status has gone back, save to be queued again
// by who knows that nothing left.
func (seen monotony) backwards(b Books) (d differences) {
	order := map[string]int{"queued": 0, "sending": 0, "unknown": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}
	for _, m := range b.Messages {
		if m.Direction != "outbound" {
			continue
		}
		now := order[m.Status]
		if was := seen[m.ID]; now < was {
			d.add("status went back", "%s (%s) is %s", firstWord(m.Text), m.ID, m.Status)
		}
		seen[m.ID] = max(now, seen[m.ID])
	}
	return d
}

// Summary says in a line what there was.
func (f *Traffic) Summary(b Books) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	doubtful, arrived := 0, 0
	for _, r := range f.replies {
		if r.doubtful {
			doubtful++
		}
	}
	for _, word := range b.Unknown() {
		arrived += f.Platform.Count(word)
	}
	line := fmt.Sprintf("%d messages accepted (%d webhooks repeated, %d more for no reason, %d forged ones refused) in %d conversations; %d replies (%d of them doubtful), %d unknown, of which %d had reached the platform",
		len(f.accepted), f.repeated, f.again, f.forged, len(b.Conversations), len(f.replies), doubtful, len(b.Unknown()), arrived)
	if f.Subscriber != nil {
		events, again, _ := f.Subscriber.Taken()
		line += fmt.Sprintf("; %d events told, %d of them again", len(events), again)
	}
	return line
}

// Digest keeps the first few differences of each kind.
func Digest(differences []string) string {
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

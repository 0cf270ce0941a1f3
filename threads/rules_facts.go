package threads

import (
	"slices"
	"strconv"
	"time"

	"threadhub/threads/rules"
)

// ruleFacts is a conversation as rules see it. It is read within one decision
// and never kept.
type ruleFacts struct {
	now, was *Conversation // was is zero for a conversation that begins
	channel  ChannelInfo
	contact  *Contact // nil: no rule asks for it
	message  *Message // nil: there is none
	open     map[string]bool
	hours    *Calendar // of the countdown, for the system rules
}

// Values implements [rules.Facts].
func (f *ruleFacts) Values(field rules.Field) []string {
	switch field {
	case rules.ChannelKind:
		return words(f.channel.Kind)
	case rules.ContactName:
		return words(f.now.Contact.Name)
	case rules.ContactLocale:
		if f.contact != nil {
			return words(f.contact.Locale)
		}
	case rules.ContactTags:
		if f.contact != nil {
			return f.contact.Tags
		}
	case rules.MessageText, rules.MessageType, rules.MessageAuthor, rules.ReferralSource:
		return f.ofMessage(field)
	default:
		return ofConversation(f.now, field)
	}
	return nil
}

func (f *ruleFacts) ofMessage(field rules.Field) []string {
	switch m := f.message; {
	case m == nil:
		return nil
	case field == rules.MessageText:
		return words(m.Content.Text)
	case field == rules.MessageType:
		return words(string(m.Content.Type))
	case field == rules.MessageAuthor:
		return words(string(m.Author.Type))
	case m.Content.Referral != nil:
		return words(m.Content.Referral.Source)
	}
	return nil
}

// Was implements [rules.Facts].
func (f *ruleFacts) Was(field rules.Field) []string {
	if !f.was.State.Exists() {
		return nil
	}
	return ofConversation(f.was, field)
}

func ofConversation(c *Conversation, field rules.Field) []string {
	switch field {
	case rules.Status:
		return words(string(c.State.Status))
	case rules.StyleName:
		return words(string(c.State.Style))
	case rules.Priority:
		return words(c.Priority)
	case rules.Assignee:
		return words(string(c.State.Assignee))
	case rules.Group:
		return words(string(c.State.Group))
	case rules.Channel:
		return words(string(c.ChannelID))
	case rules.Session:
		return words(string(c.State.Session))
	case rules.Tags:
		return c.Tags
	case rules.Subject:
		return words(c.Subject)
	case rules.ReopenCount:
		return []string{strconv.Itoa(c.State.ReopenCount)}
	case rules.MessageCount:
		return []string{strconv.Itoa(c.MessageCount)}
	case rules.NeedsAttention:
		return []string{strconv.FormatBool(c.State.NeedsAttention)}
	case rules.FollowUp:
		return []string{strconv.FormatBool(c.FollowUpOf != "")}
	}
	return nil
}

// words is a value as a list: none for an empty one.
func words(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

// Open implements [rules.Facts].
func (f *ruleFacts) Open(schedule string) (open, known bool) {
	open, known = f.open[schedule]
	return open, known
}

// Moment implements [rules.Facts].
func (f *ruleFacts) Moment(c rules.Condition) (time.Time, bool) {
	st := f.now.State
	if c.Field == rules.SinceSolved {
		return closingFacts{st, f.hours}.Moment(c)
	}
	var from time.Time
	switch c.Field {
	case rules.InStatus:
		from = f.now.StatusSince
	case rules.SinceCreated:
		from = st.BeganAt
	case rules.SinceCustomerMessage:
		from = st.LastCustomerMessageAt
	case rules.SinceAgentMessage:
		from = st.LastAgentMessageAt
	case rules.UnansweredFor:
		if st.LastCustomerMessageAt.After(st.LastAgentMessageAt) {
			from = st.LastCustomerMessageAt
		}
	case rules.Queued:
		from = st.QueuedAt
	}
	return from.Add(c.Length()), !from.IsZero()
}

// events says what the change was, up to now.
func (f *ruleFacts) events() []rules.Event {
	var out []rules.Event
	add := func(e rules.Event, is bool) {
		if is {
			out = append(out, e)
		}
	}
	was, is := f.was.State, f.now.State
	was.Offer, was.Offers, is.Offer, is.Offers = Offer{}, 0, Offer{}, 0 // news of routing alone
	add(rules.Created, !was.Exists())
	if m := f.message; m != nil {
		add(rules.MessageReceived, m.Direction == Inbound)
		add(rules.MessageSent, m.Direction == Outbound && !m.Internal && m.Author.Type != AuthorSystem)
		add(rules.NoteAdded, m.Internal)
	}
	if was.Exists() {
		add(rules.StatusChanged, was.Status != is.Status)
		add(rules.Assigned, was.Assignee != is.Assignee)
		add(rules.StyleChanged, was.Style != is.Style)
		add(rules.Reopened, is.ReopenCount > was.ReopenCount)
		add(rules.DeliveryFailed, is.NeedsAttention && !was.NeedsAttention)
		add(rules.Updated, was != is || f.was.Priority != f.now.Priority || f.was.Subject != f.now.Subject || !slices.Equal(f.was.Tags, f.now.Tags))
	}
	return out
}

package threads

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"threadhub/normalize"
)

// StyleRules answers the rules that choose styles, in their order. The answer
// is shared: it must not be changed.
type StyleRules interface {
	Rules(ctx context.Context) ([]StyleRule, error)
}

// noStyleRules leaves every conversation its channel's style.
type noStyleRules struct{}

func (noStyleRules) Rules(context.Context) ([]StyleRule, error) { return nil, nil }

// beginning is what is known of a conversation that begins.
type beginning struct {
	channel  ChannelInfo
	contact  ContactID
	previous *Conversation // that it follows; nil: the contact had none here
	at       time.Time     // when the hub received the first message
	first    normalize.Message
	verified *bool
}

// beginning of a conversation of the lane with the given message.
func (l *lane) beginning(a Arrival, previous *Conversation) beginning {
	return beginning{
		channel: l.channel, contact: l.slot.Contact, previous: previous, at: a.ReceivedAt,
		first: *a.Event.Message, verified: a.Event.Peer.Verified,
	}
}

// chooseStyle puts the style that the rules give the conversation into the
// policy, where one of them does. What the rules do not ask for is not looked
// up.
func (s *Service) chooseStyle(ctx context.Context, p *Policy, b beginning) error {
	all, err := s.StyleRules.Rules(ctx)
	if err != nil {
		// Going on with the channel's style would be wrong without a trace.
		return fmt.Errorf("style rules: %w", err)
	}
	rules := slices.DeleteFunc(slices.Clone(all), func(r StyleRule) bool {
		return !r.Enabled || !r.When.aboutChannel(b.channel.ID)
	})
	if len(rules) == 0 {
		return nil
	}
	facts, err := s.styleFacts(ctx, rules, b)
	if err != nil {
		return fmt.Errorf("choose a style: %w", err)
	}
	if style, rule, ok := ChooseStyle(rules, facts); ok {
		p.Style, p.StyleRule = style, rule
	}
	return nil
}

func (s *Service) styleFacts(ctx context.Context, rules []StyleRule, b beginning) (StyleFacts, error) {
	f := StyleFacts{
		Channel: b.channel.ID, Text: b.first.Text, Referral: b.first.Referral, Verified: b.verified, Open: map[string]bool{},
	}
	var tags, here, anywhere bool
	for _, r := range rules {
		tags = tags || len(r.When.ContactTags) > 0
		here = here || r.When.Contact == KnownOnChannel || r.When.Contact == UnknownOnChannel
		anywhere = anywhere || r.When.Contact == Known || r.When.Contact == Unknown
		if r.When.Hours == nil {
			continue
		}
		if err := s.learnHours(ctx, f.Open, r.When.Hours.ScheduleID, b.at); err != nil {
			return f, err
		}
	}
	if tags {
		person, err := PersonOf(ctx, s.Store, b.contact)
		if err != nil {
			return f, fmt.Errorf("contact %s: %w", b.contact, err)
		}
		f.ContactTags = person.Whole().Tags
	}
	var err error
	if here || anywhere {
		if f.WroteHere, err = s.wroteHere(ctx, b); err != nil {
			return f, err
		}
	}
	f.Wrote = f.WroteHere
	if anywhere && !f.Wrote {
		f.Wrote, err = s.wrote(ctx, Filter{Contacts: []ContactID{b.contact}})
	}
	return f, err
}

func (s *Service) wroteHere(ctx context.Context, b beginning) (bool, error) {
	switch {
	case b.previous == nil:
		return false, nil
	case !b.previous.LastInboundAt.IsZero() || b.previous.Ordinal == 1:
		return !b.previous.LastInboundAt.IsZero(), nil
	}
	return s.wrote(ctx, Filter{Contacts: []ContactID{b.contact}, Channels: []ChannelID{b.channel.ID}})
}

// wrote tells whether the customer wrote in any of the conversations: those
// the business began alone do not count.
func (s *Service) wrote(ctx context.Context, f Filter) (bool, error) {
	const page = 50
	f.Sort = SortCreated
	after := Cursor("")
	for {
		list, next, err := s.Store.Conversations(ctx, f, Page{After: after, Limit: page})
		if err != nil {
			return false, fmt.Errorf("earlier conversations: %w", err)
		}
		if slices.ContainsFunc(list, func(c Conversation) bool { return !c.LastInboundAt.IsZero() }) {
			return true, nil
		}
		if next == "" {
			return false, nil
		}
		after = next
	}
}

// styleToday is the conversation's style with the settings it has today: those
// of the rule that chose it, otherwise of its channel. A rule that is gone, and
// a rule or channel that has another style now, leaves the conversation the
// settings it has.
func (s *Service) styleToday(ctx context.Context, ch ChannelInfo, st State) (Style, error) {
	own := Style{Name: st.Style, Close: st.Close, Presence: st.Presence}
	switch {
	case st.StyleRule == "" && ch.Style.Name == st.Style:
		return ch.Style, nil
	case st.StyleRule == "":
		return own, nil
	}
	rules, err := s.StyleRules.Rules(ctx)
	if err != nil {
		return Style{}, fmt.Errorf("style rules: %w", err)
	}
	for _, r := range rules {
		if r.ID == st.StyleRule && r.Style.Name == st.Style {
			return r.Style, nil
		}
	}
	return own, nil
}

// learnHours notes whether the schedule is open at the moment, once. One that
// is gone or cannot be used stays out: no rule that asks for it holds.
func (s *Service) learnHours(ctx context.Context, open map[string]bool, schedule string, at time.Time) error {
	if _, known := open[schedule]; known {
		return nil
	}
	calendar, err := s.Schedules.Calendar(ctx, schedule)
	var unusable *HoursError
	switch {
	case err == nil:
		open[schedule] = calendar.Open(at)
	case errors.Is(err, ErrNotFound), errors.As(err, &unusable):
		s.Logger.WarnContext(ctx, "a schedule cannot be used, style rules that ask for it do not hold", "schedule", schedule, "error", err)
	default:
		return fmt.Errorf("schedule %s: %w", schedule, err)
	}
	return nil
}

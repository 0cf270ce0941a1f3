package threads

import (
	"time"

	"threadhub/threads/rules"
)

// The rules that the three styles are. They are shipped, shown like any other
// and cannot be changed; [Decide] closes conversations by them and by nothing
// else. Their delay is the one that the solve copied onto the conversation.
const (
	RuleLiveChat          rules.ID = "rl_live_chat"
	RuleLiveChatReturning rules.ID = "rl_live_chat_returning"
	RuleSocialMessaging   rules.ID = "rl_social_messaging"
)

// SystemRules answers the rules that are shipped with the hub.
func SystemRules() []rules.Rule {
	style := func(name StyleName) []rules.Condition {
		return []rules.Condition{
			{Field: rules.StyleName, Op: rules.Is, Values: []string{string(name)}},
			{Field: rules.Status, Op: rules.Is, Values: []string{string(StatusSolved)}},
		}
	}
	after := rules.Condition{Field: rules.SinceSolved, Op: rules.AtLeast, Values: []string{rules.AfterPolicy}}
	closing := []rules.Action{{Type: rules.SetStatus, Value: string(StatusClosed)}}
	return []rules.Rule{
		{
			ID: RuleLiveChat, Name: "Live chat: solved is closed", Kind: rules.Trigger, Enabled: true, System: true,
			Description: "Closes a conversation in the moment it is solved. The next message begins a new one.",
			On:          []rules.Event{rules.StatusChanged, rules.StyleChanged}, All: style(LiveChat), Actions: closing,
		},
		{
			ID: RuleLiveChatReturning, Name: "Live chat returning: solved closes after the delay", Kind: rules.Automation, Enabled: true, System: true,
			Description: "Closes a solved conversation once the delay of its style has passed, by the style's clock, and 672 hours after the solve at the latest. A message before that reopens it and voids the countdown.",
			All:         append(style(LiveChatReturning), after), Actions: closing,
		},
		{
			ID: RuleSocialMessaging, Name: "Social messaging: solved closes after the delay", Kind: rules.Automation, Enabled: true, System: true,
			Description: "Closes a solved conversation once the delay of its style has passed, by the style's clock, and 672 hours after the solve at the latest. A message before that reopens it and voids the countdown.",
			All:         append(style(SocialMessaging), after), Actions: closing,
		},
	}
}

// systemSet is SystemRules, ready for use. It is never changed.
var systemSet = rules.NewSet(SystemRules(), 0, time.Time{})

// styleCloses answers the system rule that closes the conversation as it is,
// and when; false when none does.
func styleCloses(s State, hours *Calendar) (rules.ID, time.Time, bool) {
	f := closingFacts{s, hours}
	for _, r := range systemSet.Rules() {
		if due, ok := r.Due(f); ok {
			return r.ID, later(due, s.SolvedAt), true
		}
	}
	return "", time.Time{}, false
}

// styleRuleOf is the system rule that the conversation's style is.
func styleRuleOf(s State) rules.ID {
	s.Status = StatusSolved
	rule, _, _ := styleCloses(s, nil)
	return rule
}

// closingFacts is a state as the system rules see it. hours are those of its
// countdown.
type closingFacts struct {
	s     State
	hours *Calendar
}

// Values implements [rules.Facts].
func (f closingFacts) Values(field rules.Field) []string {
	switch field {
	case rules.Status:
		return []string{string(f.s.Status)}
	case rules.StyleName:
		return []string{string(f.s.Style)}
	}
	return nil
}

// Was implements [rules.Facts].
func (closingFacts) Was(rules.Field) []string { return nil }

// Open implements [rules.Facts].
func (closingFacts) Open(string) (open, known bool) { return false, false }

// Moment implements [rules.Facts].
func (f closingFacts) Moment(c rules.Condition) (time.Time, bool) {
	if c.Field != rules.SinceSolved || f.s.SolvedAt.IsZero() {
		return time.Time{}, false
	}
	if c.Policy() {
		return f.s.Close.Due(f.s.SolvedAt, f.hours), true
	}
	return f.s.SolvedAt.Add(c.Length()), true
}

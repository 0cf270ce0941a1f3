package threads

import (
	"regexp"
	"slices"
	"strings"

	"threadhub/normalize"
	"threadhub/threads/rules"
)

// StyleRule gives conversations that begin a style, where all of its
// conditions hold.
type StyleRule struct {
	ID      StyleRuleID     `json:"id"`
	Name    string          `json:"name"`
	Enabled bool            `json:"enabled"`
	When    StyleConditions `json:"when"`
	Style   Style           `json:"style"`

	pattern *regexp.Regexp // of When.TextMatches, compiled; see Prepare
}

// StyleConditions say which conversations a rule is about. Absent ones hold
// for all; of a list one value is enough.
type StyleConditions struct {
	Channels    []ChannelID  `json:"channels,omitempty"`
	ContactTags []string     `json:"contact_tags,omitempty"`
	Contact     Acquaintance `json:"contact,omitempty"`
	// TextContains are parts of the first message's text, ignoring case.
	TextContains []string `json:"text_contains,omitempty"`
	// TextMatches is a pattern that the first message's text matches, in the
	// syntax of RE2; see [rules.ParsePattern].
	TextMatches string             `json:"text_matches,omitempty"`
	Referral    *ReferralCondition `json:"referral,omitempty"`
	Hours       *HoursCondition    `json:"hours,omitempty"`
	// Verified asks whether the contact proved who they are. Neither holds on
	// channels that do not say.
	Verified *bool `json:"verified,omitempty"`
}

// Acquaintance asks whether the contact has written before.
type Acquaintance string

// Acquaintances. The zero value asks nothing.
const (
	Known            Acquaintance = "known"              // on any channel of the hub
	KnownOnChannel   Acquaintance = "known_on_channel"   // on this channel
	Unknown          Acquaintance = "unknown"            // on no channel of the hub
	UnknownOnChannel Acquaintance = "unknown_on_channel" // not on this channel
)

// ReferralCondition asks how the contact came to the channel. Fields that are
// set have to be equal, letter by letter.
type ReferralCondition struct {
	Source  string `json:"source,omitempty"`
	ID      string `json:"id,omitempty"`
	Payload string `json:"payload,omitempty"`
}

// HoursCondition asks whether a schedule is open, or closed, when the first
// message is received. Neither holds for a schedule that is not there.
type HoursCondition struct {
	ScheduleID string `json:"schedule_id"`
	Open       bool   `json:"open"`
}

// StyleFacts is what rules are held to: what is known when a conversation
// begins.
type StyleFacts struct {
	Channel     ChannelID
	ContactTags []string
	Wrote       bool // the contact, on any channel, before this conversation
	WroteHere   bool // on this channel
	// Text and Referral are of the first message, whoever wrote it.
	Text     string
	Referral *normalize.Referral
	// Open tells which schedules are open; one that is absent is not there.
	Open     map[string]bool
	Verified *bool // nil: the channel does not say
}

// ChooseStyle answers the style that the first of the rules gives whose
// conditions all hold, and that rule's id; false when none does. Rules that are
// not enabled count for nothing. It is pure and deterministic.
func ChooseStyle(list []StyleRule, f StyleFacts) (Style, StyleRuleID, bool) {
	for _, r := range list {
		if r.Enabled && r.matches(f) {
			return r.Style, r.ID, true
		}
	}
	return Style{}, "", false
}

func (r StyleRule) matches(f StyleFacts) bool {
	w := r.When
	return w.aboutChannel(f.Channel) &&
		(len(w.ContactTags) == 0 || slices.ContainsFunc(w.ContactTags, func(t string) bool { return slices.Contains(f.ContactTags, t) })) &&
		w.Contact.holds(f) && containsAny(f.Text, w.TextContains) && r.textMatches(f.Text) &&
		w.Referral.holds(f.Referral) && w.Hours.holds(f.Open) &&
		(w.Verified == nil || (f.Verified != nil && *f.Verified == *w.Verified))
}

func (w StyleConditions) aboutChannel(id ChannelID) bool {
	return len(w.Channels) == 0 || slices.Contains(w.Channels, id)
}

func (a Acquaintance) holds(f StyleFacts) bool {
	switch a {
	case "":
		return true
	case Known:
		return f.Wrote
	case KnownOnChannel:
		return f.WroteHere
	case Unknown:
		return !f.Wrote
	case UnknownOnChannel:
		return !f.WroteHere
	}
	return false
}

func (c *ReferralCondition) holds(r *normalize.Referral) bool {
	if c == nil {
		return true
	}
	return r != nil && (c.Source == "" || c.Source == r.Source) && (c.ID == "" || c.ID == r.ID) &&
		(c.Payload == "" || c.Payload == r.Payload)
}

func (c *HoursCondition) holds(open map[string]bool) bool {
	if c == nil {
		return true
	}
	is, known := open[c.ScheduleID]
	return known && is == c.Open
}

func containsAny(text string, parts []string) bool {
	if len(parts) == 0 {
		return true
	}
	text = strings.ToLower(rules.LookedAt(text))
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, strings.ToLower(part)) })
}

// textMatches holds the text to the pattern. A rule whose pattern cannot be
// compiled matches nothing: it was stored by another version of the hub.
func (r StyleRule) textMatches(text string) bool {
	if r.When.TextMatches == "" {
		return true
	}
	r = r.Prepare()
	return r.pattern != nil && r.pattern.MatchString(rules.LookedAt(text))
}

// Prepare answers the rule with its pattern compiled, for rules that are held
// to many conversations.
func (r StyleRule) Prepare() StyleRule {
	if r.When.TextMatches != "" && r.pattern == nil {
		if re, err := rules.ParsePattern(r.When.TextMatches); err == nil {
			r.pattern = re
		}
	}
	return r
}

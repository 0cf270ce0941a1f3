package threads

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/normalize"
)

func TestAConditionHoldsExactlyForWhatItAsks(t *testing.T) {
	ad := normalize.Referral{Source: "ad", ID: "77", Payload: "spring"}
	for name, c := range map[string]struct {
		when  StyleConditions
		facts StyleFacts
		holds bool
	}{
		"no condition is about everything":           {StyleConditions{}, StyleFacts{}, true},
		"one of the channels":                        {StyleConditions{Channels: []ChannelID{"ch_1", "ch_2"}}, StyleFacts{Channel: "ch_2"}, true},
		"another channel":                            {StyleConditions{Channels: []ChannelID{"ch_1"}}, StyleFacts{Channel: "ch_2"}, false},
		"one of the contact's tags":                  {StyleConditions{ContactTags: []string{"vip", "press"}}, StyleFacts{ContactTags: []string{"new", "press"}}, true},
		"a tag in other letters is another tag":      {StyleConditions{ContactTags: []string{"VIP"}}, StyleFacts{ContactTags: []string{"vip"}}, false},
		"no tags":                                    {StyleConditions{ContactTags: []string{"vip"}}, StyleFacts{}, false},
		"known anywhere":                             {StyleConditions{Contact: Known}, StyleFacts{Wrote: true}, true},
		"not known anywhere":                         {StyleConditions{Contact: Known}, StyleFacts{}, false},
		"known here":                                 {StyleConditions{Contact: KnownOnChannel}, StyleFacts{Wrote: true, WroteHere: true}, true},
		"known elsewhere only":                       {StyleConditions{Contact: KnownOnChannel}, StyleFacts{Wrote: true}, false},
		"unknown":                                    {StyleConditions{Contact: Unknown}, StyleFacts{}, true},
		"known elsewhere is not unknown":             {StyleConditions{Contact: Unknown}, StyleFacts{Wrote: true}, false},
		"known elsewhere is unknown here":            {StyleConditions{Contact: UnknownOnChannel}, StyleFacts{Wrote: true}, true},
		"known here is not unknown here":             {StyleConditions{Contact: UnknownOnChannel}, StyleFacts{Wrote: true, WroteHere: true}, false},
		"an acquaintance of another version":         {StyleConditions{Contact: "friend"}, StyleFacts{Wrote: true}, false},
		"part of the text, in any case":              {StyleConditions{TextContains: []string{"BET"}}, StyleFacts{Text: "my Bets"}, true},
		"part of the text in another alphabet":       {StyleConditions{TextContains: []string{"СТАВК"}}, StyleFacts{Text: "моя ставка"}, true},
		"one of several parts":                       {StyleConditions{TextContains: []string{"odds", "bet"}}, StyleFacts{Text: "a bet"}, true},
		"no part of the text":                        {StyleConditions{TextContains: []string{"bet"}}, StyleFacts{Text: "be there"}, false},
		"no text":                                    {StyleConditions{TextContains: []string{"bet"}}, StyleFacts{}, false},
		"part of the text that is too far back":      {StyleConditions{TextContains: []string{"bet"}}, StyleFacts{Text: strings.Repeat("é", 2048) + "bet"}, false},
		"part of the text just within":               {StyleConditions{TextContains: []string{"bet"}}, StyleFacts{Text: strings.Repeat("x", 4093) + "bet"}, true},
		"a pattern":                                  {StyleConditions{TextMatches: `(?i)^order #\d+$`}, StyleFacts{Text: "Order #12"}, true},
		"a pattern minds the case":                   {StyleConditions{TextMatches: `^order`}, StyleFacts{Text: "Order #12"}, false},
		"a pattern that cannot be compiled":          {StyleConditions{TextMatches: `(`}, StyleFacts{Text: "("}, false},
		"all of the referral that is asked for":      {StyleConditions{Referral: &ReferralCondition{Source: "ad", Payload: "spring"}}, StyleFacts{Referral: &ad}, true},
		"another source":                             {StyleConditions{Referral: &ReferralCondition{Source: "post"}}, StyleFacts{Referral: &ad}, false},
		"another id":                                 {StyleConditions{Referral: &ReferralCondition{Source: "ad", ID: "78"}}, StyleFacts{Referral: &ad}, false},
		"another payload":                            {StyleConditions{Referral: &ReferralCondition{Payload: "Spring"}}, StyleFacts{Referral: &ad}, false},
		"no referral":                                {StyleConditions{Referral: &ReferralCondition{Source: "ad"}}, StyleFacts{}, false},
		"open hours":                                 {StyleConditions{Hours: &HoursCondition{"sc_1", true}}, StyleFacts{Open: map[string]bool{"sc_1": true}}, true},
		"closed while open is asked":                 {StyleConditions{Hours: &HoursCondition{"sc_1", true}}, StyleFacts{Open: map[string]bool{"sc_1": false}}, false},
		"closed hours":                               {StyleConditions{Hours: &HoursCondition{"sc_1", false}}, StyleFacts{Open: map[string]bool{"sc_1": false}}, true},
		"a schedule that is not there is not closed": {StyleConditions{Hours: &HoursCondition{"sc_1", false}}, StyleFacts{Open: map[string]bool{"sc_2": false}}, false},
		"a visitor who is signed in":                 {StyleConditions{Verified: new(true)}, StyleFacts{Verified: new(true)}, true},
		"a visitor who is not":                       {StyleConditions{Verified: new(false)}, StyleFacts{Verified: new(false)}, true},
		"a visitor who is not, while one is asked":   {StyleConditions{Verified: new(true)}, StyleFacts{Verified: new(false)}, false},
		"a channel that does not say":                {StyleConditions{Verified: new(false)}, StyleFacts{}, false},
		"all conditions":                             {StyleConditions{Channels: []ChannelID{"ch_1"}, TextContains: []string{"a"}}, StyleFacts{Channel: "ch_1", Text: "a"}, true},
		"all conditions but one":                     {StyleConditions{Channels: []ChannelID{"ch_1"}, TextContains: []string{"a"}}, StyleFacts{Channel: "ch_1", Text: "b"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			want, _ := DefaultStyle(LiveChat)
			style, rule, ok := ChooseStyle([]StyleRule{{ID: "sr_1", Enabled: true, When: c.when, Style: want}}, c.facts)
			require.Equal(t, c.holds, ok)
			if c.holds {
				require.Equal(t, want, style)
				require.EqualValues(t, "sr_1", rule)
			} else {
				require.Zero(t, style)
				require.Empty(t, rule)
			}
		})
	}
}

// anyRules draws rules and facts of so few values that they often meet.
func anyRules(t *rapid.T) ([]StyleRule, StyleFacts) {
	channels := []ChannelID{"ch_1", "ch_2"}
	words := []string{"bet", "ride", "food"}
	maybe := func(name string) bool { return rapid.IntRange(0, 2).Draw(t, name) == 0 }
	rules := make([]StyleRule, rapid.IntRange(0, 8).Draw(t, "rules"))
	for i := range rules {
		r := StyleRule{ID: StyleRuleID("sr_" + string(rune('a'+i))), Enabled: !maybe("disabled")}
		r.Style, _ = DefaultStyle(rapid.SampledFrom([]StyleName{LiveChat, LiveChatReturning, SocialMessaging}).Draw(t, "style"))
		if maybe("channel") {
			r.When.Channels = []ChannelID{rapid.SampledFrom(channels).Draw(t, "its channel")}
		}
		if maybe("text") {
			r.When.TextContains = []string{rapid.SampledFrom(words).Draw(t, "its word")}
		}
		if maybe("pattern") {
			r.When.TextMatches = rapid.SampledFrom([]string{"^b", "d$", "("}).Draw(t, "its pattern")
		}
		if maybe("contact") {
			r.When.Contact = rapid.SampledFrom([]Acquaintance{Known, KnownOnChannel, Unknown, UnknownOnChannel}).Draw(t, "its acquaintance")
		}
		rules[i] = r
	}
	return rules, StyleFacts{
		Channel: rapid.SampledFrom(channels).Draw(t, "on"), Text: rapid.SampledFrom(words).Draw(t, "says"), Wrote: rapid.Bool().Draw(t, "wrote"),
	}
}

func TestTheFirstRuleThatMatchesWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, facts := anyRules(t)
		style, id, ok := ChooseStyle(rules, facts)
		again, idAgain, okAgain := ChooseStyle(rules, facts)
		require.Equal(t, []any{style, id, ok}, []any{again, idAgain, okAgain}, "the same rules and facts choose the same")

		alone := func(r StyleRule) bool { _, _, ok := ChooseStyle([]StyleRule{r}, facts); return ok }
		first := slices.IndexFunc(rules, alone)
		require.Equal(t, first >= 0, ok, "one is chosen exactly when one matches by itself")
		if ok {
			require.Equal(t, rules[first].ID, id)
			require.Equal(t, rules[first].Style, style)
			require.True(t, rules[first].Enabled)
		}

		at := rapid.IntRange(0, len(rules)).Draw(t, "where")
		others, _ := anyRules(t)
		for _, r := range others {
			r.Enabled = r.Enabled && !alone(r)
			more, idMore, okMore := ChooseStyle(slices.Insert(slices.Clone(rules), at, r), facts)
			require.Equal(t, []any{style, id, ok}, []any{more, idMore, okMore}, "a rule that is disabled or does not match changes nothing, anywhere")
		}

		prepared := slices.Clone(rules)
		for i, r := range prepared {
			prepared[i] = r.Prepare()
		}
		ready, idReady, okReady := ChooseStyle(prepared, facts)
		require.Equal(t, []any{style, id, ok}, []any{ready, idReady, okReady}, "compiling first changes nothing but the time it takes")
	})
}

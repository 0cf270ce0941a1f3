package slack

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMarkupBecomesWhatPeopleSee(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                                  "plain",
		"a &lt;b&gt; &amp; c":                    "a <b> & c",
		"&amp;lt;":                               "&lt;",
		"<@U123>":                                "@U123",
		"<@U123|mira>":                           "@mira",
		"<#C1|general> here":                     "#general here",
		"<#C1>":                                  "#C1",
		"<!here> look":                           "@here look",
		"<!subteam^S1|@team>":                    "@team",
		"<!date^1392734382^{date}|Feb 18, 2014>": "Feb 18, 2014",
		"<https://shop.example/?a=1&amp;b=2>":    "https://shop.example/?a=1&b=2",
		"<https://shop.example|shop.example>":    "https://shop.example",
		"<https://shop.example|the shop>":        "the shop (https://shop.example)",
		"<https://shop.example|https://shop.example>": "https://shop.example",
		"<mailto:a@b.example|a@b.example>":            "a@b.example",
		"<tel:+1415|+1415>":                           "+1415",
		"an open <bracket":                            "an open <bracket",
		"<>":                                          "<>",
		"thanks :pray: a lot":                         "thanks 🙏 a lot",
		":wave::skin-tone-3:":                         "👋🏼",
		":+1::+1:":                                    "👍👍",
		":partyparrot: :tada:":                        ":partyparrot: 🎉",
		"at 10:100:5 or 12:30:45":                     "at 10:100:5 or 12:30:45",
		"a: b: c":                                     "a: b: c",
	} {
		require.Equal(t, want, plain(text), text)
	}
}

func TestEmojiHaveSlacksNames(t *testing.T) {
	for sign, want := range map[string]string{
		"👍": "+1", "👍🏽": "+1::skin-tone-4", "❤️": "heart", "❤": "heart", "🎉": "tada", "🤗": "hugging_face", "✅": "white_check_mark",
		"☑️": "ballot_box_with_check", ":partyparrot:": "partyparrot",
	} {
		name, ok := nameOf(sign)
		require.True(t, ok, sign)
		require.Equal(t, want, name)
	}
	for _, sign := range []string{"x", "::", ":a b:", ":a", "👍👍👍"} {
		_, ok := nameOf(sign)
		require.False(t, ok, sign)
	}
	require.Equal(t, "👍🏼", emojiOf("thumbsup::skin-tone-3"))
	require.Equal(t, ":partyparrot:", emojiOf("partyparrot"))
}

// TestWhatIsSentIsNeverMarkup holds text to coming back as it was: nothing that
// an agent types can mention a channel or hide an address.
func TestWhatIsSentIsNeverMarkup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z<>&|!@# ]*`).Draw(t, "text")
		require.Equal(t, text, plain(escaped(text)))
	})
}

func TestSectionsHoldTheWholeTextWithinTheirBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("a<é👍 ")), 0, maxText, -1).Draw(t, "text")
		joined := ""
		for _, s := range sections(text) {
			require.LessOrEqual(t, len([]rune(s.Text.Text)), maxSection)
			joined += s.Text.Text
		}
		require.Equal(t, escaped(text), joined)
	})
}

package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

func TestWhoseReactionTakesWhosePlace(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2030, 1, 1, 0, 0, s, 0, time.UTC) }
	bea, bo := Author{Type: AuthorAgent, ID: "ag_1", Name: "Bea"}, Author{Type: AuthorAgent, ID: "ag_2", Name: "Bo"}
	app, ana := Author{Type: AuthorExternal}, Author{Type: AuthorContact, ID: "ct_1", Name: "Ana"}
	type step struct {
		by             Author
		emoji, removed string
		at             int
		changes        bool
	}
	for name, c := range map[string]struct {
		steps []step
		want  []Reaction
	}{
		"the business has one": {
			[]step{{bea, "👍", "", 1, true}, {ana, "🎉", "", 2, true}, {bo, "❤️", "", 3, true}},
			[]Reaction{{"❤️", bo, at(3)}, {"🎉", ana, at(2)}},
		},
		"its echo changes nothing": {
			[]step{{bea, "❤️", "", 1, true}, {app, "❤", "", 2, false}},
			[]Reaction{{"❤️", bea, at(1)}},
		},
		"what was replaced is taken back": {
			[]step{{bea, "👍", "", 1, true}, {bea, "🎉", "", 2, true}, {app, "", "👍", 3, false}},
			[]Reaction{{"🎉", bea, at(2)}},
		},
		"the app takes ours back": {
			[]step{{bea, "👍", "", 1, true}, {app, "", "", 2, true}, {app, "", "", 3, false}}, []Reaction{},
		},
		"an older one comes late": {
			[]step{{bea, "🎉", "", 5, true}, {app, "👍", "", 4, false}},
			[]Reaction{{"🎉", bea, at(5)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := Message{ContactID: "ct_1"}
			for i, s := range c.steps {
				changed := m.reacted(normalize.Reaction{Emoji: s.emoji, Removed: s.removed}, s.by, at(s.at))
				require.Equal(t, s.changes, changed, "step %d", i)
			}
			require.Equal(t, c.want, m.Reactions)
			own := ""
			for _, r := range c.want {
				if r.Author.Type != AuthorContact {
					own = r.Emoji
				}
			}
			require.Equal(t, own, m.OwnReaction())
		})
	}
}

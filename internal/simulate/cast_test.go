package simulate

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestEverybodyInTheCastHasSomethingToSay(t *testing.T) {
	talks, err := loadDialogues(dialogueFiles)
	require.NoError(t, err)
	langs := map[string]bool{}
	for _, d := range talks {
		langs[d.lang] = true
	}
	for _, c := range Cast() {
		require.True(t, langs[c.Lang], "no dialogue in %q for %s", c.Lang, c.Name())
	}
}

func TestNobodyInTheCastIsMistakenForAnother(t *testing.T) {
	names, phones := map[string]bool{}, map[string]bool{}
	for i, c := range Cast() {
		require.Equal(t, i, c.Index)
		require.False(t, names[c.Name()], c.Name())
		require.False(t, phones[c.phone()], c.phone())
		names[c.Name()], phones[c.phone()] = true, true
	}
	require.Greater(t, len(names), 30)
}

func TestEveryDialogueStartsWithTheCustomer(t *testing.T) {
	talks, err := loadDialogues(dialogueFiles)
	require.NoError(t, err)
	for _, d := range talks {
		require.Equal(t, Say, d.steps[0].kind, d.title)
		for i, s := range d.steps {
			if s.kind == Edit {
				require.Equal(t, Say, d.steps[i-1].kind, "%s edits what is not text", d.title)
			}
		}
	}
}

func TestDialogueFiles(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []step
		err  string
	}{
		"a line of each word": {
			text: "# note\ncustomer: a\nagent: b\nbuttons: Yes | No\npress: No\nphoto: p\nplace: 1.5 -2 Here, there\nedit: e\nreact: 👍\n",
			want: []step{
				{kind: Say, text: "a"},
				{text: "b", buttons: []Button{{"b1", "Yes"}, {"b2", "No"}}},
				{kind: Press, text: "No"},
				{kind: Photo, text: "p"},
				{kind: Place, text: "Here, there", lat: 1.5, lon: -2},
				{kind: Edit, text: "e"},
				{kind: React, text: "👍"},
			},
		},
		"an unknown word is refused":               {text: "customer: a\nshout: b\n", err: `line 2: unknown word "shout"`},
		"a line without a text is refused":         {text: "customer:\n", err: "line 1: want"},
		"buttons without an agent are refused":     {text: "customer: a\nbuttons: Yes\n", err: "line 2: buttons belong"},
		"a place without a longitude is refused":   {text: "place: 1.5\n", err: "want latitude"},
		"a place that is not a number is refused":  {text: "place: x 1 there\n", err: "latitude"},
		"a place with half a position is refused":  {text: "place: 1 x there\n", err: "longitude"},
		"a line that has no colon at all is noted": {text: "hello\n", err: "line 1: want"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := loadDialogues(fstest.MapFS{"dialogues/en.txt": {Data: []byte(tc.text)}})
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			require.Len(t, got, 1)
			require.Equal(t, tc.want, got[0].steps)
		})
	}
}

func TestAnEmptyLineEndsADialogue(t *testing.T) {
	got, err := parseDialogues("en", "customer: a\n\n\n# b\ncustomer: b\n")
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, "en/2", got[1].title)
	require.True(t, strings.HasPrefix(got[0].title, "en/"))
}

package canned_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/canned"
	"threadhub/internal/directory"
)

func TestVariablesTakeTheirPlaces(t *testing.T) {
	values := canned.Values{"conversation.id": "cv_1", "channel.name": "{{agent.name}}"}.Named("contact", "Ana Lima").Named("agent", "")
	for text, want := range map[string]string{
		"Hi {{contact.first_name}}!":             "Hi Ana!",
		"{{ contact.name }} {{conversation.id}}": "Ana Lima cv_1",
		"Yours, {{agent.name|the team}}":         "Yours, the team",
		"{{agent.name}}.":                        ".",
		"{{channel.name}}":                       "{{agent.name}}",
		"no {variables} here":                    "no {variables} here",
	} {
		require.Equal(t, want, canned.Render(text, values), text)
	}
}

func TestRepliesAreKeptUnderTheirNames(t *testing.T) {
	ctx := t.Context()
	r := canned.New(new(directory.Memory), time.Now)
	a, err := r.Create(ctx, " Hours ", "We are open from 9 to 5.")
	require.NoError(t, err)
	require.Equal(t, "Hours", a.Name)
	var wrong *canned.InvalidError
	for field, draft := range map[string][2]string{"name": {" ", "x"}, "text": {"n", " \n"}} {
		_, err := r.Create(ctx, draft[0], draft[1])
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, field, wrong.Field)
	}
	_, err = r.Create(ctx, "Password", "{{contact.password}}")
	require.ErrorAs(t, err, &wrong)
	require.Contains(t, wrong.Message, "contact.first_name")
	_, err = r.Create(ctx, "HOURS", "x")
	require.ErrorIs(t, err, directory.ErrTaken)
	text := "From 10 to 6."
	b, err := r.Update(ctx, a.ID, canned.Change{IfVersion: &a.Version, Text: &text})
	require.NoError(t, err)
	require.Equal(t, text, b.Text)
	_, err = r.Update(ctx, a.ID, canned.Change{IfVersion: &a.Version, Text: &text})
	require.ErrorIs(t, err, directory.ErrConflict)
	list, err := r.List(ctx, "", 10)
	require.NoError(t, err)
	require.Equal(t, []canned.Reply{b}, list)
	require.NoError(t, r.Delete(ctx, a.ID))
	_, err = r.Get(ctx, a.ID)
	require.ErrorIs(t, err, directory.ErrNotFound)
}

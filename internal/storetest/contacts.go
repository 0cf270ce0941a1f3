package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

var contactTests = []test{
	{"a claimed contact owns its identities and reads back as given", func(t *testing.T, f *fixture) {
		c := f.contact(channelA, "peer-1", "alias-1")
		owners, err := f.s.Claim(f.ctx, c)
		require.NoError(t, err)
		require.Equal(t, map[threads.Identity]threads.ContactID{c.Identities[0]: c.ID, c.Identities[1]: c.ID}, owners)

		got, err := f.s.Contact(f.ctx, c.ID)
		require.NoError(t, err)
		same(t, c, got)
		require.Equal(t, time.UTC, got.CreatedAt.Location())
	}},
	{"what a person gave and a platform answered reads back", func(t *testing.T, f *fixture) {
		c := f.claimed(channelA, "peer-1")
		c.Version++
		c.Edited = threads.ContactEdits{Name: true, Phone: true}
		c.Lookup = threads.ProfileLookup{At: c.CreatedAt, Name: "Noor Vask", Locale: "pt", AvatarURL: "https://pictures.example/noor.png"}
		require.NoError(t, f.s.SaveContact(f.ctx, c))
		got, err := f.s.Contact(f.ctx, c.ID)
		require.NoError(t, err)
		same(t, c, got)
	}},
	{"owners leaves identities out that nobody owns", func(t *testing.T, f *fixture) {
		c := f.claimed(channelA, "peer-1")
		mine := c.Identities[0]
		elsewhere := threads.Identity{Channel: channelB, Peer: "peer-1"}
		owners, err := f.s.Owners(f.ctx, []threads.Identity{mine, elsewhere, {Channel: channelA, Peer: "peer-2"}})
		require.NoError(t, err)
		require.Equal(t, map[threads.Identity]threads.ContactID{mine: c.ID}, owners)

		none, err := f.s.Owners(f.ctx, nil)
		require.NoError(t, err)
		require.Empty(t, none)
	}},
	{"an identity stays with whoever claimed it first", func(t *testing.T, f *fixture) {
		first := f.claimed(channelA, "peer-1")
		second := f.contact(channelA, "peer-1", "peer-2")
		owners, err := f.s.Claim(f.ctx, second)
		require.NoError(t, err)
		require.Equal(t, map[threads.Identity]threads.ContactID{
			second.Identities[0]: first.ID, second.Identities[1]: second.ID,
		}, owners)
	}},
	{"claiming for a stored contact gives it identities and changes nothing else", func(t *testing.T, f *fixture) {
		c := f.claimed(channelA, "peer-1")
		again := c
		again.Name = "somebody else"
		again.Identities = append([]threads.Identity{{Channel: channelA, Peer: "alias-1"}}, c.Identities...)
		for range 2 {
			owners, err := f.s.Claim(f.ctx, again)
			require.NoError(t, err)
			require.Equal(t, c.ID, owners[again.Identities[0]])
			require.Equal(t, c.ID, owners[again.Identities[1]])
		}
		got, err := f.s.Contact(f.ctx, c.ID)
		require.NoError(t, err)
		same(t, c, got)
	}},
	{"a contact nobody made is not found", func(t *testing.T, f *fixture) {
		_, err := f.s.Contact(f.ctx, "ct_none")
		require.ErrorIs(t, err, threads.ErrNotFound)
	}},
	{"saving a contact compares its version", func(t *testing.T, f *fixture) {
		c := f.claimed(channelA, "peer-1")
		c.Name, c.Version = "Ada B.", 2
		c.Consents = map[string]normalize.ConsentStatus{"": normalize.ConsentBlocked}
		require.NoError(t, f.s.SaveContact(f.ctx, c))
		require.ErrorIs(t, f.s.SaveContact(f.ctx, c), threads.ErrConflict, "saved already")

		ahead := c
		ahead.Version = 4
		require.ErrorIs(t, f.s.SaveContact(f.ctx, ahead), threads.ErrConflict)

		got, err := f.s.Contact(f.ctx, c.ID)
		require.NoError(t, err)
		same(t, c, got)
	}},
	{"saving a contact that nobody claimed is a conflict", func(t *testing.T, f *fixture) {
		c := f.contact(channelA, "peer-1")
		c.Version = 2
		require.ErrorIs(t, f.s.SaveContact(f.ctx, c), threads.ErrConflict)
	}},
}

package telegram

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/normalize"
)

func addresses() *rapid.Generator[address] {
	return rapid.Custom(func(t *rapid.T) address {
		return address{
			chat:       rapid.Int64().Filter(func(n int64) bool { return n != 0 }).Draw(t, "chat"),
			connection: rapid.StringMatching(`([A-Za-z0-9_:@-]{1,40})?`).Draw(t, "connection"),
		}
	})
}

func TestIdentifiersAreReadBackAsTheyWereMinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := addresses().Draw(t, "address")
		peer, ok := parsePeer(a.peer())
		require.True(t, ok)
		require.Equal(t, a, peer)

		id := rapid.Int64Range(1, 1<<52).Draw(t, "message")
		at, message, ok := parseMessage(a.message(id))
		require.True(t, ok)
		require.Equal(t, a, at)
		require.Equal(t, id, message)
	})
}

func TestOtherStringsAreNoIdentifiers(t *testing.T) {
	for _, s := range []string{"", "0", "x", "1x", "5@", "@bc", "wa:385", "99999999999999999999"} {
		_, ok := parsePeer(normalize.PeerID(s))
		require.False(t, ok, "peer %q", s)
	}
	for _, s := range []string{"", "5", "5:", ":5", "0:5", "5:0", "5:-1", "5:6@", "cb:77", "5:x", "a:6"} {
		_, _, ok := parseMessage(normalize.PlatformID(s))
		require.False(t, ok, "message %q", s)
	}
}

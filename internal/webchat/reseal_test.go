package webchat

import (
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/seal"
)

func TestVisitorsKeysOpenUnderTheNextMasterKey(t *testing.T) {
	ctx, store := t.Context(), &directory.Memory{}
	ring, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	key, err := newSigningKeys(store, ring).key(ctx, "ch_1")
	require.NoError(t, err)
	require.NoError(t, ring.Rotate(seal.GenerateKey()))
	n, err := Reseal(ctx, store, ring)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = Reseal(ctx, store, ring)
	require.NoError(t, err)
	require.Zero(t, n)
	ring.Forget()
	again, err := newSigningKeys(store, ring).key(ctx, "ch_1")
	require.NoError(t, err)
	require.Equal(t, key, again)
}

package seal

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"threadhub/connectors"
)

func ring(t testing.TB, active Key, others ...Key) *Keyring {
	t.Helper()
	r, err := NewKeyring(active, others...)
	require.NoError(t, err)
	return r
}

func TestSealedValuesOpenAtTheirPlaceOnly(t *testing.T) {
	r := ring(t, GenerateKey())
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.Custom(func(t *rapid.T) Place {
			return Place{rapid.StringN(0, 4, -1).Draw(t, "channel"), rapid.StringN(0, 4, -1).Draw(t, "field")}
		})
		at, other := place.Draw(t, "at"), place.Draw(t, "other")
		value := rapid.String().Draw(t, "value")
		sealed, err := r.Seal(at, connectors.NewSecret(value))
		require.NoError(t, err)
		got, err := r.Open(at, sealed)
		require.NoError(t, err)
		require.Equal(t, value, got.Reveal())
		if at != other {
			_, err = r.Open(other, sealed)
			require.ErrorIs(t, err, ErrOpen)
		}
	})
}

func TestPlacesAreNotConfused(t *testing.T) {
	r := ring(t, GenerateKey())
	sealed, err := r.Seal(Place{"ch_1", "2token"}, connectors.NewSecret("value"))
	require.NoError(t, err)
	_, err = r.Open(Place{"ch_12", "token"}, sealed)
	require.ErrorIs(t, err, ErrOpen)
}

func TestAnyChangedCharacterIsNoticed(t *testing.T) {
	r, at := ring(t, GenerateKey()), Place{"ch_1", "bot_token"}
	sealed, err := r.Seal(at, connectors.NewSecret("do-not-show"))
	require.NoError(t, err)
	for i := range sealed {
		b := []byte(sealed)
		b[i] ^= 1
		_, err := r.Open(at, string(b))
		require.Error(t, err, "position %d", i)
		require.NotContains(t, err.Error(), "do-not-show")
	}
	for i := range len(sealed) {
		_, err := r.Open(at, sealed[:i])
		require.Error(t, err, "cut at %d", i)
	}
}

func TestSealingTwiceDiffers(t *testing.T) {
	r, at := ring(t, GenerateKey()), Place{"ch_1", "bot_token"}
	one, err := r.Seal(at, connectors.NewSecret("v"))
	require.NoError(t, err)
	two, err := r.Seal(at, connectors.NewSecret("v"))
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}

func TestKeyRotation(t *testing.T) {
	old, current := GenerateKey(), GenerateKey()
	at := Place{"ch_1", "bot_token"}
	before := ring(t, old)
	sealed, err := before.Seal(at, connectors.NewSecret("v"))
	require.NoError(t, err)
	same, changed, err := before.Reseal(at, sealed)
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, sealed, same)

	after := ring(t, old)
	require.NoError(t, after.Rotate(current))
	require.Equal(t, current.ID(), after.ActiveID())
	require.NoError(t, after.Verify(before.Check()), "the old key is still held")
	require.NotEqual(t, before.Check(), after.Check())
	resealed, changed, err := after.Reseal(at, sealed)
	require.NoError(t, err)
	require.True(t, changed)
	value, err := after.Open(at, resealed)
	require.NoError(t, err)
	require.Equal(t, "v", value.Reveal())
	_, _, err = after.Reseal(Place{"ch_2", "bot_token"}, sealed)
	require.ErrorIs(t, err, ErrOpen, "not for another place")

	after.Forget()
	_, err = after.Open(at, sealed)
	require.ErrorIs(t, err, ErrUnknownKey)
	require.ErrorIs(t, after.Verify(before.Check()), ErrWrongKey)
	_, err = after.Open(at, resealed)
	require.NoError(t, err)
	require.ErrorIs(t, after.Rotate(Key{}), ErrKey)

	_, err = before.Open(at, resealed)
	require.ErrorIs(t, err, ErrUnknownKey)
	require.ErrorContains(t, err, current.ID())
}

func TestAWrongKeyIsRefused(t *testing.T) {
	right, wrong := GenerateKey(), GenerateKey()
	stored := ring(t, right).Check()
	require.NoError(t, ring(t, right).Verify(stored))
	for name, check := range map[string]string{
		"the check of another key": stored,
		"no check":                 "",
		"a check of the same id":   "v1." + wrong.ID() + "." + strings.Repeat("0", 32),
	} {
		t.Run(name, func(t *testing.T) {
			err := ring(t, wrong).Verify(check)
			require.ErrorIs(t, err, ErrWrongKey)
			require.ErrorContains(t, err, "THREADHUB_MASTER_KEY")
			require.NotContains(t, err.Error(), wrong.text())
		})
	}
}

func TestARingNeedsKeys(t *testing.T) {
	_, err := NewKeyring(Key{})
	require.ErrorIs(t, err, ErrKey)
	_, err = NewKeyring(GenerateKey(), Key{})
	require.ErrorIs(t, err, ErrKey)
}

func TestWhatIsNotSealedIsNotResealed(t *testing.T) {
	r := ring(t, GenerateKey())
	for _, text := range []string{"", "plain", "v1.x", "v2.a.b", "v1.abcd.*"} {
		_, changed, err := r.Reseal(Place{}, text)
		require.ErrorIs(t, err, ErrOpen, text)
		require.False(t, changed)
		_, err = r.Open(Place{}, text)
		require.ErrorIs(t, err, ErrOpen, text)
	}
}

func FuzzOpen(f *testing.F) {
	r := ring(f, GenerateKey())
	sealed, err := r.Seal(Place{"ch_1", "a"}, connectors.NewSecret("v"))
	require.NoError(f, err)
	f.Add("another channel", "b", sealed)
	f.Add("", "", "v1."+r.ActiveID()+".")
	f.Fuzz(func(t *testing.T, channel, field, text string) {
		_, err := r.Open(Place{channel, field}, text)
		require.Error(t, err) // nobody guesses a sealed value
	})
}

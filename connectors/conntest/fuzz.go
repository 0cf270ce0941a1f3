package conntest

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

// FuzzParse throws bodies at Parse, beginning with those of the cases: it must
// not panic, fails with ErrMalformed only, gives well-formed events, and gives
// the same ones again.
func FuzzParse(f *testing.F, s Suite) {
	f.Helper()
	b, err := newBench(s)
	require.NoError(f, err)
	hooks, err := b.webhooks()
	require.NoError(f, err)
	for _, h := range hooks {
		f.Add(h.req.Body)
	}
	for _, body := range malformed() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, template := range templates(hooks) {
			req := clone(template)
			req.Body = body
			events, err := b.hold(req)
			if errors.Is(err, connectors.ErrMalformed) {
				continue
			}
			require.NoError(t, err)
			again, err := b.hold(clone(req))
			require.NoError(t, err)
			require.NoError(t, same(events, again))
		}
	})
}

// FuzzVerify throws proofs and bodies at Verify: none is accepted but the one
// that Sign makes.
func FuzzVerify(f *testing.F, s Suite) {
	f.Helper()
	b, err := newBench(s)
	require.NoError(f, err)
	hooks, err := b.webhooks()
	require.NoError(f, err)
	if b.SecretInBody != "" {
		b.fuzzSecret(f, hooks)
		return
	}
	for _, h := range hooks {
		for _, name := range b.proof(h.req) {
			f.Add(proven(h.req, name), h.req.Body)
		}
	}
	f.Add("", []byte{})
	template := hooks[0].req
	f.Fuzz(func(t *testing.T, value string, body []byte) {
		req := clone(template)
		req.Body = body
		b.Sign(req, signedAt())
		right := true
		for _, name := range b.proof(req) {
			right = right && proven(req, name) == value
			prove(req, name, []string{value})
		}
		err := b.conn.Verify(req, signedAt())
		if right {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, connectors.ErrSignature)
	})
}

// fuzzSecret throws bodies at Verify where the body holds the proof: none is
// accepted that does not hold the secret as one of its values.
func (b *bench) fuzzSecret(f *testing.F, hooks []webhook) {
	f.Helper()
	for _, h := range hooks {
		f.Add(h.req.Body)
	}
	secret := b.Config.Credentials[b.SecretInBody].Reveal()
	f.Fuzz(func(t *testing.T, body []byte) {
		req := clone(hooks[0].req)
		req.Body = body
		err := b.conn.Verify(req, signedAt())
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrSignature)
			return
		}
		var members map[string]any
		require.NoError(t, json.Unmarshal(body, &members))
		require.Contains(t, slices.Collect(maps.Values(members)), any(secret))
	})
}

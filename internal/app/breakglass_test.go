package app_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
)

func TestAnAdminIsLetInAgainOnTheHost(t *testing.T) {
	ctx, cfg := context.Background(), newConfig(t)
	_, err := app.OpenBreakGlass(ctx, cfg)
	require.ErrorContains(t, err, "no hub has its data in "+cfg.DataDir, "a new store would help nobody")
	require.NoFileExists(t, filepath.Join(cfg.DataDir, "threadhub.db"))
	require.NoError(t, startHub(t, cfg).stop())
	onTheHost := func(do func(*app.BreakGlass) (string, error)) (string, error) {
		b, err := app.OpenBreakGlass(ctx, cfg)
		require.NoError(t, err)
		defer func() { require.NoError(t, b.Close()) }()
		return do(b)
	}
	list := func(b *app.BreakGlass) (string, error) { return b.Admins(ctx) }
	text, err := onTheHost(list)
	require.NoError(t, err)
	require.Contains(t, text, "threadhub admin link --create")
	_, err = onTheHost(func(b *app.BreakGlass) (string, error) { return b.Link(ctx, "ada@example.org", "", false) })
	require.ErrorContains(t, err, "ada@example.org")

	link, err := onTheHost(func(b *app.BreakGlass) (string, error) { return b.Link(ctx, "ada@example.org", "", true) })
	require.NoError(t, err)
	_, secret, found := strings.Cut(link, "/console/#/invite/")
	require.True(t, found, link)
	text, err = onTheHost(list)
	require.NoError(t, err)
	require.Contains(t, text, "ada@example.org\tada\tno password yet")

	h := startHub(t, cfg)
	h.must(http.StatusCreated, http.MethodPost, "/v1/invitations/accept", object{"token": secret, "password": "a horse, a stapler"}, "")
	h.must(http.StatusCreated, http.MethodPost, "/v1/session", object{"email": "ada@example.org", "password": "a horse, a stapler"}, "")
	_, err = app.OpenBreakGlass(ctx, cfg)
	require.ErrorContains(t, err, "in use by another process")
	require.NoError(t, h.stop())

	text, err = onTheHost(list)
	require.NoError(t, err)
	require.Contains(t, text, "can sign in")
	token, err := onTheHost(func(b *app.BreakGlass) (string, error) { return b.Token(ctx, "lost mine") })
	require.NoError(t, err)
	require.NoError(t, h.stop())
	startHub(t, cfg).must(http.StatusOK, http.MethodGet, "/v1/tokens", nil, token)
}

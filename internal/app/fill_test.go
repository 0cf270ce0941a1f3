package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/config"
	"threadhub/internal/reports"
	"threadhub/internal/sqlite"
	"threadhub/threads"
)

func TestAFilledStoreHoldsWholeLives(t *testing.T) {
	dir := t.TempDir()
	var cfg config.Server
	cfg.DataDir = dir
	require.NoError(t, app.Fill(t.Context(), cfg, app.FillOptions{Conversations: 120, Messages: 10, Days: 2}))
	s, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	now := time.Now()
	r, err := reports.Make(t.Context(), s, reports.Query{
		Period: threads.Period{By: threads.BySolved, From: now.AddDate(0, 0, -3), To: now}, GroupBy: []reports.Dimension{reports.Style},
	})
	require.NoError(t, err)
	require.Equal(t, []int{120, 24, 24, 120, 120, 600}, []int{
		r.Total.Conversations, r.Total.Customers, r.Total.Returning, r.Total.Closed, r.Total.OneTouch, r.Total.Replies,
	})
	for _, row := range r.Rows {
		require.Equal(t, 40, row.Conversations)
	}
	list, _, err := s.Conversations(t.Context(), threads.Filter{}, threads.Page{Limit: 1})
	require.NoError(t, err)
	messages, _, err := s.Messages(t.Context(), list[0].ID, threads.MessagePage{Limit: 100})
	require.NoError(t, err)
	require.Len(t, messages, 10)

	require.Error(t, app.Fill(t.Context(), cfg, app.FillOptions{Conversations: 1, Messages: 2, Days: 1}))
}

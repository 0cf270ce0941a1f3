package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/app"
	"threadhub/internal/config"
	"threadhub/internal/reports"
	"threadhub/internal/sqlite"
	"threadhub/threads"
)

// BenchmarkReport makes reports over 100,000 conversations in a store. Their
// messages make no difference to it, so there are few.
func BenchmarkReport(b *testing.B) {
	var cfg config.Server
	cfg.DataDir = b.TempDir()
	require.NoError(b, app.Fill(b.Context(), cfg, app.FillOptions{Conversations: 100_000, Messages: 4, Days: 28}))
	s, err := sqlite.Open(b.Context(), cfg.DataDir, sqlite.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	to := time.Now()
	for _, by := range [][]reports.Dimension{nil, {reports.Style}, {reports.Day}, {reports.Day, reports.Agent}, {reports.Channel, reports.Style, reports.Agent, reports.Group}} {
		var names []string
		for _, d := range by {
			names = append(names, string(d))
		}
		b.Run("by "+strings.Join(names, ","), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := reports.Make(b.Context(), s, reports.Query{
					Period: threads.Period{By: threads.ByCreated, From: to.AddDate(0, 0, -30), To: to}, GroupBy: by,
				})
				require.NoError(b, err)
				require.Equal(b, 100_000, r.Total.Conversations)
			}
		})
	}
}

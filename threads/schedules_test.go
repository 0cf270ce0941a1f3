package threads_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

// wall is where the schedule of the tests hangs, the only one.
type wall struct {
	hours *threads.Hours // nil: it was taken down
	err   error
	asked int
}

func (w *wall) Calendar(_ context.Context, id string) (threads.Calendar, error) {
	w.asked++
	switch {
	case w.err != nil:
		return threads.Calendar{}, w.err
	case w.hours == nil || id != "sc_1":
		return threads.Calendar{}, fmt.Errorf("schedule %s: %w", id, threads.ErrNotFound)
	}
	return threads.NewCalendar(*w.hours)
}

// daily is open on all days at the same hours.
func daily(from, to string) *threads.Hours {
	h := threads.Hours{Zone: "UTC"}
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		h.Intervals = append(h.Intervals, threads.WeekInterval{Day: day, Interval: threads.Interval{From: from, To: to}})
	}
	return &h
}

func byBusinessTime(t *testing.T, d time.Duration) threads.Style {
	t.Helper()
	s, err := threads.NewStyle(threads.SocialMessaging, &d, threads.ClockBusiness, "sc_1")
	require.NoError(t, err)
	return s
}

// openDesk is a desk at 09:00 with a conversation that somebody has to solve.
func openDesk(t *testing.T, w *wall, style threads.Style) (*desk, threads.ConversationID, *bytes.Buffer) {
	t.Helper()
	d := newDesk(t, style)
	log := &bytes.Buffer{}
	d.Schedules, d.Logger = w, slog.New(slog.NewTextHandler(log, nil))
	d.take(d.text("hello"))
	return d, d.only().ID, log
}

func TestACountdownKeepsTheMomentItWasGivenAtTheSolve(t *testing.T) {
	w := &wall{hours: daily("10:00", "12:00")}
	d, id, log := openDesk(t, w, byBusinessTime(t, 3*time.Hour))
	start := d.clock()
	solved := d.set(id, threads.StatusSolved)
	require.Equal(t, start.Add(26*time.Hour), solved.State.CloseDueAt, "10:00 to 12:00 today, until 11:00 tomorrow")

	w.hours = daily("00:00", "24:00")
	d.wait(25 * time.Hour)
	n, err := d.CloseDue(context.Background(), time.Time{}, 10)
	require.NoError(t, err)
	require.Zero(t, n, "other hours do not move a countdown that runs")
	w.hours = nil
	d.wait(time.Hour)
	n, err = d.CloseDue(context.Background(), time.Time{}, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n, "nor does the end of the schedule")
	require.Equal(t, start.Add(26*time.Hour), d.only().State.ClosedAt)
	require.Empty(t, log.String())
}

func TestTheNextSolveCountsInTheHoursOfThen(t *testing.T) {
	w := &wall{hours: daily("10:00", "12:00")}
	d, id, _ := openDesk(t, w, byBusinessTime(t, time.Hour))
	require.Equal(t, d.clock().Add(2*time.Hour), d.set(id, threads.StatusSolved).State.CloseDueAt)
	d.take(d.text("one more thing"))
	w.hours = daily("09:00", "12:00")
	solved := d.set(id, threads.StatusSolved)
	require.Equal(t, d.clock().Add(time.Hour), solved.State.CloseDueAt)
}

func TestASolveWithoutItsScheduleCountsElapsedTimeAndSaysSo(t *testing.T) {
	for name, w := range map[string]*wall{
		"deleted":        {},
		"an unread zone": {hours: &threads.Hours{Zone: "Mars/Olympus", Intervals: daily("09:00", "12:00").Intervals}},
	} {
		t.Run(name, func(t *testing.T) {
			d, id, log := openDesk(t, w, byBusinessTime(t, 30*time.Hour))
			solved := d.set(id, threads.StatusSolved)
			require.Equal(t, d.clock().Add(30*time.Hour), solved.State.CloseDueAt)
			require.Contains(t, log.String(), "a schedule cannot be used")
			require.Contains(t, log.String(), string(id))
			require.Contains(t, log.String(), "sc_1")
			lines, _, err := d.store.Transitions(context.Background(), id, threads.Page{Limit: 10})
			require.NoError(t, err)
			require.Equal(t, threads.ClockElapsed, lines[len(lines)-1].Policy.Clock)
		})
	}
}

func TestASolveWaitsForAStoreThatIsAway(t *testing.T) {
	w := &wall{hours: daily("09:00", "12:00")}
	d, id, _ := openDesk(t, w, byBusinessTime(t, time.Hour))
	w.err = errors.New("disk I/O error")
	status := threads.StatusSolved
	_, err := d.Update(context.Background(), id, threads.UpdateCommand{Actor: bea, Status: &status})
	require.ErrorContains(t, err, "disk I/O error")
	require.Equal(t, threads.StatusNew, d.only().State.Status, "nothing was half done")
}

func TestAnotherStyleWhileSolvedCountsInItsOwnHours(t *testing.T) {
	w := &wall{hours: daily("10:00", "12:00")}
	d, id, _ := openDesk(t, w, after(t, threads.SocialMessaging, time.Hour))
	start := d.clock()
	d.set(id, threads.StatusSolved)
	require.Zero(t, w.asked, "elapsed time needs no schedule")
	style := byBusinessTime(t, time.Hour)
	conv, err := d.Update(context.Background(), id, threads.UpdateCommand{Actor: bea, Style: &style})
	require.NoError(t, err)
	require.Equal(t, start.Add(2*time.Hour), conv.State.CloseDueAt)
	status := threads.StatusOpen
	_, err = d.Update(context.Background(), id, threads.UpdateCommand{Actor: bea, Status: &status})
	require.NoError(t, err)
	require.Equal(t, start.Add(2*time.Hour), d.set(id, threads.StatusSolved).State.CloseDueAt, "the conversation's own style stays")
}

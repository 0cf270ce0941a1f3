package threads_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
	"threadhub/threads"
)

// say sends a message of Bea's, or a note.
func (d *desk) say(id threads.ConversationID, text string, note bool) {
	d.t.Helper()
	_, _, err := d.Send(context.Background(), threads.SendCommand{
		Conversation: id, Author: bea, Internal: note, Content: normalize.Message{Type: normalize.TypeText, Text: text},
	})
	require.NoError(d.t, err)
}

func (d *desk) echo(id string) threads.Arrival {
	a := d.message("ana", id, "from the app", d.clock())
	a.Event.Type = normalize.EventEcho
	return a
}

func minutes(n int) *time.Duration {
	d := time.Duration(n) * time.Minute
	return &d
}

func TestHandlingTimeThroughTheService(t *testing.T) {
	d := newDesk(t, after(t, threads.LiveChat, 0))
	d.take(d.text("hello"))
	id := d.only().ID
	agent := threads.AgentID(bea.ID)
	_, err := d.Update(context.Background(), id, threads.UpdateCommand{Actor: bea, Assignee: &agent})
	require.NoError(t, err)
	d.wait(5 * time.Minute)
	d.say(id, "hi", false)
	d.wait(time.Minute)
	closed := d.set(id, threads.StatusSolved)
	require.Equal(t, threads.StatusClosed, closed.State.Status)
	d.wait(time.Hour)
	oneTouch := true
	require.Equal(t, threads.MetricValues{
		Elapsed: threads.Times{
			FirstReply: minutes(5), FirstAssignment: minutes(0), AssignmentToReply: minutes(5),
			RequesterWaitByStatus: minutes(6), RequesterWaitByMessage: minutes(5),
			FirstResolution: minutes(6), FullResolution: minutes(6), Handle: minutes(6),
		},
		Replies: 1, OneTouch: &oneTouch,
	}, d.only().ReadMetrics(d.clock(), nil))
}

func TestWhatIsNoNewsChangesNoMetrics(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	first := d.text("hello")
	d.take(first)
	id := d.only().ID
	d.wait(time.Minute)
	d.say(id, "hi", false)
	before := d.only()
	d.take(first, first)
	d.say(id, "a note", true)
	d.take(threads.Arrival{Channel: channel, ReceivedAt: d.clock(), Event: normalize.Event{
		Key: "read:1", Type: normalize.EventReceipt, Peer: normalize.Peer{ID: "ana"}, At: d.clock(),
		Receipt: &normalize.Receipt{Target: "m1", Status: normalize.StatusRead},
	}})
	require.Equal(t, before.Metrics, d.only().Metrics)
}

func TestABatchCountsEachOfItsMessages(t *testing.T) {
	d := newDesk(t, after(t, threads.SocialMessaging, time.Hour))
	question := d.text("hello?")
	d.wait(2 * time.Minute)
	answer := d.echo("e1")
	d.wait(time.Minute)
	d.take(question, answer, answer, d.echo("e2"))
	v := d.only().ReadMetrics(d.clock(), nil)
	require.Equal(t, 2, v.Replies)
	require.Equal(t, minutes(2), v.Elapsed.FirstReply, "from receipt to receipt, though worked at once")
	require.Equal(t, minutes(2), v.Elapsed.RequesterWaitByMessage)
	require.Equal(t, minutes(3), v.Elapsed.RequesterWaitByStatus)
}

func TestBusinessTimesThroughTheService(t *testing.T) {
	w := &wall{hours: daily("09:10", "09:20")}
	d, id, _ := openDesk(t, w, byBusinessTime(t, time.Hour))
	d.wait(15 * time.Minute)
	d.say(id, "hi", false)
	d.wait(time.Minute)
	business, err := d.Measure(context.Background(), d.only().Metrics.ScheduleID)
	require.NoError(t, err)
	v := d.only().ReadMetrics(d.clock(), business)
	require.Equal(t, minutes(5), v.Business.FirstReply)
	require.Equal(t, minutes(6), v.Business.RequesterWaitByStatus, "also for the state it is in")
	require.Equal(t, minutes(15), v.Elapsed.FirstReply)

	w.hours = nil // the schedule is deleted
	d.wait(time.Minute)
	d.set(id, threads.StatusPending)
	require.Nil(t, d.only().ReadMetrics(d.clock(), nil).Business)
	require.Equal(t, minutes(17), d.only().ReadMetrics(d.clock(), nil).Elapsed.RequesterWaitByStatus)
}

func TestAScheduleIsReadOnceASecondForMetrics(t *testing.T) {
	w := &wall{hours: daily("00:00", "24:00")}
	d, _, _ := openDesk(t, w, byBusinessTime(t, time.Hour))
	w.asked = 0
	for range 10 {
		d.take(d.text("more"))
	}
	require.Zero(t, w.asked)
	d.wait(time.Second)
	d.take(d.text("more"))
	require.Equal(t, 1, w.asked)

	d.wait(time.Second)
	w.err = errors.New("the store is away")
	more := d.text("more")
	errs := d.Ingest(context.Background(), []threads.Arrival{more})
	require.ErrorIs(t, errs[0], w.err)
	require.Equal(t, 12, d.only().MessageCount, "nothing is written that cannot be measured")
	w.err = nil
	d.take(more)
	require.Equal(t, 13, d.only().MessageCount)
}

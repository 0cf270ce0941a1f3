package profiles

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/directory"
	"threadhub/threads"
)

const leftOut = "threadhub_profile_lookups_left_out_total"

// crowd names contacts.
func crowd(of string, n int) (ids []threads.ContactID) {
	for i := range n {
		ids = append(ids, threads.ContactID(fmt.Sprintf("%s_%d", of, i)))
	}
	return ids
}

// slow answers after a second.
var slow = reply{Verdict: connectors.Done, Name: "Noor Vask", takes: time.Second}

func TestAChannelHasNoMoreThanTwoCallsOut(t *testing.T) {
	run(t, func(d *desk) {
		d.answers(slow)
		ids := crowd("ct", 7)
		d.write("ch_1", ids...)
		d.pass(5 * time.Second)
		require.Equal(t, linePlaces, d.seen().most["ch_1"])
		for _, id := range ids {
			require.Len(t, d.asked(id), 1, "who waits for a place uses up no try")
			require.Equal(t, []string{"Noor Vask"}, d.names(id))
		}
	})
}

func TestNoMoreThanEightCallsAreOutInAll(t *testing.T) {
	run(t, func(d *desk) {
		d.answers(slow)
		for i := range 6 {
			ch := threads.ChannelID(fmt.Sprint("slow_", i))
			d.opened(ch)
			d.write(ch, crowd(string(ch), 2)...)
		}
		require.Equal(t, lookupPlaces, d.seen().out[""])
		d.pass(5 * time.Second)
		require.Equal(t, lookupPlaces, d.seen().most[""])
		require.Len(t, d.seen().told, 12)
	})
}

func TestAChannelThatHangsHoldsUpNoOther(t *testing.T) {
	run(t, func(d *desk) {
		d.answersBy(func(l lookup) reply {
			if l.channel == "ch_1" {
				return hanging
			}
			return noor
		})
		d.write("ch_1", crowd("stuck", 50)...)
		d.pass(time.Minute)
		d.write("ch_2", "ct_1")
		require.Equal(t, seconds(60), d.asked("ct_1"))
		require.Equal(t, []string{"Noor Vask"}, d.names("ct_1"))
		require.Equal(t, linePlaces, d.seen().out["ch_1"])
	})
}

func TestWhoWaitsForAPlaceIsNotReadAgainAndAgain(t *testing.T) {
	run(t, func(d *desk) {
		d.answers(hanging)
		d.write("ch_1", crowd("ct", 50)...)
		d.pass(lookupTurn)
		before := d.seen().reads
		d.pass(time.Minute)
		require.Equal(t, before, d.seen().reads)
	})
}

func TestMoreThan250OfAChannelAreLeftOut(t *testing.T) {
	run(t, func(d *desk) {
		d.answers(slow)
		d.write("ch_1", crowd("ct", lineWaiting)...)
		require.Equal(t, map[string]float64{"": 0}, d.counted(leftOut))
		d.write("ch_1", "late_1", "late_2", "late_3")
		d.write("ch_1", "ct_7") // who waits already
		require.Equal(t, map[string]float64{"": 3}, d.counted(leftOut))
		d.write("ch_2", "elsewhere")
		require.Len(t, d.asked("elsewhere"), 1, "another channel has its own")
		d.pass(5 * time.Minute)
		require.Len(t, d.seen().told, lineWaiting+1)
		require.Empty(t, d.asked("late_1"))
		d.write("ch_1", "late_1")
		require.Len(t, d.asked("late_1"), 1, "when they write again")
		require.Equal(t, map[string]float64{"": 3}, d.counted(leftOut))
	})
}

func TestMoreThanAThousandAreLeftOut(t *testing.T) {
	run(t, func(d *desk) {
		d.answers(slow)
		for i := range lookupWaiting / lineWaiting {
			ch := threads.ChannelID(fmt.Sprint("slow_", i))
			d.opened(ch)
			d.write(ch, crowd(string(ch), lineWaiting)...)
		}
		require.Equal(t, map[string]float64{"": 0}, d.counted(leftOut))
		d.write("ch_1", "late")
		require.Equal(t, map[string]float64{"": 1}, d.counted(leftOut))
		d.pass(5 * time.Minute)
		require.Len(t, d.seen().told, lookupWaiting)
		_, channels := d.underway()
		require.Zero(t, channels, "nothing is kept of the channel of who was left out")
		d.write("ch_1", "late")
		require.Len(t, d.asked("late"), 1)
	})
}

func TestNothingIsKeptOfAChannelOfWhichNobodyWaits(t *testing.T) {
	run(t, func(d *desk) {
		d.answers(reply{Verdict: connectors.Wait, After: time.Minute})
		d.write("ch_1", "ct_1")
		d.answers(noor)
		d.write("ch_1", "ct_2", "ct_3")
		d.write("ch_2", "ct_4")
		contacts, channels := d.underway()
		require.Equal(t, []int{3, 1}, []int{contacts, channels})
		d.pass(time.Minute + lookupTurn) // the three have two places
		require.Len(t, d.seen().told, 4)
		contacts, channels = d.underway()
		require.Equal(t, []int{0, 0}, []int{contacts, channels})
	})
}

func TestRunEndsWithNothingLeft(t *testing.T) {
	for name, c := range map[string]struct {
		answers  reply
		contacts error // that come of reading them
		asked    int
	}{
		"while calls are out":                 {answers: hanging, asked: linePlaces},
		"while others wait for another try":   {answers: failing, asked: 5},
		"while the channel rests":             {answers: reply{Verdict: connectors.Wait, After: time.Hour}, asked: 1},
		"while contacts are read":             {contacts: errStuck},
		"while nobody is to be looked up now": {answers: noor, asked: 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, &directory.Memory{})
				stop := d.start()
				d.answers(c.answers)
				d.breaks("Contact", c.contacts)
				for _, id := range crowd("ct", 5) {
					d.write("ch_1", id)
				}
				require.Len(t, d.seen().lookups, c.asked)
				began := time.Now()
				stop() // the bubble wants all that began in it to have ended
				require.Equal(t, began, time.Now(), "at once")
				require.Empty(t, d.logged(), "an end is no trouble")
			})
		})
	}
}

package profiles

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestAContactThatHasNoNameIsLookedUpOnce(t *testing.T) {
	run(t, func(d *desk) {
		d.write("ch_1", "ct_1")
		d.write("ch_1", "ct_1")
		d.later(namelessAgain - time.Second)
		d.write("ch_1", "ct_1")
		require.Equal(t, []lookup{{channel: "ch_1", peer: "ct_1"}}, d.seen().lookups)
		require.Equal(t, []told{{"ct_1", &normalize.Peer{Name: "Noor Vask", Locale: "pt"}}}, d.seen().told, "all that the platform told")
		require.Equal(t, map[string]float64{resultFound: 1}, d.counted("threadhub_profile_lookups_total"))
		require.Empty(t, d.logged())
	})
}

func TestOfManyMessagesOneReadsTheContact(t *testing.T) {
	for name, told := range map[string]threads.ProfileLookup{
		"who is looked up":             {},
		"who was looked up by another": {At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}, // when the bubble's time begins
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				d.known(threads.Contact{ID: "ct_1", Name: "Noor", Lookup: told})
				for range 10 {
					d.write("ch_1", "ct_1")
				}
				require.Equal(t, 1, d.seen().reads)
				d.begin("ch_1", "ct_1")
				require.Equal(t, 2, d.seen().reads, "a conversation that begins may show something else")
			})
		})
	}
}

func TestANamelessContactIsLookedUpAgainAfterADay(t *testing.T) {
	for name, again := range map[string]func(d *desk){
		"with the next message":      func(d *desk) { d.write("ch_1", "ct_1") },
		"with the next conversation": func(d *desk) { d.begin("ch_1", "ct_1") },
		"by another process": func(d *desk) {
			d.start() // which knows only what the contact's record says
			d.write("ch_1", "ct_1")
		},
	} {
		for what, told := range map[string]reply{"refused": nothing, "told no name": {Verdict: connectors.Done}} {
			t.Run(name+", when the platform "+what, func(t *testing.T) {
				run(t, func(d *desk) {
					d.answers(told)
					d.write("ch_1", "ct_1")
					require.Len(t, d.asked("ct_1"), 1)
					d.later(namelessAgain - time.Second)
					again(d)
					require.Len(t, d.asked("ct_1"), 1)
					d.answers(noor)
					d.later(time.Second)
					again(d)
					require.Equal(t, []time.Duration{0, namelessAgain}, d.asked("ct_1"))
					require.Equal(t, []string{"", "Noor Vask"}, d.names("ct_1"))
				})
			})
		}
	}
}

func TestAProfileIsHadAgainAfterThirtyDays(t *testing.T) {
	for name, again := range map[string]func(d *desk){
		"with the next message":      func(d *desk) { d.write("ch_1", "ct_1") },
		"with the next conversation": func(d *desk) { d.begin("ch_1", "ct_1") },
		"by another process": func(d *desk) {
			d.start()
			d.begin("ch_1", "ct_1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				d.write("ch_1", "ct_1")
				d.later(namelessAgain)
				again(d)
				d.later(profileFresh - namelessAgain - time.Second)
				again(d)
				require.Len(t, d.asked("ct_1"), 1)
				d.later(time.Second)
				again(d)
				require.Equal(t, []time.Duration{0, profileFresh}, d.asked("ct_1"))
			})
		})
	}
}

func TestAContactMetTwiceWhileInFlightIsLookedUpOnce(t *testing.T) {
	run(t, func(d *desk) {
		d.answersBy(func(lookup) reply { return reply{Verdict: connectors.Done, takes: time.Second} })
		d.write("ch_1", "ct_1")
		d.write("ch_1", "ct_1")
		d.begin("ch_1", "ct_1")
		d.write("ch_2", "ct_1")
		d.pass(time.Minute)
		require.Equal(t, []lookup{{channel: "ch_1", peer: "ct_1"}}, d.seen().lookups)
		d.later(namelessAgain)
		d.write("ch_2", "ct_1")
		require.Len(t, d.asked("ct_1"), 2, "no longer in flight")
	})
}

func TestOnlyThoseAreLookedUpOfWhomThereIsMoreToBeKnown(t *testing.T) {
	long := threads.ProfileLookup{At: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)} // before the bubble's time
	nameless, named := threads.Contact{}, threads.Contact{Name: "Noor"}
	whole := threads.Contact{Name: "Noor", AvatarURL: "https://pictures.example/noor.png"}
	known := whole
	known.Lookup = long
	with := func(c connectors.Connector) func(*channels.Opened) {
		return func(o *channels.Opened) { o.Connector = c }
	}
	health := func(s channels.HealthState) func(*channels.Opened) {
		return func(o *channels.Opened) { o.Health.State = s }
	}
	for name, c := range map[string]struct {
		contact threads.Contact
		on      func(*channels.Opened)
		peer    normalize.PeerID
		asked   bool
	}{
		"who has no name":                                   {contact: nameless, asked: true},
		"who has a name and no picture":                     {contact: named, asked: true},
		"who has both":                                      {contact: whole},
		"who has both from a lookup long ago":               {contact: known, asked: true},
		"a nameless one where messages bring all":           {contact: nameless, on: with(introducing{}), asked: true},
		"one with a name where messages bring all":          {contact: named, on: with(introducing{})},
		"one looked up long ago where messages bring all":   {contact: known, on: with(introducing{})},
		"one on a platform that cannot be asked":            {contact: nameless, on: with(struct{ connectors.Connector }{})},
		"one of whom the platform has nothing to ask":       {contact: nameless, peer: room},
		"one on a channel whose calls fail":                 {contact: nameless, on: health(channels.HealthFailing), asked: true},
		"one on a channel whose credentials are dead":       {contact: nameless, on: health(channels.HealthSuspended)},
		"one on a channel that is paused":                   {contact: nameless, on: func(o *channels.Opened) { o.Enabled = false }},
		"one on a paused channel, of whom much is known":    {contact: whole, on: func(o *channels.Opened) { o.Enabled = false }},
		"one on a platform that cannot be asked, with name": {contact: named, on: with(struct{ connectors.Connector }{})},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				if c.on != nil {
					d.change(c.on)
				}
				c.contact.ID = "ct_1"
				d.known(c.contact)
				m := d.meeting("ch_1", "ct_1")
				if c.peer != "" {
					m.Peer = c.peer
				}
				d.keeper.Met(m)
				d.pass(time.Minute)
				require.Equal(t, c.asked, len(d.seen().lookups) == 1, "%v", d.seen().lookups)
				require.Empty(t, d.logged())
			})
		})
	}
}

func TestWhoCannotBeLookedUpNowIsConsideredAgainInAnHour(t *testing.T) {
	run(t, func(d *desk) {
		d.change(func(o *channels.Opened) { o.Enabled = false })
		d.write("ch_1", "ct_1")
		d.change(func(o *channels.Opened) { o.Enabled = true })
		d.later(failedAgain - time.Second)
		d.write("ch_1", "ct_1")
		d.begin("ch_1", "ct_1")
		require.Empty(t, d.asked("ct_1"))
		d.later(time.Second)
		d.write("ch_1", "ct_1")
		require.Len(t, d.asked("ct_1"), 1)
	})
}

func TestWhoeverIsGoneIsNoError(t *testing.T) {
	for name, c := range map[string]struct {
		goes  func(d *desk)
		asked int
	}{
		"the contact is erased before":     {goes: func(d *desk) { d.erase("ct_1") }},
		"the contact is erased meanwhile":  {goes: func(d *desk) { d.answersBy(func(lookup) reply { d.erase("ct_1"); return noor }) }, asked: 1},
		"one whom nobody knows is erased":  {goes: func(d *desk) { d.answersBy(func(lookup) reply { d.erase("ct_1"); return nothing }) }, asked: 1},
		"the channel is deleted meanwhile": {goes: func(d *desk) { d.closed("ch_1") }},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				m := d.meeting("ch_1", "ct_1")
				c.goes(d)
				d.keeper.Met(m)
				d.pass(time.Hour)
				require.Len(t, d.asked("ct_1"), c.asked, "and nothing is tried again")
				require.Empty(t, d.seen().told)
				require.NotContains(t, d.logged(), "WARN")
			})
		})
	}
}

func TestAConversationIsMendedThatShowsSomethingElse(t *testing.T) {
	picture := "https://pictures.example/noor.png"
	for name, c := range map[string]struct {
		shown  threads.ContactBrief
		mended []string
	}{
		"what the record says": {shown: threads.ContactBrief{Name: "Noor", AvatarURL: picture}},
		"no name":              {shown: threads.ContactBrief{AvatarURL: picture}, mended: []string{"cv_7 ct_1"}},
		"another picture":      {shown: threads.ContactBrief{Name: "Noor"}, mended: []string{"cv_7 ct_1"}},
		"a name somebody gave": {shown: threads.ContactBrief{Name: "Noor", AvatarURL: picture, Named: true}, mended: []string{"cv_7 ct_1"}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				d.known(threads.Contact{ID: "ct_1", Name: "Noor", AvatarURL: picture})
				d.write("ch_1", "ct_1") // so that the contact is known to have no need of a lookup
				m := d.meeting("ch_1", "ct_1")
				m.Conversation, m.Shown, m.Began = "cv_7", c.shown, true
				d.keeper.Met(m)
				d.pass(time.Hour)
				require.Equal(t, c.mended, d.seen().mended)
			})
		})
	}
}

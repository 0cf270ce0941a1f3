package profiles

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/internal/tokens"
	"threadhub/normalize"
)

// seconds makes durations.
func seconds(of ...int) (list []time.Duration) {
	for _, n := range of {
		list = append(list, time.Duration(n)*time.Second)
	}
	return list
}

// noToken is a call that was not made for lack of a token.
func noToken(after time.Duration) error {
	return &tokens.Error{Outcome: connectors.Outcome{After: after, Failure: &normalize.Failure{Message: "the platform is away"}}}
}

func TestALookupThatFailsIsTriedAgainThreeTimes(t *testing.T) {
	for name, c := range map[string]struct {
		fails reply
		at    []time.Duration
	}{
		"the platform cannot now":       {failing, seconds(0, 5, 25, 105)},
		"its answer makes no sense":     {reply{Verdict: connectors.Unclear}, seconds(0, 5, 25, 105)},
		"it has enough":                 {reply{Verdict: connectors.Wait}, seconds(0, 5, 25, 105)},
		"it has enough for 30 seconds":  {reply{Verdict: connectors.Wait, After: 30 * time.Second}, seconds(0, 30, 60, 140)},
		"it cannot for 30 seconds":      {reply{Verdict: connectors.Retry, After: 30 * time.Second}, seconds(0, 30, 60, 140)},
		"it cannot be reached":          {reply{unheard: &egress.Error{Reason: egress.ReasonDial}}, seconds(0, 5, 25, 105)},
		"calls are held back":           {reply{unheard: &egress.Error{Reason: egress.ReasonBreaker, RetryAfter: 10 * time.Second}}, seconds(0, 10, 30, 110)},
		"there is no token":             {reply{unheard: noToken(0)}, seconds(0, 60, 120, 200)},
		"there is no token for a while": {reply{unheard: noToken(25 * time.Second)}, seconds(0, 25, 50, 130)},
		"the hub is in trouble":         {reply{unheard: errAway}, seconds(0, 5, 25, 105)},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				d.answers(c.fails)
				d.write("ch_1", "ct_1")
				d.pass(c.at[3])
				require.Equal(t, c.at, d.asked("ct_1"))
				require.Empty(t, d.seen().told)
				require.Equal(t, map[string]float64{resultFailed: 4}, d.counted("threadhub_profile_lookups_total"))
				require.Equal(t, 1, strings.Count(d.logged(), "a contact was not looked up"))

				d.later(failedAgain - time.Second)
				d.write("ch_1", "ct_1")
				d.begin("ch_1", "ct_1")
				require.Len(t, d.asked("ct_1"), 4, "then not for an hour")
				d.answers(noor)
				d.later(time.Second)
				d.write("ch_1", "ct_1")
				require.Equal(t, []string{"Noor Vask"}, d.names("ct_1"))
			})
		})
	}
}

func TestATryThatSucceedsIsTheLast(t *testing.T) {
	run(t, func(d *desk) {
		d.answersBy(func(l lookup) reply {
			if l.at < 20*time.Second {
				return failing
			}
			return noor
		})
		d.write("ch_1", "ct_1")
		d.pass(time.Hour)
		require.Equal(t, seconds(0, 5, 25), d.asked("ct_1"))
		require.Equal(t, []string{"Noor Vask"}, d.names("ct_1"))
		require.Equal(t, map[string]float64{resultFailed: 2, resultFound: 1}, d.counted("threadhub_profile_lookups_total"))
		require.Empty(t, d.logged(), "what was mended by itself is no news")
	})
}

func TestAThrottledChannelRestsAndOthersDoNot(t *testing.T) {
	for name, c := range map[string]struct {
		held reply
		rest time.Duration
	}{
		"for as long as the platform says":     {reply{Verdict: connectors.Wait, After: 7 * time.Minute}, 7 * time.Minute},
		"when the platform cannot now":         {reply{Verdict: connectors.Retry, After: 7 * time.Minute}, 7 * time.Minute},
		"for a little where it does not":       {reply{Verdict: connectors.Wait}, 5 * time.Second},
		"for as long as the hub holds it back": {reply{unheard: &egress.Error{Reason: egress.ReasonThrottled, RetryAfter: time.Minute}}, time.Minute},
		"when the platform cannot be reached":  {reply{unheard: &egress.Error{Reason: egress.ReasonDNS}}, 5 * time.Second},
		"until there is a token":               {reply{unheard: noToken(2 * time.Minute)}, 2 * time.Minute},
		"for a minute where nobody knows when": {reply{unheard: noToken(0)}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				d.answers(c.held)
				d.write("ch_1", "ct_1")
				d.answers(noor)
				// Whose own pause, of 5 seconds, is over before the channel's rest or with it.
				d.write("ch_1", "ct_2")
				d.write("ch_2", "ct_3")
				require.Empty(t, d.asked("ct_2"))
				require.Equal(t, seconds(0), d.asked("ct_3"), "another channel")
				d.pass(c.rest - time.Second)
				require.Empty(t, d.asked("ct_2"))
				d.pass(time.Second)
				require.Equal(t, []time.Duration{c.rest}, d.asked("ct_2"))
				require.Equal(t, []time.Duration{0, c.rest}, d.asked("ct_1"))
				d.write("ch_1", "ct_4")
				require.Equal(t, []time.Duration{c.rest}, d.asked("ct_4"))
			})
		})
	}
}

// TestTheLongestRestCounts: of two calls that were out at once.
func TestTheLongestRestCounts(t *testing.T) {
	run(t, func(d *desk) {
		d.answersBy(func(l lookup) reply {
			if l.peer == "ct_1" {
				return reply{Verdict: connectors.Wait, After: 10 * time.Minute}
			}
			return reply{Verdict: connectors.Wait, After: time.Minute, takes: time.Second}
		})
		d.write("ch_1", "ct_1", "ct_2")
		d.pass(2 * time.Second)
		d.answers(noor)
		d.write("ch_1", "ct_3")
		d.pass(10*time.Minute - 3*time.Second)
		require.Empty(t, d.asked("ct_3"))
		d.pass(time.Second + lookupTurn) // the three have two places
		require.Len(t, d.asked("ct_3"), 1)
	})
}

func TestARestOfMoreThanAnHourIsNotWaitedFor(t *testing.T) {
	run(t, func(d *desk) {
		d.answers(reply{Verdict: connectors.Wait, After: 2 * time.Hour})
		d.write("ch_1", "ct_1")
		d.answers(noor)
		d.later(30 * time.Minute)
		d.write("ch_1", "ct_2")
		d.later(90*time.Minute - time.Second)
		d.write("ch_1", "ct_1", "ct_2")
		d.pass(0)
		require.Len(t, d.asked("ct_1"), 1)
		require.Empty(t, d.asked("ct_2"))
		d.later(time.Second)
		d.write("ch_1", "ct_1", "ct_2")
		require.Equal(t, []time.Duration{0, 2 * time.Hour}, d.asked("ct_1"))
		require.Equal(t, []time.Duration{2 * time.Hour}, d.asked("ct_2"))
	})
}

func TestAChannelThatMayNotAskRestsTenMinutes(t *testing.T) {
	for name, refused := range map[string]reply{
		"its credentials do not allow it": {Verdict: connectors.Suspend, Words: "missing_scope: " + secret},
		"its address is private":          {unheard: &egress.Error{Reason: egress.ReasonBlocked}},
		"its address is none":             {unheard: &egress.Error{Reason: egress.ReasonInvalid}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				d.answers(refused)
				d.write("ch_1", "ct_1")
				log := d.logged()
				require.Equal(t, 1, strings.Count(log, "a contact was not looked up"))
				require.NotContains(t, log, secret)
				require.Equal(t, map[string]float64{resultRefused: 1}, d.counted("threadhub_profile_lookups_total"))
				d.answers(noor)
				d.pass(time.Minute)
				d.write("ch_1", "ct_1", "ct_2")
				d.write("ch_2", "ct_3")
				require.Equal(t, seconds(60), d.asked("ct_3"), "another channel")
				d.pass(refusedRest - time.Minute - time.Second)
				require.Empty(t, d.asked("ct_2"))
				d.pass(time.Second)
				require.Equal(t, []time.Duration{refusedRest}, d.asked("ct_2"))

				d.write("ch_1", "ct_1")
				require.Len(t, d.asked("ct_1"), 1, "who was refused waits for longer")
				d.later(failedAgain - refusedRest)
				d.write("ch_1", "ct_1")
				require.Equal(t, []time.Duration{0, failedAgain}, d.asked("ct_1"))
			})
		})
	}
}

func TestAPlatformThatTellsNothingIsNotAskedAgainAndToldNoSecret(t *testing.T) {
	for name, c := range map[string]struct {
		told reply
		why  string
	}{
		"it refuses":                           {reply{Verdict: connectors.Refuse, Words: "bad token " + secret}, "the platform answered 200: bad token [secret]"},
		"the connector cannot read its answer": {reply{Verdict: connectors.Done, Broken: "no JSON at " + secret}, "no JSON at [secret]"},
		"the connector panics on its answer":   {reply{Verdict: connectors.Done, Panic: "index of " + secret}, "the connector failed on the answer: index of [secret]"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(d *desk) {
				d.answers(c.told)
				d.write("ch_1", "ct_1")
				d.pass(time.Hour)
				d.write("ch_1", "ct_1")
				require.Equal(t, seconds(0), d.asked("ct_1"))
				require.Equal(t, []told{{"ct_1", nil}}, d.seen().told)
				require.Equal(t, map[string]float64{resultNothing: 1}, d.counted("threadhub_profile_lookups_total"))
				log := d.logged()
				require.Contains(t, log, c.why)
				require.NotContains(t, log, secret)
				require.NotContains(t, log, "WARN")
				d.answers(noor)
				d.write("ch_1", "ct_2")
				require.Equal(t, []string{"Noor Vask"}, d.names("ct_2"), "nor does the channel rest")
			})
		})
	}
}

func TestTroubleOfTheHubsOwnIsTriedAgain(t *testing.T) {
	for method, what := range map[string]string{
		"Contact": "the contact cannot be read", "Open": "the channel cannot be opened", "RefreshBrief": "the conversation cannot be mended",
	} {
		t.Run(what, func(t *testing.T) {
			run(t, func(d *desk) {
				d.breaks(method, errAway)
				m := d.meeting("ch_1", "ct_1")
				m.Shown.Name = "No Longer"
				d.keeper.Met(m)
				d.pass(3*lookupPause - time.Second)
				require.Empty(t, d.asked("ct_1"))
				require.Equal(t, 3, strings.Count(d.logged(), errAway.Error()))
				d.breaks(method, nil)
				d.pass(time.Second)
				require.Equal(t, []time.Duration{3 * lookupPause}, d.asked("ct_1"))
			})
		})
	}
	t.Run("and given up after four tries, until they write again", func(t *testing.T) {
		run(t, func(d *desk) {
			d.breaks("Contact", errAway)
			d.write("ch_1", "ct_1")
			d.pass(time.Hour)
			require.Equal(t, lookupTries, strings.Count(d.logged(), errAway.Error()))
			d.breaks("Contact", nil)
			d.write("ch_1", "ct_1")
			require.Equal(t, []time.Duration{time.Hour}, d.asked("ct_1"))
		})
	})
}

func TestAnAnswerThatIsNotKeptIsToldAndNotHadAtOnceAgain(t *testing.T) {
	run(t, func(d *desk) {
		d.breaks("Profiled", errors.New("somebody else is always faster"))
		d.write("ch_1", "ct_1")
		d.pass(time.Hour)
		require.Contains(t, d.logged(), "always faster")
		d.breaks("Profiled", nil)
		d.write("ch_1", "ct_1")
		require.Equal(t, seconds(0), d.asked("ct_1"))
		d.later(namelessAgain - time.Hour)
		d.write("ch_1", "ct_1")
		require.Equal(t, []string{"Noor Vask"}, d.names("ct_1"))
	})
}

// failingConnector panics when it is to say how to ask.
type failingConnector struct{ platform }

func (failingConnector) Profile(normalize.PeerID) *connectors.Call { panic("no " + secret) }

func TestAConnectorThatPanicsOnALookupEndsThatLookupAlone(t *testing.T) {
	run(t, func(d *desk) {
		d.change(func(o *channels.Opened) { o.Connector = failingConnector{} })
		d.write("ch_1", "ct_1")
		d.write("ch_2", "ct_2")
		require.Empty(t, d.asked("ct_1"))
		require.Len(t, d.asked("ct_2"), 1)
		log := d.logged()
		require.Contains(t, log, "no [secret]")
		require.NotContains(t, log, secret)
	})
}

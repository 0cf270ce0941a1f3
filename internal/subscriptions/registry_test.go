package subscriptions

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/callout"
	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/internal/seal"
	"threadhub/internal/spool"
	"threadhub/threads"
)

func TestWhatASubscriptionNamesHasToBeRight(t *testing.T) {
	good := Draft{URL: crm, Events: []string{"message.created"}}
	with := func(change func(*Draft)) Draft {
		d := good
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		draft Draft
		want  string
	}{
		"no address":        {with(func(d *Draft) { d.URL = "" }), "url: is not an address: use one that begins with https://"},
		"another scheme":    {with(func(d *Draft) { d.URL = "ftp://crm.example" }), "url: is not an address: use one that begins with https://"},
		"a user":            {with(func(d *Draft) { d.URL = "https://me:pw@crm.example" }), "url: holds a user name: leave it out, calls are signed"},
		"a private address": {with(func(d *Draft) { d.URL = "https://private.example" }), "url: private address"},
		"no event":          {with(func(d *Draft) { d.Events = nil }), "events: names no event: use"},
		"a typo":            {with(func(d *Draft) { d.Events = []string{"mesage.create"} }), `events[0]: "mesage.create" is no event; the nearest is "message.created"`},
		"the test event":    {with(func(d *Draft) { d.Events = []string{"subscription.test"} }), "events[0]"},
		"one event twice":   {with(func(d *Draft) { d.Events = []string{"*", "*"} }), "events[1]: is there twice"},
		"no such channel":   {with(func(d *Draft) { d.Channels = []threads.ChannelID{"ch_1", "ch_none"} }), `channels[1]: there is no channel "ch_none"`},
		"a weak secret":     {with(func(d *Draft) { d.Secret = "whsec_c2hvcnQ=" }), "secret: is not a secret"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			_, err := r.Create(context.Background(), c.draft)
			var invalid *InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Contains(t, invalid.Error(), c.want)
			require.Len(t, invalid.Fields, 1)
			list, err := r.List(context.Background(), "", 10)
			require.NoError(t, err)
			require.Empty(t, list)
		})
	}
	r := newRig(t)
	s, err := r.Create(context.Background(), good)
	require.NoError(t, err)
	_, err = r.Update(context.Background(), s.ID, Change{Events: new([]string{"conversation.opened"})})
	require.ErrorContains(t, err, "the nearest is")
	require.Equal(t, good.Events, r.get(s).Events)
}

func TestThereAreOnlySoMany(t *testing.T) {
	r := newRig(t)
	for i := range Max {
		r.subscribe(fmt.Sprint(crm, i))
	}
	_, err := r.Create(context.Background(), Draft{URL: crm, Events: []string{All}})
	require.ErrorContains(t, err, "delete one that is not needed")
}

func TestASecretIsShownOnceAndReplacedWithOverlap(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	_, err := callout.SecretKey(s.Secret)
	require.NoError(t, err)
	require.Empty(t, r.get(s).Secret)
	signatures := func() int {
		r.receive(fmt.Sprint("ct_", len(r.calls)), "hello")
		r.work()
		n := 1
		for _, b := range r.calls[len(r.calls)-1].signature {
			if b == ' ' {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, signatures())
	next, err := r.Rotate(ctx, s.ID, "", time.Hour)
	require.NoError(t, err)
	require.NotEqual(t, s.Secret, next.Secret)
	require.Equal(t, r.clock().Add(time.Hour), next.FormerUntil)
	require.Equal(t, 2, signatures())
	r.wait(time.Hour)
	require.Equal(t, 1, signatures())
	given := callout.MakeSecret()
	last, err := r.Rotate(ctx, s.ID, given, 0)
	require.NoError(t, err)
	require.Equal(t, given, last.Secret)
	require.Equal(t, 1, signatures())
	for _, bad := range []error{
		func() error { _, err := r.Rotate(ctx, s.ID, "x", 0); return err }(),
		func() error { _, err := r.Rotate(ctx, s.ID, "", -time.Second); return err }(),
		func() error { _, err := r.Rotate(ctx, s.ID, "", 200*time.Hour); return err }(),
	} {
		var invalid *InvalidError
		require.ErrorAs(t, bad, &invalid)
	}
	for _, secret := range []string{s.Secret, next.Secret, given} {
		require.NotContains(t, r.log.String(), secret)
		docs, err := r.store.List(ctx, "subscription", "", 10)
		require.NoError(t, err)
		require.NotContains(t, string(docs[0].Body), secret[len("whsec_"):], "only sealed")
	}
}

func TestASecretOfAnotherSubscriptionDoesNotOpen(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	one, two := r.subscribe(crm), r.subscribe(audit)
	a, err := r.records.Get(ctx, one.ID)
	require.NoError(t, err)
	b, err := r.records.Get(ctx, two.ID)
	require.NoError(t, err)
	a.Value.Secret = b.Value.Secret
	_, err = r.records.Update(ctx, a)
	require.NoError(t, err)
	_, err = r.secrets(ctx, one.ID)
	require.Error(t, err)
}

func TestAnotherProcessLearnsOfASubscriptionWithinASecond(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	keys, err := seal.NewKeyring(seal.GenerateKey())
	require.NoError(t, err)
	other := NewRegistry(Options{Store: r.store, Spool: r.store, Keys: keys, Now: r.clock, Fresh: time.Second})
	active, err := other.Active(ctx)
	require.NoError(t, err)
	require.Empty(t, active)
	s := r.subscribe(crm)
	r.wait(time.Second)
	active, err = other.Active(ctx)
	require.NoError(t, err)
	require.Len(t, active, 1)
	require.Equal(t, s.ID, active[0].ID)
}

func TestAChangeIsMeantForAVersion(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm)
	_, err := r.Update(ctx, s.ID, Change{IfVersion: new(int64(1)), Name: new("CRM")})
	require.NoError(t, err)
	_, err = r.Update(ctx, s.ID, Change{IfVersion: new(int64(1)), Name: new("late")})
	require.ErrorIs(t, err, directory.ErrConflict)
	require.Equal(t, "CRM", r.get(s).Name)
}

func TestATimeIsReplayed(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	s := r.subscribe(crm, "message.created")
	r.receive("ct_1", "hello")
	r.work()
	_, err := r.ReplayRange(ctx, s.ID, r.clock(), r.clock(), nil)
	require.ErrorContains(t, err, "give a later time")
	_, err = r.ReplayRange(ctx, s.ID, time.Unix(0, 0), time.Now(), []spool.State{spool.Pending})
	require.ErrorContains(t, err, "use delivered or failed")
	_, err = r.ReplayRange(ctx, "sub_none", time.Unix(0, 0), time.Now(), nil)
	require.ErrorIs(t, err, directory.ErrNotFound)
	// Ids are minted by the real clock.
	n, err := r.ReplayRange(ctx, s.ID, time.Unix(0, 0), time.Now().Add(-time.Hour), nil)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = r.ReplayRange(ctx, s.ID, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), nil)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	r.work()
	require.Len(t, r.heard(crm), 2)
}

func TestIdsOfATimeBeginWithIt(t *testing.T) {
	before := time.Now()
	id := ident.New("ev")
	require.Less(t, ident.Earliest("ev", before.Add(-time.Millisecond)), id)
	require.Greater(t, ident.Earliest("ev", time.Now().Add(2*time.Millisecond)), id)
}

func TestWhatTwoProcessesKnowOfHealthIsPutTogether(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 3, 1, 9, m, 0, 0, time.UTC) }
	failing := Health{LastFailureAt: at(5), FailingSince: at(3), LastStatus: 500, LastError: "no"}
	well := Health{LastSuccessAt: at(4)}
	require.Equal(t, Health{LastSuccessAt: at(4), LastFailureAt: at(5), FailingSince: at(3), LastStatus: 500, LastError: "no"}, failing.later(well))
	require.Equal(t, at(5), well.later(failing).LastFailureAt)
	require.True(t, Health{LastSuccessAt: at(9)}.later(failing).FailingSince.IsZero())
	require.Equal(t, at(2), Health{LastFailureAt: at(6), FailingSince: at(5)}.later(Health{LastFailureAt: at(5), FailingSince: at(2)}).FailingSince)
}

package tokens_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/directory"
	"threadhub/threads"
)

func TestACallCarriesATokenAndASealOfItsOwn(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	for range 20 {
		resp, err := p.send(t.Context())
		require.NoError(t, err)
		require.Equal(t, 200, resp.Status)
		require.Equal(t, "welcome [secret]", string(resp.Body), "a token that the platform repeats stays inside")
	}
	got, calls := w.counts()
	require.Equal(t, 1, got)
	require.Equal(t, 20, calls)
	require.Len(t, w.seals, 21-1, "every call has a nonce of its own")
}

func TestOneTokenIsGotByManyCallsOfManyProcesses(t *testing.T) {
	w, first := newTown(t, refreshOnly())
	hubs := []*process{first, w.start(t), w.start(t)}
	errs := make(chan error, 90)
	for i := range cap(errs) {
		go func() {
			resp, err := hubs[i%3].send(context.Background())
			if err == nil && resp.Status != 200 {
				err = fmt.Errorf("status %d", resp.Status)
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	got, _ := w.counts()
	require.Equal(t, 1, got)
	require.False(t, w.askingTogether)
}

func TestAStaleTokenIsReplacedOnceForAll(t *testing.T) {
	w, first := newTown(t, refreshOnly())
	hubs := []*process{first, w.start(t)}
	for _, p := range hubs {
		_, err := p.send(t.Context())
		require.NoError(t, err)
	}
	w.change(func() { w.access = "voided by the platform" })
	errs := make(chan error, 40)
	for i := range cap(errs) {
		go func() {
			resp, err := hubs[i%2].send(context.Background())
			if err == nil && resp.Status != 200 {
				err = fmt.Errorf("status %d", resp.Status)
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	got, _ := w.counts()
	require.Equal(t, 2, got)
	require.False(t, w.askingTogether)
}

func TestACallIsMadeOnceMoreAndNoOftener(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	w.refuses = true
	resp, err := p.send(t.Context())
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, resp.Status, "the answer is the caller's to judge")
	got, calls := w.counts()
	require.Equal(t, 2, got)
	require.Equal(t, 2, calls)
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	_, err := p.send(t.Context())
	require.NoError(t, err)
	w.advance(54 * time.Minute)
	_, err = p.send(t.Context())
	require.NoError(t, err)
	got, _ := w.counts()
	require.Equal(t, 1, got)
	w.advance(time.Minute)
	_, err = p.send(t.Context())
	require.NoError(t, err)
	got, calls := w.counts()
	require.Equal(t, 2, got)
	require.Equal(t, 3, calls, "no call met a stale token")

	again := w.start(t)
	_, err = again.send(t.Context())
	require.NoError(t, err)
	got, _ = w.counts()
	require.Equal(t, 2, got, "a process that starts finds the token in the store")
}

func TestATokenThatCannotBeRenewedYetIsUsedToItsEnd(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	_, err := p.send(t.Context())
	require.NoError(t, err)
	w.change(func() { w.trouble = away })
	w.advance(56 * time.Minute)
	_, err = p.send(t.Context())
	require.NoError(t, err)
	require.Empty(t, p.keeper.Held())
	w.advance(5 * time.Minute)
	_, err = p.send(t.Context())
	noToken(t, err)
}

// away is a platform in trouble.
func away(w http.ResponseWriter) bool {
	w.WriteHeader(http.StatusServiceUnavailable)
	return true
}

func TestAPlatformThatGivesNoTokenIsLeftAlone(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	w.change(func() { w.trouble = away })
	for range 50 {
		_, err := p.send(t.Context())
		none := noToken(t, err)
		require.Equal(t, connectors.Wait, none.Outcome.Verdict)
		require.Positive(t, none.Outcome.After)
	}
	other := w.start(t)
	_, err := other.send(t.Context())
	noToken(t, err)
	got, calls := w.counts()
	require.Equal(t, 1, got, "other processes leave it alone too")
	require.Zero(t, calls)
	require.Contains(t, p.keeper.Held(), w.channel)
	require.Equal(t, channels.HealthUnchecked, p.health(t).State, "it may be better in a moment")

	w.change(func() { w.trouble = nil })
	w.advance(2 * time.Second)
	_, err = p.send(t.Context())
	require.NoError(t, err)
	require.Empty(t, p.keeper.Held())
}

func TestCredentialsThatAreRefusedSuspendTheChannel(t *testing.T) {
	w, p := newTown(t, map[string]string{"refresh": "refresh-token-of-old"})
	_, err := p.send(t.Context())
	none := noToken(t, err)
	require.Equal(t, connectors.Suspend, none.Outcome.Verdict)
	health := p.health(t)
	require.Equal(t, channels.HealthSuspended, health.State)
	require.Contains(t, health.Detail, "was used")
	for _, text := range []string{health.Detail, err.Error(), w.log.String()} {
		require.NotContains(t, text, "refresh-token-of-old")
	}
	_, err = p.registry.Update(t.Context(), threads.ChannelID(w.channel), channels.Change{Credentials: refreshOnly()})
	require.NoError(t, err)
	res, err := p.registry.Check(t.Context(), threads.ChannelID(w.channel))
	require.NoError(t, err)
	require.True(t, res.OK, res.Detail)
	require.Equal(t, channels.HealthOK, p.health(t).State)
}

func TestACheckSaysThatThereIsNoToken(t *testing.T) {
	w, p := newTown(t, map[string]string{"refresh": "refresh-token-of-old"})
	res, err := p.registry.Check(t.Context(), threads.ChannelID(w.channel))
	require.NoError(t, err)
	require.False(t, res.OK)
	require.Contains(t, res.Detail, "no access token")
	require.Equal(t, channels.HealthSuspended, p.health(t).State)
}

func TestCredentialsThatReplaceOthersAreKeptBeforeTheTokenIsUsed(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	w.change(func() {
		w.trouble = func(http.ResponseWriter) bool { // from here on no token record is kept
			kind := "access_token"
			w.store.refuse.Store(&kind)
			return false
		}
	})
	_, err := p.send(t.Context())
	noToken(t, err)
	_, calls := w.counts()
	require.Zero(t, calls)
	account, err := w.start(t).registry.Account(t.Context(), w.channel, true)
	require.NoError(t, err)
	require.Equal(t, "refresh-token-1", account.Credentials["refresh"].Reveal())

	w.change(func() { w.trouble = nil })
	w.store.refuse.Store(nil)
	w.advance(2 * time.Minute) // the lease of the failed try is over
	_, err = w.start(t).send(t.Context())
	require.NoError(t, err, "the next process goes on with the new refresh token")
}

func TestAStoreThatStumblesDoesNotLoseARefreshToken(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	refused := make(chan struct{}, 1)
	w.change(func() {
		w.trouble = func(http.ResponseWriter) bool {
			kind := "channel"
			w.store.refuse.Store(&kind)
			refused <- struct{}{}
			return false
		}
	})
	go func() {
		<-refused
		w.store.refuse.Store(nil)
	}()
	_, err := p.send(t.Context())
	require.NoError(t, err)
}

func TestCredentialsEnteredMeanwhileCountAndNotThePlatformsReplacement(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	w.change(func() {
		w.trouble = func(http.ResponseWriter) bool {
			admin := w.start(t)
			_, err := admin.registry.Update(context.Background(), threads.ChannelID(w.channel), channels.Change{
				Credentials: map[string]string{"refresh": "entered-by-the-admin"},
			})
			w.change(func() {
				w.trouble = func(http.ResponseWriter) bool { w.change(func() { w.refresh = "entered-by-the-admin" }); return false }
			})
			return err != nil
		}
	})
	_, err := p.send(t.Context())
	require.NoError(t, err)
	got, _ := w.counts()
	require.Equal(t, 2, got, "once with each refresh token")
}

func TestALeaseOfAProcessThatDiedEnds(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	body := fmt.Sprintf(`{"revision":"","holder":"hub_dead","lease_until":%q}`, w.Now().Add(30*time.Second).UTC().Format(time.RFC3339))
	require.NoError(t, w.store.Put(t.Context(), directory.Document{Kind: "access_token", ID: w.channel, Version: 1, Body: []byte(body)}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := p.send(ctx)
	noToken(t, err)
	got, _ := w.counts()
	require.Zero(t, got)
	w.advance(31 * time.Second)
	_, err = p.send(t.Context())
	require.NoError(t, err)
}

func TestATokenAmongTheCredentialsIsUsedAsItIs(t *testing.T) {
	w, p := newTown(t, map[string]string{"pass": "a-pass-that-was-entered"})
	w.change(func() { w.access = "a-pass-that-was-entered" })
	for range 3 {
		_, err := p.send(t.Context())
		require.NoError(t, err)
	}
	w.change(func() { w.access = "another" })
	_, err := p.send(t.Context())
	require.Equal(t, connectors.Suspend, noToken(t, err).Outcome.Verdict)
	require.Contains(t, p.health(t).Detail, "enter another")
	got, calls := w.counts()
	require.Zero(t, got)
	require.Equal(t, 4, calls)
}

func TestADeletedChannelLeavesNoToken(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	_, err := p.send(t.Context())
	require.NoError(t, err)
	require.NoError(t, p.registry.Delete(t.Context(), threads.ChannelID(w.channel), true))
	_, err = w.store.Get(t.Context(), "access_token", w.channel)
	require.ErrorIs(t, err, directory.ErrNotFound)
}

func TestWhatIsStoredOfATokenIsSealed(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	_, err := p.send(t.Context())
	require.NoError(t, err)
	for _, kind := range []string{"access_token", "channel"} {
		d, err := w.store.Get(t.Context(), kind, w.channel)
		require.NoError(t, err)
		require.NotContains(t, string(d.Body), "access-token-1")
		require.NotContains(t, string(d.Body), "refresh-token-1")
	}
	require.NotContains(t, w.log.String(), "-token-1")
}

func TestATokenThatNobodyUsesIsRenewedToo(t *testing.T) {
	w, p := newTown(t, refreshOnly())
	_, err := p.send(t.Context())
	require.NoError(t, err)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	got, _ := w.counts()
	require.Equal(t, 1, got, "it is good for a while")
	w.advance(55 * time.Minute)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	got, _ = w.counts()
	require.Equal(t, 2, got)

	require.NoError(t, p.registry.Suspend(t.Context(), threads.ChannelID(w.channel), "by an admin"))
	w.advance(55 * time.Minute)
	require.NoError(t, p.keeper.Sweep(t.Context()))
	got, _ = w.counts()
	require.Equal(t, 2, got, "a suspended channel makes no calls")
}

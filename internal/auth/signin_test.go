package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/threads"
)

const goodPassword = "a horse, a stapler"

var home = From{Address: "192.0.2.7", Client: "browser"}

// people is a service with passwords that cost little.
func people(store directory.Store, c *clock) *Service {
	return New(Options{Store: store, Now: c.Now, AdminToken: "the-first-admin", Hashing: Hashing{MemoryKiB: 64, Passes: 1}})
}

// account adds an agent who can sign in.
func account(t *testing.T, s *Service, name string, role Role) Agent {
	t.Helper()
	a, err := s.CreateAgent(t.Context(), AgentDraft{Name: name, Email: name + "@example.org", Role: role})
	require.NoError(t, err)
	_, secret, err := s.CreateLink(t.Context(), a.ID)
	require.NoError(t, err)
	_, _, err = s.AcceptLink(t.Context(), secret, goodPassword, home)
	require.NoError(t, err)
	return a
}

func TestSigningIn(t *testing.T) {
	ctx, c, store := t.Context(), newClock(), &directory.Memory{}
	s := people(store, c)
	bea := account(t, s, "bea", RoleAgent)
	session, secret, err := s.SignIn(ctx, " BEA@example.org", goodPassword, home)
	require.NoError(t, err)
	require.Equal(t, Session{
		ID: session.ID, AgentID: bea.ID, Method: MethodPassword, From: home, CreatedAt: c.Now(), SeenAt: c.Now(), ExpiresAt: c.Now().Add(12 * time.Hour),
	}, session)
	p, err := s.AuthenticateSession(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, Principal{TokenID: session.ID, Session: session.ID, Name: "bea", Role: RoleAgent, AgentID: bea.ID, ExpiresAt: session.ExpiresAt}, p)

	_, err = s.Authenticate(ctx, secret)
	require.ErrorIs(t, err, ErrUnauthenticated, "a session is no token")
	doc, err := store.Find(ctx, "session", hashOf(secret))
	require.NoError(t, err)
	require.NotContains(t, string(doc.Body)+doc.ID+doc.Unique, secret)
	doc, err = store.Get(ctx, "password", string(bea.ID))
	require.NoError(t, err)
	require.NotContains(t, string(doc.Body), goodPassword)
	require.Contains(t, string(doc.Body), "$argon2id$v=19$m=64,t=1,p=1$")
}

func TestWrongCredentialsAreAllAlike(t *testing.T) {
	s := people(&directory.Memory{}, newClock())
	account(t, s, "bea", RoleAgent)
	_, err := s.CreateAgent(t.Context(), AgentDraft{Name: "leo", Email: "leo@example.org"})
	require.NoError(t, err)
	for name, c := range map[string][2]string{
		"another password":    {"bea@example.org", goodPassword + "x"},
		"no such account":     {"nobody@example.org", goodPassword},
		"no password set":     {"leo@example.org", goodPassword},
		"no password at all":  {"bea@example.org", ""},
		"an operator as text": {`{"$ne":""}`, goodPassword},
	} {
		_, _, err := s.SignIn(t.Context(), c[0], c[1], home)
		require.Equal(t, ErrWrongCredentials, err, name)
	}
}

func TestAnUnknownAccountCostsAHashToo(t *testing.T) {
	s := people(&directory.Memory{}, newClock())
	for range cap(s.hasher.turns) {
		s.hasher.turns <- struct{}{} // nobody can hash
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.SignIn(ctx, "nobody@example.org", goodPassword, home)
	require.ErrorIs(t, err, context.Canceled, "it wanted to hash")
}

func TestAPasswordMayBeTypedInSeveralWays(t *testing.T) {
	h := newHasher(Hashing{MemoryKiB: 64, Passes: 1})
	text, err := h.hash(t.Context(), "cafe\u0301 au lait")
	require.NoError(t, err)
	e, err := decodeHash(text)
	require.NoError(t, err)
	ok, err := h.verify(t.Context(), e, "caf\u00e9 au lait")
	require.NoError(t, err)
	require.True(t, ok)
}

func TestHashesOfOtherCostAreRenewed(t *testing.T) {
	ctx, store, c := t.Context(), &directory.Memory{}, newClock()
	bea := account(t, people(store, c), "bea", RoleAgent)
	dearer := New(Options{Store: store, Now: c.Now, Hashing: Hashing{MemoryKiB: 128, Passes: 1}})
	for range 2 {
		_, _, err := dearer.SignIn(ctx, "bea@example.org", goodPassword, home)
		require.NoError(t, err)
	}
	doc, err := store.Get(ctx, "password", string(bea.ID))
	require.NoError(t, err)
	require.Contains(t, string(doc.Body), "m=128")
}

func TestWhatIsNoHashIsRefused(t *testing.T) {
	good := newHasher(Hashing{}).nobody().String()
	require.Contains(t, good, "$m=19456,t=2,p=1$")
	_, err := decodeHash(good)
	require.NoError(t, err)
	for _, text := range []string{
		"", "plain", good[:len(good)-3], strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "t=2", "t=0", 1),
		strings.Replace(good, "p=1", "p=2", 1), strings.Replace(good, "v=19", "v=16", 1), good + "$x", strings.Replace(good, "m=", "q=", 1),
	} {
		_, err := decodeHash(text)
		require.ErrorIs(t, err, errHash, text)
	}
}

func TestPasswordsThatAreEasyToGuess(t *testing.T) {
	for password, ok := range map[string]bool{
		goodPassword: true, "äöüßéñàâç123": true, "short": false, "aaaaaaaaaaaaaaaa": false, "abababababababab": false,
		"beatrice@example.org": false, "xx BEATRICE xx 12": false, strings.Repeat("abcdef", 43): false,
	} {
		err := checkPassword("password", password, "Beatrice@example.org")
		require.Equal(t, ok, err == nil, password)
		if !ok {
			var invalid *InvalidError
			require.ErrorAs(t, err, &invalid)
			require.NotContains(t, err.Error(), password)
		}
	}
}

func TestASessionEndsWhenItIsNotUsedAndAtTheLatestAfterAWeek(t *testing.T) {
	ctx, c := t.Context(), newClock()
	s := people(&directory.Memory{}, c)
	bea := account(t, s, "bea", RoleAgent)
	_, secret, err := s.SignIn(ctx, "bea@example.org", goodPassword, home)
	require.NoError(t, err)
	began := c.Now()
	for c.Now().Sub(began) < 7*24*time.Hour-11*time.Hour {
		c.wait(11 * time.Hour)
		_, err = s.AuthenticateSession(ctx, secret)
		require.NoError(t, err, "used every 11 h, after %s", c.Now().Sub(began))
	}
	c.wait(11 * time.Hour)
	_, err = s.AuthenticateSession(ctx, secret)
	require.ErrorIs(t, err, ErrUnauthenticated, "its longest life is over")

	_, secret, err = s.SignIn(ctx, "bea@example.org", goodPassword, home)
	require.NoError(t, err)
	c.wait(12 * time.Hour)
	_, err = s.AuthenticateSession(ctx, secret)
	require.ErrorIs(t, err, ErrUnauthenticated, "not used for 12 h")
	list, err := s.Sessions(ctx, bea.ID)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestSessionsOfOneAgentAreBounded(t *testing.T) {
	ctx, c := t.Context(), newClock()
	s := people(&directory.Memory{}, c)
	bea, leo := account(t, s, "bea", RoleAgent), account(t, s, "leo", RoleAgent)
	_, first, err := s.begin(ctx, bea.ID, MethodPassword, home)
	require.NoError(t, err)
	for range 60 {
		_, _, err := s.begin(ctx, bea.ID, MethodPassword, From{Client: strings.Repeat("é", 300) + "\n"})
		require.NoError(t, err)
	}
	list, err := s.Sessions(ctx, bea.ID)
	require.NoError(t, err)
	require.Len(t, list, sessionsKept)
	require.LessOrEqual(t, len(list[0].From.Client), clientKept)
	_, err = s.AuthenticateSession(ctx, first)
	require.ErrorIs(t, err, ErrUnauthenticated, "the oldest made room")
	others, err := s.Sessions(ctx, leo.ID)
	require.NoError(t, err)
	require.Len(t, others, 1)
}

func TestEndingSessions(t *testing.T) {
	ctx := t.Context()
	s := people(&directory.Memory{}, newClock())
	bea, leo := account(t, s, "bea", RoleAgent), account(t, s, "leo", RoleAgent)
	var ids, secrets []string
	for range 3 {
		session, secret, err := s.SignIn(ctx, "bea@example.org", goodPassword, home)
		require.NoError(t, err)
		_, err = s.AuthenticateSession(ctx, secret)
		require.NoError(t, err)
		ids, secrets = append(ids, session.ID), append(secrets, secret)
	}
	alive := func() (n int) {
		for _, secret := range secrets {
			if _, err := s.AuthenticateSession(ctx, secret); err == nil {
				n++
			}
		}
		return n
	}
	require.ErrorIs(t, s.EndSession(ctx, leo.ID, ids[0]), directory.ErrNotFound, "somebody else's")
	require.NoError(t, s.EndSession(ctx, bea.ID, ids[0]))
	require.Equal(t, 2, alive())
	require.NoError(t, s.EndSessions(ctx, bea.ID, ids[1]))
	require.Equal(t, 1, alive())
	require.NoError(t, s.DeleteAgent(ctx, bea.ID))
	require.Zero(t, alive())
	_, _, err := s.SignIn(ctx, "bea@example.org", goodPassword, home)
	require.ErrorIs(t, err, ErrWrongCredentials)
}

func TestASessionHasTheRoleThatTheAgentHasNow(t *testing.T) {
	ctx := t.Context()
	s := people(&directory.Memory{}, newClock())
	account(t, s, "ada", RoleAdmin)
	bea := account(t, s, "bea", RoleAdmin)
	_, secret, err := s.SignIn(ctx, "bea@example.org", goodPassword, home)
	require.NoError(t, err)
	p, err := s.AuthenticateSession(ctx, secret)
	require.NoError(t, err)
	require.True(t, p.Admin())
	_, err = s.UpdateAgent(ctx, bea.ID, AgentChange{Role: new(RoleAgent)})
	require.NoError(t, err)
	p, err = s.AuthenticateSession(ctx, secret)
	require.NoError(t, err)
	require.False(t, p.Admin())
}

func TestALinkWorksOnce(t *testing.T) {
	ctx, c := t.Context(), newClock()
	s := people(&directory.Memory{}, c)
	bea, err := s.CreateAgent(ctx, AgentDraft{Name: "Bea", Email: "bea@example.org"})
	require.NoError(t, err)
	_, replaced, err := s.CreateLink(ctx, bea.ID)
	require.NoError(t, err)
	link, secret, err := s.CreateLink(ctx, bea.ID)
	require.NoError(t, err)
	require.Equal(t, Link{bea.ID, Invitation, c.Now().Add(7 * 24 * time.Hour)}, link)
	for name, wrong := range map[string]string{"replaced": replaced, "another": secret[:len(secret)-2] + "xx", "none": "", "a token": "tok_1.x"} {
		_, _, err = s.AcceptLink(ctx, wrong, goodPassword, home)
		require.ErrorIs(t, err, ErrNoLink, name)
	}
	var invalid *InvalidError
	_, _, err = s.AcceptLink(ctx, secret, "short", home)
	require.ErrorAs(t, err, &invalid)

	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, _, errs[i] = s.AcceptLink(ctx, secret, fmt.Sprintf("%s %d", goodPassword, i), home) })
	}
	all.Wait()
	winner := -1
	for i, err := range errs {
		if err == nil {
			require.Equal(t, -1, winner, "two used one link")
			winner = i
			continue
		}
		require.ErrorIs(t, err, ErrNoLink)
	}
	_, _, err = s.SignIn(ctx, "bea@example.org", fmt.Sprintf("%s %d", goodPassword, winner), home)
	require.NoError(t, err)

	link, secret, err = s.CreateLink(ctx, bea.ID)
	require.NoError(t, err)
	require.Equal(t, Reset, link.Purpose)
	c.wait(24 * time.Hour)
	_, _, err = s.CheckLink(ctx, secret)
	require.ErrorIs(t, err, ErrNoLink, "over")
	_, _, err = s.CreateLink(ctx, "ag_0")
	require.ErrorIs(t, err, directory.ErrNotFound)
}

func TestAResetEndsEverySession(t *testing.T) {
	ctx := t.Context()
	s := people(&directory.Memory{}, newClock())
	bea := account(t, s, "bea", RoleAgent)
	_, stolen, err := s.SignIn(ctx, "bea@example.org", goodPassword, home)
	require.NoError(t, err)
	_, link, err := s.CreateLink(ctx, bea.ID)
	require.NoError(t, err)
	_, own, err := s.AcceptLink(ctx, link, "another good one", home)
	require.NoError(t, err)
	_, err = s.AuthenticateSession(ctx, stolen)
	require.ErrorIs(t, err, ErrUnauthenticated)
	_, err = s.AuthenticateSession(ctx, own)
	require.NoError(t, err)
}

func TestChangingOnesPassword(t *testing.T) {
	ctx := t.Context()
	s := people(&directory.Memory{}, newClock())
	bea := account(t, s, "bea", RoleAgent)
	_, other, err := s.SignIn(ctx, "bea@example.org", goodPassword, home)
	require.NoError(t, err)
	_, mine, err := s.SignIn(ctx, "bea@example.org", goodPassword, home)
	require.NoError(t, err)
	p, err := s.AuthenticateSession(ctx, mine)
	require.NoError(t, err)
	var invalid *InvalidError
	require.ErrorAs(t, s.ChangePassword(ctx, p, "not it", "another good one", home), &invalid)
	require.Equal(t, "current_password", invalid.Field)
	require.ErrorAs(t, s.ChangePassword(ctx, p, goodPassword, "short", home), &invalid)
	require.Equal(t, "new_password", invalid.Field)
	require.NoError(t, s.ChangePassword(ctx, p, goodPassword, "another good one", home))
	_, err = s.AuthenticateSession(ctx, mine)
	require.NoError(t, err)
	_, err = s.AuthenticateSession(ctx, other)
	require.ErrorIs(t, err, ErrUnauthenticated)
	for range perPair.many {
		require.Error(t, s.ChangePassword(ctx, p, "not it", "a third good one", home))
	}
	var throttled *ThrottledError
	require.ErrorAs(t, s.ChangePassword(ctx, p, "not it", "a third good one", home), &throttled, "who finds a session open guesses no password")
	leo, err := s.CreateAgent(ctx, AgentDraft{Name: "leo", Email: "leo@example.org"})
	require.NoError(t, err)
	require.ErrorIs(t, s.ChangePassword(ctx, Principal{AgentID: leo.ID}, "x", goodPassword, home), ErrNoPassword)
	require.NotEqual(t, bea.ID, leo.ID)
}

func TestGuessingIsSlowedDown(t *testing.T) {
	type guess struct{ address, account string }
	for name, c := range map[string]struct {
		guesses func(i int) guess
		borne   int
	}{
		"one account from one place":       {func(int) guess { return guess{"192.0.2.1", "bea"} }, perPair.many},
		"an account that is not there":     {func(int) guess { return guess{"192.0.2.1", "nobody"} }, perPair.many},
		"many accounts from one place":     {func(i int) guess { return guess{"192.0.2.1", fmt.Sprint("a", i)} }, perAddress.many},
		"many accounts from one network":   {func(i int) guess { return guess{fmt.Sprintf("2001:db8::%x", i+1), fmt.Sprint("a", i)} }, perAddress.many},
		"one account from many places":     {func(i int) guess { return guess{fmt.Sprintf("198.51.100.%d", i), "bea"} }, perAccount.many},
		"an IPv4 address in two notations": {func(i int) guess { return guess{[]string{"192.0.2.1", "::ffff:192.0.2.1"}[i%2], "bea"} }, perPair.many},
		"many accounts from many networks": {func(i int) guess { return guess{fmt.Sprintf("2001:db8:0:%x::1", i), fmt.Sprint("a", i)} }, -1},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			s := people(&directory.Memory{}, clock)
			account(t, s, "bea", RoleAgent)
			try := func(i int) error {
				g := c.guesses(i)
				_, _, err := s.SignIn(t.Context(), g.account+"@example.org", "wrong", From{Address: g.address})
				return err
			}
			var throttled *ThrottledError
			tries := 0
			for ; tries < 120; tries++ {
				if err := try(tries); errors.As(err, &throttled) {
					break
				}
			}
			if c.borne < 0 {
				require.Equal(t, 120, tries)
				return
			}
			require.Equal(t, c.borne, tries)
			require.Positive(t, throttled.After)
			require.ErrorAs(t, try(tries), new(*ThrottledError), "asking again changes nothing")
			clock.wait(throttled.After)
			require.ErrorIs(t, try(tries), ErrWrongCredentials, "after the time it named")
		})
	}
}

func TestTheRightPasswordIsNotCountedAgainstAnybody(t *testing.T) {
	s := people(&directory.Memory{}, newClock())
	account(t, s, "bea", RoleAgent)
	for range 3 * perAddress.many {
		_, _, err := s.SignIn(t.Context(), "bea@example.org", goodPassword, home)
		require.NoError(t, err)
	}
}

func TestAClockSetBackEmptiesNoBucket(t *testing.T) {
	var throttled *ThrottledError
	now, th := newClock().Now(), newThrottle()
	for range perPair.many {
		require.NoError(t, th.admit(newTry("192.0.2.1", "bea"), now))
	}
	require.ErrorAs(t, th.admit(newTry("192.0.2.1", "bea"), now.Add(-time.Hour)), &throttled)
}

func TestTheFirstAdmin(t *testing.T) {
	ctx, c := t.Context(), newClock()
	s := people(&directory.Memory{}, c)
	required := func() bool {
		r, err := s.SetupRequired(ctx)
		require.NoError(t, err)
		return r
	}
	require.True(t, required())
	draft := FirstAdmin{Token: "the-first-admin", Name: "Ada", Email: "ada@example.org", Password: goodPassword}
	for name, change := range map[string]func(*FirstAdmin){
		"no token":         func(d *FirstAdmin) { d.Token = "" },
		"another token":    func(d *FirstAdmin) { d.Token = "the-first-admin2" },
		"an agent's token": func(d *FirstAdmin) { d.Token = tokenOfTest(t, s, TokenDraft{Name: "x", Role: RoleAgent}) },
		"an admin's, bound": func(d *FirstAdmin) {
			d.Token = tokenOfTest(t, s, TokenDraft{Name: "x", Role: RoleAdmin, Scopes: []Scope{ScopeMessagesWrite}})
		},
		"an admin's, limited": func(d *FirstAdmin) {
			d.Token = tokenOfTest(t, s, TokenDraft{Name: "x", Role: RoleAdmin, Channels: []threads.ChannelID{"ch_1"}})
		},
	} {
		wrong := draft
		change(&wrong)
		_, _, err := s.SetUp(ctx, wrong, home)
		require.ErrorIs(t, err, ErrUnauthenticated, name)
	}
	c.wait(time.Hour)
	var invalid *InvalidError
	weak := draft
	weak.Password = "short"
	_, _, err := s.SetUp(ctx, weak, home)
	require.ErrorAs(t, err, &invalid)
	require.True(t, required())

	_, secret, err := s.SetUp(ctx, draft, home)
	require.NoError(t, err)
	p, err := s.AuthenticateSession(ctx, secret)
	require.NoError(t, err)
	require.True(t, p.Admin())
	require.False(t, required())
	draft.Email = "eve@example.org"
	_, _, err = s.SetUp(ctx, draft, home)
	require.ErrorIs(t, err, ErrSetUp, "once")
	_, _, err = s.SignIn(ctx, "ada@example.org", goodPassword, home)
	require.NoError(t, err)
}

func tokenOfTest(t *testing.T, s *Service, d TokenDraft) string {
	t.Helper()
	_, token, err := s.CreateToken(t.Context(), d)
	require.NoError(t, err)
	return token
}

func TestASetupThatWasCutOffIsFinishedByTheNext(t *testing.T) {
	ctx := t.Context()
	s := people(&directory.Memory{}, newClock())
	draft := FirstAdmin{Token: "the-first-admin", Name: "Ada", Email: "ada@example.org", Password: goodPassword}
	half, err := s.firstAdmin(ctx, draft)
	require.NoError(t, err)
	draft.Name = "Ada L."
	session, _, err := s.SetUp(ctx, draft, home)
	require.NoError(t, err)
	require.Equal(t, half.ID, session.AgentID)
	list, err := s.Agents(ctx, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "Ada L.", list[0].Name)
}

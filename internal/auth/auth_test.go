package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/internal/directory"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) wait(pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(pause)
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func newService(store directory.Store, c *clock) *Service {
	return New(Options{Store: store, Now: c.Now, AdminToken: "the-first-admin"})
}

func TestATokenIsKnownByItsHashOnly(t *testing.T) {
	ctx, store := context.Background(), &directory.Memory{}
	s := newService(store, newClock())
	made, token, err := s.CreateToken(ctx, TokenDraft{Name: "bot", Role: RoleIntegration, Scopes: []Scope{ScopeMessagesWrite}})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(token, made.ID+"."))
	_, secret, _ := strings.Cut(token, ".")
	doc, err := store.Get(ctx, "token", made.ID)
	require.NoError(t, err)
	require.NotContains(t, string(doc.Body)+doc.Unique, secret)

	p, err := s.Authenticate(ctx, token)
	require.NoError(t, err)
	require.Equal(t, Principal{TokenID: made.ID, Name: "bot", Role: RoleIntegration, Scopes: []Scope{ScopeMessagesWrite}}, p)
}

func TestNobodyIsLetInByAnythingElse(t *testing.T) {
	ctx := context.Background()
	s := newService(&directory.Memory{}, newClock())
	made, token, err := s.CreateToken(ctx, TokenDraft{Name: "bot", Role: RoleAdmin})
	require.NoError(t, err)
	last := "A"
	if strings.HasSuffix(token, last) {
		last = "B"
	}
	for name, wrong := range map[string]string{
		"nothing": "", "the id alone": made.ID, "another secret": token[:len(token)-1] + last, "more": token + "A",
		"the hash": hashOf(token), "part of the first admin's": "the-first-admi", "more than the first admin's": "the-first-admin ",
	} {
		_, err := s.Authenticate(ctx, wrong)
		require.ErrorIs(t, err, ErrUnauthenticated, name)
	}
}

func TestTheFirstAdminNeedsNoStore(t *testing.T) {
	store := &directory.Memory{Err: errors.New("away")}
	p, err := newService(store, newClock()).Authenticate(context.Background(), "the-first-admin")
	require.NoError(t, err)
	require.True(t, p.Admin())
	_, err = New(Options{Store: store, Now: newClock().Now}).Authenticate(context.Background(), "")
	require.ErrorIs(t, err, ErrUnauthenticated, "an empty token is nobody's, also when none is set")
}

func TestAStoreThatIsAwayIsNotAWrongToken(t *testing.T) {
	ctx, store, c := context.Background(), &directory.Memory{}, newClock()
	s := newService(store, c)
	_, token, err := s.CreateToken(ctx, TokenDraft{Name: "bot", Role: RoleAgent})
	require.NoError(t, err)
	store.Err = errors.New("away")
	_, err = s.Authenticate(ctx, token)
	require.ErrorIs(t, err, store.Err)
	require.NotErrorIs(t, err, ErrUnauthenticated)
}

func TestARevocationElsewhereHoldsWithinFiveSeconds(t *testing.T) {
	ctx, store, c := context.Background(), &directory.Memory{}, newClock()
	here, elsewhere := newService(store, c), newService(store, c)
	made, token, err := here.CreateToken(ctx, TokenDraft{Name: "bot", Role: RoleAgent})
	require.NoError(t, err)
	_, err = here.Authenticate(ctx, token)
	require.NoError(t, err)
	require.NoError(t, elsewhere.DeleteToken(ctx, made.ID))
	c.wait(4 * time.Second)
	_, err = here.Authenticate(ctx, token)
	require.NoError(t, err, "still believed")
	c.wait(time.Second)
	_, err = here.Authenticate(ctx, token)
	require.ErrorIs(t, err, ErrUnauthenticated)
}

func TestWhatWasReadBeforeARevocationIsNotRemembered(t *testing.T) {
	var c cache
	c.fresh = time.Minute
	now := newClock().Now()
	_, generation, _ := c.get([32]byte{1}, now)
	c.clear()
	c.put([32]byte{1}, Principal{Name: "revoked"}, generation, now)
	_, _, ok := c.get([32]byte{1}, now)
	require.False(t, ok)
}

func TestAClockSetBackProlongsNothing(t *testing.T) {
	var c cache
	c.fresh = time.Second
	now := newClock().Now()
	_, generation, _ := c.get([32]byte{1}, now)
	c.put([32]byte{1}, Principal{}, generation, now)
	_, _, ok := c.get([32]byte{1}, now.Add(-time.Hour))
	require.False(t, ok)
}

func TestAnExpiryHoldsForARememberedTokenToo(t *testing.T) {
	ctx, c := context.Background(), newClock()
	s := newService(&directory.Memory{}, c)
	_, token, err := s.CreateToken(ctx, TokenDraft{Name: "bot", Role: RoleAgent, ExpiresAt: c.Now().Add(2 * time.Second)})
	require.NoError(t, err)
	_, err = s.Authenticate(ctx, token)
	require.NoError(t, err)
	c.wait(2 * time.Second)
	_, err = s.Authenticate(ctx, token)
	require.ErrorIs(t, err, ErrUnauthenticated)
}

func TestScopesBindWhateverTheRole(t *testing.T) {
	for name, c := range map[string]struct {
		p             Principal
		reads, writes bool
		admin         bool
	}{
		"an admin":                       {Principal{Role: RoleAdmin}, true, true, true},
		"an admin with a scope":          {Principal{Role: RoleAdmin, Scopes: []Scope{ScopeConversationsRead}}, true, false, false},
		"an agent":                       {Principal{Role: RoleAgent}, true, true, false},
		"an agent with a scope":          {Principal{Role: RoleAgent, Scopes: []Scope{ScopeConversationsRead}}, true, false, false},
		"an integration with a scope":    {Principal{Role: RoleIntegration, Scopes: []Scope{ScopeConversationsRead}}, true, false, false},
		"an integration without a scope": {Principal{Role: RoleIntegration}, false, false, false},
		"nobody":                         {Principal{}, false, false, false},
	} {
		require.Equal(t, c.reads, c.p.Allows(ScopeConversationsRead), name)
		require.Equal(t, c.writes, c.p.Allows(ScopeMessagesWrite), name)
		require.Equal(t, c.admin, c.p.Admin(), name)
	}
}

func TestWhoWrites(t *testing.T) {
	require.Equal(t, threads.Author{Type: threads.AuthorAgent, ID: "ag_1", Name: "Bea"}, Principal{Role: RoleIntegration, AgentID: "ag_1", Name: "Bea"}.Author())
	require.Equal(t, threads.Author{Type: threads.AuthorAgent, Name: "admin"}, Principal{Role: RoleAdmin, TokenID: "tok_1", Name: "admin"}.Author())
	require.Equal(t, threads.Author{Type: threads.AuthorSystem, ID: "tok_1", Name: "bot"}, Principal{Role: RoleIntegration, TokenID: "tok_1", Name: "bot"}.Author())
}

func TestAnAgentIsAvailableWhileOnline(t *testing.T) {
	ctx := context.Background()
	s := newService(&directory.Memory{}, newClock())
	bea, err := s.CreateAgent(ctx, AgentDraft{Name: "Bea", Email: " Bea@Example.org "})
	require.NoError(t, err)
	require.Equal(t, Agent{
		ID: bea.ID, Name: "Bea", Email: "Bea@Example.org", Role: RoleAgent, Capacity: Capacity{DefaultCapacity}, Availability: Offline,
		StatusAt: bea.CreatedAt, CreatedAt: bea.CreatedAt, UpdatedAt: bea.CreatedAt, Version: 1,
	}, bea)
	for status, want := range map[Availability]bool{Online: true, Away: false, Offline: false} {
		_, err = s.SetAvailability(ctx, bea.ID, status)
		require.NoError(t, err)
		got, err := s.Available(ctx, bea.ID)
		require.NoError(t, err)
		require.Equal(t, want, got, status)
	}
	got, err := s.Available(ctx, "ag_0")
	require.NoError(t, err)
	require.False(t, got)
	_, err = s.CreateAgent(ctx, AgentDraft{Name: "B", Email: "bea@example.ORG"})
	require.ErrorIs(t, err, directory.ErrTaken)
}

func TestChangesOfAnAgentAtOnceAllCount(t *testing.T) {
	ctx := context.Background()
	s := newService(&directory.Memory{}, newClock())
	bea, err := s.CreateAgent(ctx, AgentDraft{Name: "Bea", Email: "bea@example.org"})
	require.NoError(t, err)
	errs := make([]error, 10)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = s.SetAvailability(ctx, bea.ID, Online) })
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	after, err := s.Agent(ctx, bea.ID)
	require.NoError(t, err)
	require.EqualValues(t, 11, after.Version)
}

func TestATokenActsUnderTheAgentsName(t *testing.T) {
	ctx := context.Background()
	s := newService(&directory.Memory{}, newClock())
	bea, err := s.CreateAgent(ctx, AgentDraft{Name: "Bea", Email: "bea@example.org"})
	require.NoError(t, err)
	_, token, err := s.CreateToken(ctx, TokenDraft{Name: "laptop", Role: RoleAgent, AgentID: bea.ID})
	require.NoError(t, err)
	name := func() string {
		p, err := s.Authenticate(ctx, token)
		require.NoError(t, err)
		return p.Name
	}
	require.Equal(t, "Bea", name())
	_, err = s.UpdateAgent(ctx, bea.ID, AgentChange{Name: new("Beatriz")})
	require.NoError(t, err)
	require.Equal(t, "Beatriz", name())
	require.NoError(t, s.DeleteAgent(ctx, bea.ID))
	_, err = s.Authenticate(ctx, token)
	require.ErrorIs(t, err, ErrUnauthenticated)
	_, _, err = s.CreateToken(ctx, TokenDraft{Name: "x", Role: RoleAgent, AgentID: bea.ID})
	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "agent_id", invalid.Field)
}

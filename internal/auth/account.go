package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"threadhub/internal/directory"
	"threadhub/internal/ident"
	"threadhub/threads"
)

// Errors of signing in.
var (
	// ErrWrongCredentials is answered whether the account is not there, has no
	// password or has another one.
	ErrWrongCredentials = errors.New("e-mail address or password is wrong")
	// ErrSetUp refuses a second first admin.
	ErrSetUp = errors.New("an admin can sign in already")
	// ErrNoPassword is answered to the change of a password that is not there.
	ErrNoPassword = errors.New("the account has no password")
)

// passwordRecord is what is stored of an agent's password, under the agent's
// id: apart from the agent, so that no list of agents reads it.
type passwordRecord struct {
	Hash      string    `json:"hash"`
	ChangedAt time.Time `json:"changed_at"`
}

// nobody is the id that is looked for when there is no such account, so that
// both cases read as much.
const nobodyID = "ag_nobody"

// SignIn checks an e-mail address and a password and answers a new session with
// its secret. Errors: ErrWrongCredentials, *ThrottledError; any other means
// that the store is in trouble. It takes as long for accounts that do not
// exist.
func (s *Service) SignIn(ctx context.Context, email, password string, from From) (Session, string, error) {
	a := newTry(from.Address, canonical(email))
	if err := s.throttle.admit(a, s.now()); err != nil {
		return Session{}, "", err
	}
	id, err := s.checkCredentials(ctx, email, password)
	if !errors.Is(err, ErrWrongCredentials) {
		s.throttle.forgive(a, s.now()) // right, or the store's fault
	}
	if err != nil {
		return Session{}, "", err
	}
	return s.begin(ctx, id, MethodPassword, from)
}

func (s *Service) checkCredentials(ctx context.Context, email, password string) (threads.AgentID, error) {
	id, wanted := nobodyID, s.hasher.nobody()
	agent, err := s.agents.Find(ctx, canonical(email))
	if err == nil {
		id = agent.ID
	}
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return "", fmt.Errorf("sign in: %w", err)
	}
	stored, err := s.passwords.Get(ctx, id)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return "", fmt.Errorf("sign in: %w", err)
	}
	known := err == nil
	if known {
		if wanted, err = decodeHash(stored.Value.Hash); err != nil {
			return "", fmt.Errorf("sign in: agent %s: %w", id, err)
		}
	}
	right, err := s.hasher.verify(ctx, wanted, password)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if !right || !known {
		return "", ErrWrongCredentials
	}
	if wanted.Hashing != s.hasher.cost {
		// Made when hashing cost less; a failure leaves it as it was.
		_ = s.storePassword(ctx, threads.AgentID(id), password)
	}
	return threads.AgentID(id), nil
}

// storePassword hashes and keeps a password, whatever there was before.
func (s *Service) storePassword(ctx context.Context, id threads.AgentID, password string) error {
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	r := passwordRecord{Hash: hash, ChangedAt: s.now()}
	for {
		item, err := s.passwords.Get(ctx, string(id))
		switch {
		case errors.Is(err, directory.ErrNotFound):
			_, err = s.passwords.Create(ctx, string(id), r)
		case err == nil:
			item.Value = r
			_, err = s.passwords.Update(ctx, item)
		}
		if !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}

// setPassword gives an agent a password, ends all of its sessions and notes
// that it can sign in.
func (s *Service) setPassword(ctx context.Context, agent Agent, password string) error {
	if err := s.storePassword(ctx, agent.ID, password); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if agent.Role == RoleAdmin {
		if err := s.enrol(ctx, agent.ID); err != nil {
			return fmt.Errorf("set password: %w", err)
		}
	}
	return s.EndSessions(ctx, agent.ID, "")
}

// HasPassword tells whether the agent can sign in with one.
func (s *Service) HasPassword(ctx context.Context, id threads.AgentID) (bool, error) {
	_, err := s.passwords.Get(ctx, string(id))
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// ChangePassword replaces the password of who is signed in and ends every other
// session of theirs. Errors: *InvalidError for either password, ErrNoPassword,
// *ThrottledError.
func (s *Service) ChangePassword(ctx context.Context, p Principal, current, next string, from From) error {
	agent, err := s.Agent(ctx, p.AgentID)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	switch has, err := s.HasPassword(ctx, agent.ID); {
	case err != nil:
		return fmt.Errorf("change password: %w", err)
	case !has:
		return ErrNoPassword
	}
	if err := checkPassword("new_password", next, agent.Email); err != nil {
		return err
	}
	a := newTry(from.Address, canonical(agent.Email))
	if err := s.throttle.admit(a, s.now()); err != nil {
		return err
	}
	_, err = s.checkCredentials(ctx, agent.Email, current)
	if errors.Is(err, ErrWrongCredentials) {
		return &InvalidError{"current_password", "is not the present password"}
	}
	s.throttle.forgive(a, s.now())
	if err != nil {
		return err
	}
	if err := s.storePassword(ctx, agent.ID, next); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return s.EndSessions(ctx, agent.ID, p.Session)
}

// FirstAdmin is the account that the bootstrap token makes.
type FirstAdmin struct{ Token, Name, Email, Password string }

// setupRecord names the agent that the first admin is or was to be.
type setupRecord struct {
	AgentID threads.AgentID `json:"agent_id"`
}

// SetupRequired tells whether no admin can sign in yet.
func (s *Service) SetupRequired(ctx context.Context) (bool, error) {
	r, err := s.admins.Get(ctx, adminsID)
	if errors.Is(err, directory.ErrNotFound) {
		return true, nil
	}
	return err == nil && len(r.Value.Members) == 0, err
}

// SetUp makes the first admin's account for whoever has an admin token that is
// bound by nothing, and signs it in. Errors: ErrUnauthenticated, ErrSetUp once
// an admin can sign in, *InvalidError, directory.ErrTaken, *ThrottledError.
func (s *Service) SetUp(ctx context.Context, d FirstAdmin, from From) (Session, string, error) {
	a := newTry(from.Address, "setup")
	if err := s.throttle.admit(a, s.now()); err != nil {
		return Session{}, "", err
	}
	p, err := s.Authenticate(ctx, d.Token)
	if err == nil && (!p.Admin() || p.Limited() || p.AgentID != "") {
		err = ErrUnauthenticated
	}
	if err != nil {
		return Session{}, "", err
	}
	s.throttle.forgive(a, s.now())
	required, err := s.SetupRequired(ctx)
	if err == nil && !required {
		err = ErrSetUp
	}
	if err == nil {
		err = checkPassword("password", d.Password, d.Email)
	}
	if err != nil {
		return Session{}, "", err
	}
	agent, err := s.firstAdmin(ctx, d)
	if err != nil {
		return Session{}, "", fmt.Errorf("set up: %w", err)
	}
	if err := s.setPassword(ctx, agent, d.Password); err != nil {
		return Session{}, "", fmt.Errorf("set up: %w", err)
	}
	return s.begin(ctx, agent.ID, MethodSetup, from)
}

// firstAdmin makes the agent. Of several attempts at once, or after a crash,
// there is one: they agree on its id first.
func (s *Service) firstAdmin(ctx context.Context, d FirstAdmin) (Agent, error) {
	mark, err := s.setups.Create(ctx, "first_admin", setupRecord{AgentID: threads.AgentID(ident.New("ag"))})
	if errors.Is(err, directory.ErrConflict) {
		mark, err = s.setups.Get(ctx, "first_admin")
	}
	if err != nil {
		return Agent{}, err
	}
	id := mark.Value.AgentID
	agent, err := s.createAgent(ctx, id, AgentDraft{Name: d.Name, Email: d.Email, Role: RoleAdmin})
	if errors.Is(err, directory.ErrConflict) {
		email, role := strings.TrimSpace(d.Email), RoleAdmin
		return s.UpdateAgent(ctx, id, AgentChange{Name: &d.Name, Email: &email, Role: &role})
	}
	return agent, err
}

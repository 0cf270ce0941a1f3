package webchat

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"threadhub/connectors"
	widget "threadhub/connectors/webchat"
	"threadhub/internal/directory"
	"threadhub/internal/seal"
	"threadhub/threads"
)

const (
	// sessionLife is how long a visitor token is good for; each visit begins
	// it anew.
	sessionLife = 30 * 24 * time.Hour
	ticketLife  = time.Minute
	// fileLife is how long the address of a file is good for.
	fileLife = time.Hour
)

// Session is a visitor's right to a chat.
type Session struct {
	ID        string
	Channel   threads.ChannelID
	Visitor   widget.Visitor
	ExpiresAt time.Time
}

// use keeps one kind of token from being taken for another.
type use string

const (
	useSession use = "session"
	useTicket  use = "ticket"
	useFile    use = "file"
	useUpload  use = "upload"
)

// claims of a visitor token or a ticket: the subject is the visitor, the
// audience the channel.
type claims struct {
	jwt.RegisteredClaims
	Use        use    `json:"use"`
	Session    string `json:"sid"`
	ExternalID string `json:"ext,omitempty"`
	Name       string `json:"name,omitempty"`
	Locale     string `json:"loc,omitempty"`
}

// issue signs a token for the session.
func (s *Service) issue(ctx context.Context, u use, sess Session, id string, until time.Time) (string, error) {
	key, err := s.signing.key(ctx, sess.Channel)
	if err != nil {
		return "", err
	}
	v := sess.Visitor
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: id, Subject: v.ID, Audience: jwt.ClaimStrings{string(sess.Channel)},
			IssuedAt: jwt.NewNumericDate(s.now()), ExpiresAt: jwt.NewNumericDate(until),
		},
		Use: u, Session: sess.ID, ExternalID: v.ExternalID, Name: v.Name, Locale: v.Locale,
	}).SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}

// read checks a token that issue made; ErrToken when it is none.
func (s *Service) read(ctx context.Context, u use, ch threads.ChannelID, token string) (Session, string, error) {
	key, err := s.signing.key(ctx, ch)
	if err != nil {
		return Session{}, "", err
	}
	c := claims{}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience(string(ch)), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.Now),
	)
	if _, err := parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return key, nil }); err != nil || c.Use != u || c.Subject == "" {
		return Session{}, "", ErrToken
	}
	return Session{
		ID: c.Session, Channel: ch, ExpiresAt: c.ExpiresAt.Time,
		Visitor: widget.Visitor{ID: c.Subject, ExternalID: c.ExternalID, Name: c.Name, Locale: c.Locale},
	}, c.ID, nil
}

// mark signs parts that go into an address.
func (s *Service) mark(ctx context.Context, u use, ch threads.ChannelID, parts ...string) (string, error) {
	key, err := s.signing.key(ctx, ch)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	for _, p := range append([]string{string(u)}, parts...) {
		mac.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]), nil
}

// Authenticate answers the session of a visitor token; ErrToken.
func (s *Service) Authenticate(ctx context.Context, ch threads.ChannelID, token string) (Session, error) {
	sess, _, err := s.read(ctx, useSession, ch, token)
	if err != nil {
		return Session{}, err
	}
	return sess, s.alive(ctx, sess)
}

// alive answers ErrToken when the session was ended or is over.
func (s *Service) alive(ctx context.Context, sess Session) error {
	if !s.now().Before(sess.ExpiresAt) {
		return ErrToken
	}
	ended, err := s.spent.has(ctx, spentSession, sess.ID)
	if err == nil && ended {
		err = ErrToken
	}
	return err
}

// Ticket makes a ticket that opens one stream.
func (s *Service) Ticket(ctx context.Context, sess Session) (ticket string, until time.Time, err error) {
	until = s.now().Add(ticketLife)
	ticket, err = s.issue(ctx, useTicket, sess, rand.Text(), until)
	return ticket, until, err
}

// Redeem answers the session of a ticket, once; ErrTicket.
func (s *Service) Redeem(ctx context.Context, ch threads.ChannelID, ticket string) (Session, error) {
	sess, id, err := s.read(ctx, useTicket, ch, ticket)
	if errors.Is(err, ErrToken) {
		return Session{}, ErrTicket
	}
	if err != nil {
		return Session{}, err
	}
	first, err := s.spent.spend(ctx, spentTicket, id, sess.ExpiresAt)
	if err == nil && !first {
		err = ErrTicket
	}
	if err != nil {
		return Session{}, err
	}
	// What the ticket stands for may have been ended meanwhile; the stream
	// itself may last longer than the ticket.
	sess.ExpiresAt = s.now().Add(sessionLife)
	if err := s.alive(ctx, sess); errors.Is(err, ErrToken) {
		return Session{}, ErrTicket
	} else if err != nil {
		return Session{}, err
	}
	return sess, nil
}

// signingKeys are the channels' keys, made when they are first needed and kept
// sealed.
type signingKeys struct {
	records directory.Collection[sealedKey]
	ring    *seal.Keyring
	known   *sync.Map // ChannelID → []byte
}

type sealedKey struct {
	Key string `json:"key"`
}

const keyField = "visitor_signing_key"

func newSigningKeys(store directory.Store, ring *seal.Keyring) signingKeys {
	return signingKeys{directory.NewCollection[sealedKey](store, "webchat_key", nil), ring, &sync.Map{}}
}

func (k signingKeys) key(ctx context.Context, ch threads.ChannelID) ([]byte, error) {
	if key, ok := k.known.Load(ch); ok {
		return key.([]byte), nil
	}
	item, err := k.records.Get(ctx, string(ch))
	if errors.Is(err, directory.ErrNotFound) {
		item, err = k.create(ctx, ch)
	}
	if err != nil {
		return nil, fmt.Errorf("signing key of visitors: %w", err)
	}
	key, err := k.ring.Open(seal.Place{Channel: string(ch), Field: keyField}, item.Value.Key)
	if err != nil {
		return nil, fmt.Errorf("signing key of visitors: %w", err)
	}
	k.known.Store(ch, []byte(key.Reveal()))
	return []byte(key.Reveal()), nil
}

func (k signingKeys) create(ctx context.Context, ch threads.ChannelID) (directory.Item[sealedKey], error) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	sealed, err := k.ring.Seal(seal.Place{Channel: string(ch), Field: keyField}, connectors.NewSecret(base64.RawStdEncoding.EncodeToString(raw[:])))
	if err != nil {
		return directory.Item[sealedKey]{}, err
	}
	item, err := k.records.Create(ctx, string(ch), sealedKey{sealed})
	if errors.Is(err, directory.ErrConflict) {
		return k.records.Get(ctx, string(ch)) // another process was faster
	}
	return item, err
}

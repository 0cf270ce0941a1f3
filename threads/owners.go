package threads

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"threadhub/internal/ident"
	"threadhub/normalize"
)

// lanes sorts the messages of a batch by the contact they come from, in the
// order of their arrival. Contacts seen for the first time are made.
func (s *Service) lanes(ctx context.Context, arrivals []Arrival, errs []error) []*lane {
	var order []*lane
	bySlot := map[Slot]*lane{}
	channels := map[ChannelID]ChannelInfo{}
	s.warmOwners(ctx, arrivals)
	for i, a := range arrivals {
		if !carriesMessage(a.Event) {
			continue
		}
		info, err := s.channelOnce(ctx, channels, a.Channel)
		if err != nil {
			errs[i] = err
			continue
		}
		contact, how, err := s.owner(ctx, a.Channel, a.Event.Peer)
		if err != nil {
			errs[i] = err
			continue
		}
		slot := Slot{a.Channel, contact}
		l := bySlot[slot]
		if l == nil {
			l = &lane{
				slot: slot, channel: info, fresh: how != cachedOwner, known: how != madeOwner, primary: Identity{a.Channel, a.Event.Peer.ID},
				brief: ContactBrief{ID: contact, ExternalID: a.Event.Peer.ID},
			}
			bySlot[slot], order = l, append(order, l)
		}
		l.learn(a.Event.Peer)
		l.work = append(l.work, i)
	}
	return order
}

func (s *Service) channelOnce(ctx context.Context, have map[ChannelID]ChannelInfo, id ChannelID) (ChannelInfo, error) {
	if info, ok := have[id]; ok {
		return info, nil
	}
	info, err := s.Channels.ChannelInfo(ctx, id)
	if err != nil {
		return ChannelInfo{}, fmt.Errorf("channel %s: %w", id, err)
	}
	have[id] = info
	return info, nil
}

// learn keeps what the event tells about the contact; empty fields tell nothing.
func (l *lane) learn(p normalize.Peer) {
	mergeProfile(&l.profile, p)
	l.brief.Name, l.brief.AvatarURL = l.profile.Name, l.profile.AvatarURL
}

func mergeProfile(into *normalize.Peer, p normalize.Peer) {
	set := func(dst *string, v string) {
		if v != "" {
			*dst = v
		}
	}
	set(&into.Name, p.Name)
	set(&into.Username, p.Username)
	set(&into.Phone, p.Phone)
	set(&into.Locale, p.Locale)
	set(&into.AvatarURL, p.AvatarURL)
	into.Kind = p.Kind
}

// ownerFrom says where the answer to who a peer is comes from.
type ownerFrom int

const (
	storedOwner ownerFrom = iota // the store knew the peer
	cachedOwner                  // the cache alone
	madeOwner                    // nobody had seen the peer: the contact was made
)

// owner answers the contact a peer is, making it if nobody has seen the peer
// before.
func (s *Service) owner(ctx context.Context, ch ChannelID, p normalize.Peer) (id ContactID, how ownerFrom, err error) {
	if p.ID == "" {
		return "", 0, errors.New("the event names no contact")
	}
	names := identities(ch, p)
	if id, ok := s.ownerInCache(names); ok {
		return id, cachedOwner, nil
	}
	owners, err := s.Store.Owners(ctx, names)
	if err != nil {
		return "", 0, fmt.Errorf("find contact: %w", err)
	}
	for _, name := range names {
		if id == "" {
			id = owners[name]
		}
	}
	if id == "" {
		how = madeOwner
	}
	if len(owners) < len(names) {
		if id, err = s.claim(ctx, id, names, p); err != nil {
			return "", 0, err
		}
	}
	for _, name := range names {
		s.owners.Add(name, id)
	}
	return id, how, nil
}

// warmOwners looks up in one go whom the cache does not know, when they are more
// than one: after a start that is everybody. A failure is met again by owner,
// which asks for whoever is still missing.
func (s *Service) warmOwners(ctx context.Context, arrivals []Arrival) {
	var unknown []Identity
	peers := 0
	for _, a := range arrivals {
		names := identities(a.Channel, a.Event.Peer)
		if _, ok := s.ownerInCache(names); ok || !carriesMessage(a.Event) || a.Event.Peer.ID == "" {
			continue
		}
		unknown, peers = append(unknown, names...), peers+1
	}
	if peers < 2 {
		return
	}
	owners, err := s.Store.Owners(ctx, unknown)
	if err != nil {
		return
	}
	for name, id := range owners {
		s.owners.Add(name, id)
	}
}

func identities(ch ChannelID, p normalize.Peer) []Identity {
	names := []Identity{{ch, p.ID}}
	for _, alias := range p.Aliases {
		if name := (Identity{ch, alias}); alias != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ownerInCache answers only when all names are known to be the same contact.
func (s *Service) ownerInCache(names []Identity) (ContactID, bool) {
	var owner ContactID
	for _, name := range names {
		id, ok := s.owners.Get(name)
		if !ok || (owner != "" && id != owner) {
			return "", false
		}
		owner = id
	}
	return owner, true
}

// claim gives the names nobody owns to the contact, or to a new one.
func (s *Service) claim(ctx context.Context, id ContactID, names []Identity, p normalize.Peer) (ContactID, error) {
	now := s.now()
	c := Contact{
		ID: id, Name: p.Name, Username: p.Username, Phone: p.Phone, Locale: p.Locale, AvatarURL: p.AvatarURL,
		Group: p.Kind == normalize.PeerGroup, Identities: names, CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	if c.ID == "" {
		c.ID = ContactID(ident.New("ct"))
	}
	owners, err := s.Store.Claim(ctx, c)
	if err != nil {
		return "", fmt.Errorf("store contact: %w", err)
	}
	owner := owners[names[0]]
	if id != "" && owner == id {
		// The contact was known under another of its names.
		return id, s.editContact(ctx, id, func(c *Contact) bool { return c.addIdentities(names) })
	}
	return owner, nil
}

func (c *Contact) addIdentities(names []Identity) bool {
	changed := false
	for _, name := range names {
		if !slices.Contains(c.Identities, name) {
			c.Identities, changed = append(c.Identities, name), true
		}
	}
	return changed
}

// recheckOwners looks again at who owns the identities of lanes without any
// conversation whose contact came from the cache: it may have been merged into
// another one since. It tells whether a lane moved.
func (s *Service) recheckOwners(ctx context.Context, lanes []*lane, current map[Slot]Conversation) (bool, error) {
	var doubtful []Identity
	for _, l := range lanes {
		if _, ok := current[l.slot]; !ok && !l.fresh {
			doubtful = append(doubtful, l.primary)
		}
	}
	if len(doubtful) == 0 {
		return false, nil
	}
	owners, err := s.Store.Owners(ctx, doubtful)
	if err != nil {
		return false, fmt.Errorf("find contacts: %w", err)
	}
	moved := false
	for _, l := range lanes {
		id, owned := owners[l.primary]
		if _, there := current[l.slot]; !owned && !there && !l.fresh {
			if err := s.reclaim(ctx, l); err != nil {
				return false, err
			}
			l.fresh, moved = true, true
		}
		if !owned {
			continue
		}
		l.fresh = true
		if id != l.slot.Contact {
			s.owners.Add(l.primary, id)
			l.slot.Contact, l.brief.ID, moved = id, id, true
		}
	}
	return moved, nil
}

// refreshContact brings the contact's record up to what its latest message
// tells. It is a courtesy: a failure is logged and the next message tries again.
func (s *Service) refreshContact(ctx context.Context, p plan) {
	l, known := p.lane, p.before.Contact
	if p.change.Previous != nil {
		known = p.change.Previous.Contact
	} else if p.before.Version == 0 {
		if !l.known {
			return // the contact was made from this very profile
		}
		s.unblock(ctx, l.slot.Contact)
	}
	if !known.BlockedAt.IsZero() && p.change.Conversation.Contact.BlockedAt.IsZero() {
		s.unblock(ctx, l.slot.Contact)
	}
	if (l.profile.Name == "" || l.profile.Name == known.Name || known.Named) && (l.profile.AvatarURL == "" || l.profile.AvatarURL == known.AvatarURL) {
		return
	}
	err := s.editContact(ctx, l.slot.Contact, func(c *Contact) bool {
		now := normalize.Peer{Name: c.Name, Username: c.Username, Phone: c.Phone, Locale: c.Locale, AvatarURL: c.AvatarURL}
		mergeProfile(&now, l.profile)
		c.keepEdited(&now)
		changed := now.Name != c.Name || now.Username != c.Username || now.Phone != c.Phone || now.Locale != c.Locale || now.AvatarURL != c.AvatarURL
		c.Name, c.Username, c.Phone, c.Locale, c.AvatarURL = now.Name, now.Username, now.Phone, now.Locale, now.AvatarURL
		return changed
	})
	if err != nil {
		s.Logger.WarnContext(ctx, "contact not refreshed", "contact", l.slot.Contact, "error", err)
	}
}

// editContact changes a contact's record, again if somebody else was faster,
// and announces the change.
func (s *Service) editContact(ctx context.Context, id ContactID, edit func(*Contact) bool) error {
	note := ""
	for try := 0; ; try++ {
		c, err := s.Store.Contact(ctx, id)
		if err != nil {
			return fmt.Errorf("contact %s: %w", id, err)
		}
		was := c
		if !edit(&c) {
			return nil
		}
		shown := was.Name != c.Name || was.AvatarURL != c.AvatarURL || was.Edited.Name != c.Edited.Name
		if shown && note == "" {
			if note, err = s.Briefs.Due(ctx, id); err != nil {
				return fmt.Errorf("change contact %s: %w", id, err)
			}
		}
		c.Version++
		c.UpdatedAt = s.now()
		err = s.Store.SaveContact(ctx, c)
		if errors.Is(err, ErrConflict) && try < attempts {
			continue
		}
		if err != nil {
			return fmt.Errorf("save contact %s: %w", id, err)
		}
		s.tell(ctx, Notice{Type: NoticeContactUpdated, At: c.UpdatedAt, Contact: &c})
		if shown {
			s.Briefs.Changed(note, id)
		}
		return nil
	}
}

// tell announces news that no commit stands behind; if nobody hears it, it is
// gone.
func (s *Service) tell(ctx context.Context, n Notice) {
	if err := s.Announce.Announce(ctx, []Notice{n}); err != nil {
		s.Logger.WarnContext(ctx, "announcement lost", "type", n.Type, "error", err)
	}
}

// keepEdited puts what a person gave back into what platforms tell.
func (c *Contact) keepEdited(p *normalize.Peer) {
	if c.Edited.Name {
		p.Name = c.Name
	}
	if c.Edited.Phone {
		p.Phone = c.Phone
	}
	if c.Edited.Locale {
		p.Locale = c.Locale
	}
}

// EditContact changes what agents may change of a contact. When it returns, the
// latest conversation on each channel shows the name; older ones follow (see
// Briefs).
func (s *Service) EditContact(ctx context.Context, id ContactID, edit func(*Contact) bool) (Contact, error) {
	changed := false
	err := s.editContact(ctx, id, func(c *Contact) bool {
		was := *c
		if changed = edit(c); changed {
			c.Edited.note(was, *c)
		}
		return changed
	})
	if err != nil {
		return Contact{}, err
	}
	c, err := s.Store.Contact(ctx, id)
	if err != nil || !changed {
		return c, err
	}
	if err := s.refreshCurrent(ctx, &c); err != nil {
		s.Logger.WarnContext(ctx, "conversations show a contact's new name later", "contact", id, "error", err)
	}
	return c, nil
}

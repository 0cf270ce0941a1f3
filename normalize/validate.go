package normalize

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Validate tells whether the event keeps to the rules of its type: a key that
// begins with a kind, the one pointer set that Type names, a peer where there
// must be one, and times that both stores can keep. Connectors are held to it
// in tests; the hub may use it to send a faulty event to quarantine.
func (e Event) Validate() error {
	if err := e.validate(); err != nil {
		return fmt.Errorf("event %q: %w", e.Key, err)
	}
	return nil
}

func (e Event) validate() error {
	kind, name, ok := strings.Cut(e.Key, ":")
	if !ok || kind == "" || name == "" {
		return errors.New("key must read kind:name")
	}
	if err := e.validatePointers(); err != nil {
		return err
	}
	if e.Peer.ID == "" && e.needsPeer() {
		return fmt.Errorf("%s without a peer", e.Type)
	}
	if err := validTime(e.At); err != nil {
		return err
	}
	return e.validateContent()
}

// validatePointers checks that what Type names is set and nothing else.
func (e Event) validatePointers() error {
	set := map[EventType]bool{
		EventReceipt:  e.Receipt != nil,
		EventReaction: e.Reaction != nil,
		EventEdit:     e.Edit != nil,
		EventDeletion: e.Deletion != nil,
		EventConsent:  e.Consent != nil,
		EventIdentity: e.Identity != nil,
		EventChannel:  e.Notice != nil,
		EventUnknown:  e.Unknown != nil,
	}
	switch e.Type {
	case EventMessage, EventEcho:
		set[e.Type] = e.Message != nil
	default:
		set[EventMessage] = e.Message != nil
	}
	bare := e.Type == EventTyping || e.Type == EventEnded || e.Type == EventNoted
	if known, ok := set[e.Type]; !bare && !(ok && known) {
		return fmt.Errorf("nothing is set for type %q", e.Type)
	}
	for t, is := range set {
		if is && t != e.Type {
			return fmt.Errorf("type %q with %q set", e.Type, t)
		}
	}
	return nil
}

// needsPeer is false for news that may concern nobody in particular.
func (e Event) needsPeer() bool {
	switch e.Type {
	case EventReceipt, EventDeletion, EventChannel, EventNoted, EventUnknown:
		return false
	}
	return true
}

func (e Event) validateContent() error {
	switch e.Type {
	case EventMessage, EventEcho:
		if e.Message.ID == "" {
			return errors.New("message without an id")
		}
		return e.Message.validate()
	case EventEdit:
		if e.Edit.Target == "" {
			return errors.New("edit without a target")
		}
		return e.Edit.Message.validate()
	case EventReaction:
		return target(e.Reaction.Target)
	case EventDeletion:
		return target(e.Deletion.Target)
	case EventReceipt:
		return e.Receipt.validate()
	case EventChannel:
		return named(e.Notice.Kind)
	case EventUnknown:
		return named(e.Unknown.Kind)
	}
	return nil
}

func (r *Receipt) validate() error {
	if r.Target == "" && r.Ref == "" && r.UpTo.IsZero() {
		return errors.New("receipt for nothing")
	}
	switch r.Status {
	case StatusSent, StatusDelivered, StatusRead, StatusFailed:
		return validTime(r.UpTo)
	}
	return fmt.Errorf("receipt with status %q", r.Status)
}

func target(id PlatformID) error {
	if id == "" {
		return errors.New("no target")
	}
	return nil
}

func named(kind string) error {
	if kind == "" {
		return errors.New("no kind")
	}
	return nil
}

// validate checks that what the message's type promises is there.
func (m *Message) validate() error {
	ok := true
	switch m.Type {
	case TypeText:
		ok = m.Text != ""
	case TypeImage, TypeAudio, TypeVideo, TypeFile, TypeSticker:
		ok = len(m.Attachments) > 0 || m.Failure != nil
	case TypeLocation:
		ok = m.Location != nil
	case TypeContact:
		ok = len(m.Contacts) > 0
	case TypeReply:
		ok = m.Reply != nil
	case TypeOrder:
		ok = m.Order != nil
	case TypeSystem, TypeUnsupported:
		ok = m.Platform != ""
	case TypeTemplate:
	default:
		return fmt.Errorf("message of type %q", m.Type)
	}
	if !ok {
		return fmt.Errorf("%s message without its content", m.Type)
	}
	return m.validateAttachments()
}

func (m *Message) validateAttachments() error {
	media := []MessageType{TypeImage, TypeAudio, TypeVideo, TypeFile, TypeSticker}
	for i, a := range m.Attachments {
		if !slices.Contains(media, a.Type) {
			return fmt.Errorf("attachment %d of type %q", i, a.Type)
		}
		if a.URL == "" && a.Ref == "" && m.Failure == nil {
			return fmt.Errorf("attachment %d says neither where it is nor why not", i)
		}
	}
	return nil
}

func validTime(t time.Time) error {
	switch {
	case t.IsZero():
		return nil
	case t.Location() != time.UTC:
		return errors.New("time is not in UTC")
	case !t.Equal(t.Truncate(time.Millisecond)):
		return errors.New("time is finer than a millisecond")
	case t.Year() < 1970 || t.Year() > 9999:
		return fmt.Errorf("time in the year %d", t.Year())
	}
	return nil
}

package sqlite

import (
	"threadhub/threads"
)

const (
	sqlToAdvance = "SELECT seq, doc FROM messages WHERE id = ?"
	sqlAdvance   = "UPDATE messages SET version = ?, in_flight = ?, doc = ? WHERE seq = ? AND version = ?"
	sqlInFlight  = "UPDATE messages SET in_flight = ? WHERE seq = ? AND version = ?"
)

// news is what delivering has to tell of a message, and then the message with
// it.
type news struct {
	id       threads.MessageID
	patch    threads.MessagePatch
	inFlight bool
	seq      int64     // of a message whose delivery memory has
	guess    *advanced // from the message as memory has it, nil if it does not

	is *advanced // as it is stored then, nil: there is no such message
}

// advanced is a message with news applied.
type advanced struct {
	message threads.Message
	changed bool   // by the news
	doc     string // empty: it is as memory had it
}

func advance(m threads.Message, p threads.MessagePatch) (*advanced, error) {
	a := &advanced{message: m}
	a.changed = a.message.Advance(p)
	if !a.changed {
		return a, nil
	}
	a.message.Version++
	var err error
	a.doc, err = encode(&a.message)
	return a, err
}

// guess applies the news to the messages that memory has, before the writer's
// turn, for which others wait.
func (s *Store) guess(list []news) error {
	for i, m := range s.lanes.messages(list) {
		if m == nil {
			continue
		}
		var err error
		if list[i].guess, err = advance(messageOf(m), list[i].patch); err != nil {
			return err
		}
	}
	return nil
}

// messages answers the messages of the news as far as memory has them, nil for
// the others.
func (o *lanes) messages(about []news) []*threads.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]*threads.Message, len(about))
	for i := range about {
		w, ok := o.byID[about[i].id]
		if !ok {
			continue
		}
		about[i].seq = w.seq
		if w.copies != nil {
			list[i] = w.copies.message
		}
	}
	return list
}

// writeNews applies the news to the stored messages, one after the other: more
// than one may be about the same.
func writeNews(t *tx, list []news) error {
	for i := range list {
		if err := list[i].write(t); err != nil {
			return err
		}
	}
	return nil
}

func (n *news) write(t *tx) error {
	if n.is = n.guess; n.is != nil {
		done, err := n.store(t, n.seq)
		if err != nil || done {
			return err
		}
	}
	// Memory has no copy, or one that is out of date.
	n.is = nil
	var seq int64
	err := t.query(sqlToAdvance, func(r row) error {
		m, err := decode[threads.Message](r.text(1))
		if err != nil {
			return err
		}
		seq = r.number(0)
		if n.is, err = advance(m, n.patch); !n.is.changed {
			n.is.doc = r.text(1)
		}
		return err
	}, string(n.id))
	if err != nil || n.is == nil {
		return err
	}
	_, err = n.store(t, seq)
	return err
}

// store writes the message unless another version of it is stored. It writes
// also when the news change nothing: that shows that nobody else has either.
func (n *news) store(t *tx, seq int64) (bool, error) {
	m := &n.is.message
	if !n.is.changed {
		done, err := t.exec(sqlInFlight, flag(n.inFlight), seq, m.Version)
		return done > 0, err
	}
	done, err := t.exec(sqlAdvance, m.Version, flag(n.inFlight), n.is.doc, seq, m.Version-1)
	if err != nil || done == 0 {
		return false, err
	}
	if err := noteDeadLetter(t, m, false); err != nil {
		return false, err
	}
	return true, addExternal(t, m, n.patch.IDs)
}

// messagesOf answers the messages with their news.
func messagesOf(list []news) []threads.Message {
	messages := make([]threads.Message, 0, len(list))
	for i := range list {
		if list[i].is != nil {
			messages = append(messages, messageOf(&list[i].is.message))
		}
	}
	return messages
}

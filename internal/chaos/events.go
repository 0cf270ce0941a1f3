package chaos

// compareEvents holds what the subscriber was told to the books: each message
// and each conversation once it was there, the end of each reply, and all of a
// conversation's messages in their order.
func (f *Traffic) compareEvents(b Books) (d differences) {
	if f.Subscriber == nil {
		return nil
	}
	events, _, breaches := f.Subscriber.Taken()
	d = append(d, breaches...)
	begun, latest, sequence, id := map[string]bool{}, map[string]string{}, map[string]int64{}, map[string]string{}
	created := map[string]bool{}
	for _, e := range events {
		about := ""
		if e.Conversation != nil {
			about = e.Conversation.ID
		} else if e.Message != nil {
			about = e.Message.ConversationID
		}
		if about != "" && e.ID < id[about] {
			d.add("event out of order", "%s after %s of %s", e.ID, id[about], about)
		}
		id[about] = max(id[about], e.ID)
		if e.Type == "conversation.created" && e.Conversation != nil {
			begun[e.Conversation.ID] = true
		}
		if e.Message == nil {
			continue
		}
		m := e.Message
		latest[m.ID] = m.Status
		if e.Type != "message.created" {
			continue
		}
		created[m.ID] = true
		if m.Sequence < sequence[m.ConversationID] {
			d.add("message out of order", "%s of %s was told after one that came later", m.ID, m.ConversationID)
		}
		sequence[m.ConversationID] = max(sequence[m.ConversationID], m.Sequence)
	}
	for id := range b.Conversations {
		if !begun[id] {
			d.add("event lost", "conversation.created of %s", id)
		}
	}
	for _, m := range b.Messages {
		switch {
		case !created[m.ID]:
			d.add("event lost", "message.created of %s (%s)", m.ID, firstWord(m.Text))
		case latest[m.ID] != m.Status:
			d.add("event lost", "the %s of %s was told as %s", m.Status, m.ID, latest[m.ID])
		}
	}
	return d
}

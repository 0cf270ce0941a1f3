package sqlite

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"threadhub/threads"
)

// recentConversations is how many conversations memory holds: a few megabytes,
// for what is written to within the same minutes.
const recentConversations = 4096

// recent are the conversations that were written or looked up lately, as the
// file has them. One process has the file, and all that is kept here is put in
// by the writer, after its commit and in the order of the commits: so an entry
// is never older than what any caller has been told.
type recent struct {
	mu   sync.Mutex
	byID *simplelru.LRU[threads.ConversationID, *threads.Conversation]
	// current is the last conversation of each slot whose last is in byID.
	current map[threads.Slot]threads.ConversationID
	// expected are the slots that are being read, with the reader's ticket.
	expected map[threads.Slot]uint64
	tickets  uint64
}

func newRecent() *recent {
	r := &recent{current: map[threads.Slot]threads.ConversationID{}, expected: map[threads.Slot]uint64{}}
	// The only error is for a size below 1.
	r.byID, _ = simplelru.NewLRU(recentConversations, func(id threads.ConversationID, c *threads.Conversation) {
		if r.current[c.Slot()] == id {
			delete(r.current, c.Slot())
		}
	})
	return r
}

// conversation answers the conversation, if it is here.
func (r *recent) conversation(id threads.ConversationID) (threads.Conversation, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.byID.Get(id)
	if !ok {
		return threads.Conversation{}, false
	}
	return c.Clone(), true
}

// last answers the last conversation of the slot, if it is known here.
func (r *recent) last(slot threads.Slot) (threads.Conversation, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.current[slot]
	if !ok {
		return threads.Conversation{}, false
	}
	c, ok := r.byID.Get(id)
	if !ok {
		return threads.Conversation{}, false
	}
	return c.Clone(), true
}

// committed takes in what a change has written.
func (r *recent) committed(c *threads.Change) {
	conv := c.Conversation.Clone()
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := c.Previous; p != nil {
		// Its successor may have been written by somebody else long ago: read
		// it from the file when it is wanted.
		r.byID.Remove(p.ID)
	}
	delete(r.expected, conv.Slot())
	r.byID.Add(conv.ID, &conv)
	if c.Expected == 0 {
		r.current[conv.Slot()] = conv.ID
	}
}

// expect is told, by the writer, that the last conversations of slots were read
// from the file. What they are is decoded later, on the reader's goroutine, and
// may be old by then: the ticket is good until somebody writes to the slot.
func (r *recent) expect(slots []threads.Slot) (ticket uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tickets++
	for _, slot := range slots {
		r.expected[slot] = r.tickets
	}
	return r.tickets
}

// found takes in what was expected with the ticket.
func (r *recent) found(ticket uint64, slots []threads.Slot, read map[threads.Slot]threads.Conversation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, slot := range slots {
		if r.expected[slot] != ticket {
			continue
		}
		delete(r.expected, slot)
		if c, ok := read[slot]; ok {
			c = c.Clone()
			r.byID.Add(c.ID, &c)
			r.current[slot] = c.ID
		}
	}
}

// erased forgets a conversation that has another place in the file now, and who
// expected it in its former one.
func (r *recent) erased(id threads.ConversationID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID.Remove(id)
	clear(r.expected)
}

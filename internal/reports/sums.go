package reports

import "threadhub/threads"

// Sums are the figures of some conversations together.
type Sums struct {
	Conversations int
	Customers     int // the contacts they are of
	Solved        int // solved or closed now
	Closed        int
	EverSolved    int // solved at least once, whatever came then
	Reopened      int // brought back by the customer at least once
	Reopens       int
	OneTouch      int // of EverSolved
	Replies       int // of Solved

	OverCapacityReturns int

	// Returning are the customers who came back: with another of the
	// conversations, or by reopening one.
	Returning int
	// ReturningConversations are all conversations of theirs.
	ReturningConversations int

	Elapsed  Clock
	Business Clock // of the conversations that a schedule measured
}

// Clock are the times of some conversations by one measure.
type Clock struct {
	Times [threads.Timings]Distribution
	// Handled is how many customers have a handle time.
	Handled int
}

// rate is a quotient; false where there is nothing to divide by.
func rate(over float64, under int) (float64, bool) {
	if under == 0 {
		return 0, false
	}
	return over / float64(under), true
}

// ReopenRate is the part of the conversations ever solved that the customer
// brought back.
func (s *Sums) ReopenRate() (float64, bool) { return rate(float64(s.Reopened), s.EverSolved) }

// OneTouchRate is the part of the conversations ever solved that took one touch.
func (s *Sums) OneTouchRate() (float64, bool) { return rate(float64(s.OneTouch), s.EverSolved) }

// ConversationsPerReturning is how many conversations a customer who came back
// has.
func (s *Sums) ConversationsPerReturning() (float64, bool) {
	return rate(float64(s.ReturningConversations), s.Returning)
}

// HandlePerCustomer is the handle time, in milliseconds, of a customer with any.
func (c *Clock) HandlePerCustomer() (float64, bool) {
	return rate(float64(c.Times[threads.TimingHandle].Sum), c.Handled)
}

// cell adds up.
type cell struct {
	s         Sums
	customers map[uint32]customer
}

// customer is what a cell knows of a contact: some marks, and above them the
// number of their conversations.
type customer uint32

const (
	customerReopened customer = 1 << iota
	customerHandled
	customerHandledInBusiness
	oneConversation
)

func newCell() *cell { return &cell{customers: map[uint32]customer{}} }

func (c *cell) add(f *threads.Figures, contact uint32) {
	s := &c.s
	s.Conversations++
	if !f.SolvedAt.IsZero() || f.Closed {
		s.Solved++
	}
	if f.Closed {
		s.Closed++
	}
	if f.OneTouch != nil {
		s.EverSolved++
		if *f.OneTouch {
			s.OneTouch++
		}
	}
	who := c.customers[contact] + oneConversation
	if f.Reopens > 0 {
		s.Reopened++
		who |= customerReopened
	}
	s.Reopens += f.Reopens
	s.Replies += f.Replies
	s.OverCapacityReturns += f.OverCapacityReturns
	if s.Elapsed.add(&f.Elapsed) {
		who |= customerHandled
	}
	if f.Business != nil && s.Business.add(f.Business) {
		who |= customerHandledInBusiness
	}
	c.customers[contact] = who
}

// add takes a conversation in and tells whether it has a handle time.
func (c *Clock) add(s *threads.Spans) bool {
	for i, ms := range s {
		if ms != threads.NoSpan {
			c.Times[i].add(ms)
		}
	}
	return s[threads.TimingHandle] != threads.NoSpan
}

// sums answers what was added up. Nothing is added after it.
func (c *cell) sums() Sums {
	c.s.Customers = len(c.customers)
	for _, who := range c.customers {
		n := int(who / oneConversation)
		if n > 1 || who&customerReopened != 0 {
			c.s.Returning++
			c.s.ReturningConversations += n
		}
		if who&customerHandled != 0 {
			c.s.Elapsed.Handled++
		}
		if who&customerHandledInBusiness != 0 {
			c.s.Business.Handled++
		}
	}
	c.customers = nil
	return c.s
}

package threadtest

import (
	"errors"
	"fmt"
	"time"

	"threadhub/threads"
)

// sound holds every conversation of the desk to what is always true, and to
// what it was before the step.
func (p *player) sound() error {
	for contact, list := range p.after {
		var errs []error
		for i, c := range list {
			var before threads.Conversation
			if i < len(p.before[contact]) {
				before = p.before[contact][i]
			}
			errs = append(errs, soundState(c, i == len(list)-1), soundStep(before, c))
			if c.Version == before.Version {
				continue
			}
			log, err := p.log(c.ID)
			errs = append(errs, err, soundLog(c, log))
		}
		if err := errors.Join(errs...); err != nil {
			return fmt.Errorf("conversations of %s: %w", contact, err)
		}
	}
	return nil
}

func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// soundState is what any conversation is at any time.
func soundState(c threads.Conversation, newest bool) error {
	s := c.State
	solved, closed := s.Status == threads.StatusSolved, s.Status == threads.StatusClosed
	waits := s.Assignee == "" && s.Session != threads.SessionEnded && (s.Status == threads.StatusNew || s.Status == threads.StatusOpen)
	return errors.Join(
		check(newest || closed, "two are not closed"),
		check(newest == (s.Successor == ""), "a successor of the newest, or none of another"),
		check(solved == !s.CloseDueAt.IsZero(), "%s and due at %s", s.Status, s.CloseDueAt),
		check(closed == !s.ClosedAt.IsZero(), "%s and closed at %s", s.Status, s.ClosedAt),
		check((s.Session == threads.SessionActive && !closed) == !s.Silence.InactiveDueAt.IsZero(), "%s, session %s and inactive at %s", s.Status, s.Session, s.Silence.InactiveDueAt),
		check(!solved || s.CloseDueAt.Sub(s.SolvedAt) <= threads.MaxCloseAfter, "open for more than 28 days after the solve"),
		check(!s.UsesCapacity(true) || s.Status == threads.StatusOpen && s.Assignee != "", "capacity is used while %s", s.Status),
		check(s.Offer.Agent == "" || waits, "offered to %s while it does not wait", s.Offer.Agent),
		check(len(c.Passes) == 0 || waits, "passes are remembered of what does not wait"),
		check(waits == !s.QueuedAt.IsZero(), "%s, assigned to %q and queued since %s", s.Status, s.Assignee, s.QueuedAt),
	)
}

// soundStep is what a step never does.
func soundStep(before, after threads.Conversation) error {
	if before.Version == 0 {
		return nil
	}
	was, is := before.State, after.State
	moved := !was.CloseDueAt.IsZero() && !is.CloseDueAt.IsZero() && !was.CloseDueAt.Equal(is.CloseDueAt)
	err := errors.Join(
		check(after.Version >= before.Version && is.Generation >= was.Generation && is.ReopenCount >= was.ReopenCount, "something went back"),
		check(!moved || is.Generation > was.Generation, "the countdown moved and its alarm is not void"),
		check(was.Status != threads.StatusClosed || is.Status == threads.StatusClosed || was.Successor == "", "closed, followed and open again"),
	)
	if was.Status == threads.StatusClosed && is.Status == threads.StatusClosed {
		was.Successor, was.NeedsAttention = is.Successor, is.NeedsAttention
		err = errors.Join(err, check(was == is, "what is closed has changed: %+v, was %+v", is, was))
	}
	return err
}

// soundLog holds the log to have no gap and to end where the conversation is.
func soundLog(c threads.Conversation, log []threads.Transition) error {
	status := threads.Status("")
	var at time.Time
	generation := int64(0)
	for _, tr := range log {
		moved := tr.To != tr.From || tr.SessionTo != "" || tr.Detail != "" || tr.Cause == threads.CauseReminder
		if tr.From != status || !moved || tr.Cause == "" || tr.Actor.Type == "" || tr.Style == "" || tr.At.Before(at) || tr.Generation < generation {
			return fmt.Errorf("the log has a gap at %s → %s (%s)", tr.From, tr.To, tr.Cause)
		}
		if tr.From == threads.StatusClosed && tr.To != tr.From && tr.Cause != threads.CauseBeforeClose {
			return fmt.Errorf("closed is final, and became %s by %s", tr.To, tr.Cause)
		}
		status, at, generation = tr.To, tr.At, tr.Generation
	}
	return check(status == c.State.Status, "the log ends with %s, the conversation is %s", status, c.State.Status)
}

// tidy holds the messages of all conversations to be in one of them each, in
// reading order and as many as are counted.
func (d *desk) tidy() error {
	all, err := d.everything()
	if err != nil {
		return err
	}
	keys := map[threads.MessageKey]threads.ConversationID{}
	for _, list := range all {
		for _, c := range list {
			messages, err := d.messages(c.ID)
			if err != nil {
				return err
			}
			if err := check(len(messages) == c.MessageCount, "%s counts %d messages and has %d", c.ID, c.MessageCount, len(messages)); err != nil {
				return err
			}
			for i, m := range messages {
				if other, twice := keys[m.Key]; twice {
					return fmt.Errorf("message %s is in %s and in %s", m.Key, other, c.ID)
				}
				keys[m.Key] = c.ID
				if i > 0 && m.SentAt.Before(messages[i-1].SentAt) {
					return fmt.Errorf("%s shows %q before what was written earlier", c.ID, messages[i-1].Content.Text)
				}
			}
		}
	}
	return nil
}
